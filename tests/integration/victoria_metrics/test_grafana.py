"""What the role grafana makes of its inputs: refused, or objects that hold no secret and lead to the metrics."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
TREE = HERE.parents[2]
SECRETS = {"admin_password": "password-of-the-administrator", "metrics_password": "password-of-readers"}
ADDRESSES = ["198.51.100.11", "198.51.100.12"]
GOOD = {
    **SECRETS,
    "metrics_url": "https://metrics.example.org:8427",
    "metrics_addresses": ADDRESSES,
    "metrics_authority": "-----BEGIN CERTIFICATE-----\nof an authority\n-----END CERTIFICATE-----\n",
    "address": "198.51.100.200",
    "name": "grafana.example.org",
    "authority": "-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n",
}
CASES: dict[str, dict[str, Any]] = {
    "good": GOOD,
    "inside": {**GOOD, "address": "", "metrics_addresses": []},
    "pinned": {**GOOD, "image": f"registry.example.net:5000/grafana@sha256:{'0' * 64}"},
    "renewed": {**GOOD, "metrics_password": "another-password-of-readers"},
    "plain": {**GOOD, "metrics_url": "http://metrics.example.org:8427"},
    "untagged": {**GOOD, "image": "registry.example.net:5000/grafana"},
    "open": {**GOOD, "admin_password": ""},
}
Objects = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All cases in one run."""
    directory = tmp_path_factory.mktemp("grafana")
    hosts = {name: {f"grafana_{key}": value for key, value in case.items()} for name, case in CASES.items()}
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "directory": str(directory)}
    inventory = directory / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": local}}))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), str(HERE / "grafana.yml")],
        cwd=TREE,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    found: dict[str, dict[str, Any]] = json.loads((directory / "made.json").read_text())
    return found


@pytest.fixture(scope="module")
def good(made: dict[str, dict[str, Any]]) -> Objects:
    return by_kind(made["good"])


def by_kind(made: dict[str, Any]) -> Objects:
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in made["objects"]}


def pod(objects: Objects) -> dict[str, Any]:
    found: dict[str, Any] = objects["Deployment/grafana"]["spec"]["template"]
    return found


@pytest.mark.parametrize(
    ("case", "variable"),
    [("plain", "grafana_metrics_url"), ("untagged", "grafana_image"), ("open", "grafana_admin_password")],
)
def test_what_is_wrong_is_said(made: dict[str, dict[str, Any]], case: str, variable: str) -> None:
    assert f"{variable}: expected" in made[case]["refused"], made[case]
    assert made[case]["refused"].count("expected") == 1


def test_everything_is_in_its_namespace_which_comes_first(made: dict[str, dict[str, Any]]) -> None:
    first, *others = made["good"]["objects"]
    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", "grafana")
    assert first["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert all(one["metadata"]["namespace"] == "grafana" for one in others)


def test_no_secret_is_in_an_object(made: dict[str, dict[str, Any]], good: Objects) -> None:
    public = json.dumps(made["good"]["objects"])
    assert set(made["good"]["secrets"].values()) == {*SECRETS.values(), "the certificate", "the key"}
    assert not [secret for secret in made["good"]["secrets"].values() if secret in public]
    assert "data" not in good["Secret/grafana"]


def test_what_the_pod_reads_is_what_the_secret_holds(made: dict[str, dict[str, Any]], good: Objects) -> None:
    spec = pod(good)["spec"]
    (container,) = spec["containers"]
    read = {one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"] if "valueFrom" in one}
    read |= {item["key"] for one in spec["volumes"] for item in one.get("secret", {}).get("items", [])}
    assert read == set(made["good"]["secrets"])
    volumes = {one["name"] for one in spec["volumes"]}
    assert volumes == {one["name"] for one in container["volumeMounts"]}
    names = {f"ConfigMap/{one['configMap']['name']}" for one in spec["volumes"] if "configMap" in one}
    assert names <= set(good)


def test_the_data_source_leads_to_the_metrics_from_wherever_the_pod_runs(good: Objects) -> None:
    (source,) = yaml.safe_load(good["ConfigMap/provisioning"]["data"]["metrics.yaml"])["datasources"]
    assert (source["url"], source["uid"]) == (GOOD["metrics_url"], "metrics")
    assert (source["basicAuthUser"], source["secureJsonData"]["basicAuthPassword"]) == ("reader", "$METRICS_PASSWORD")
    assert source["jsonData"]["tlsAuthWithCACert"] and "tlsSkipVerify" not in source["jsonData"]
    assert source["secureJsonData"]["tlsCACert"] == GOOD["metrics_authority"]
    aliases = pod(good)["spec"]["hostAliases"]
    assert aliases == [{"ip": address, "hostnames": ["metrics.example.org"]} for address in ADDRESSES]


def test_the_dashboards_are_the_files_as_they_are(good: Objects) -> None:
    held = good["ConfigMap/dashboards"]["data"]
    files = {path.name: path.read_text() for path in (TREE / "roles/grafana/files/dashboards").glob("*.json")}
    assert {name: json.loads(text) for name, text in held.items()} == {
        name: json.loads(text) for name, text in files.items()
    }
    assert sum(len(text) for text in held.values()) < 1 << 20


def test_it_is_published_where_it_has_an_address(made: dict[str, dict[str, Any]], good: Objects) -> None:
    service, inside = good["Service/grafana"], by_kind(made["inside"])["Service/grafana"]
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["metadata"]["annotations"] == {"kube-vip.io/loadbalancerIPs": GOOD["address"]}
    assert inside["spec"]["type"] == "ClusterIP" and "annotations" not in inside["metadata"]
    assert "hostAliases" not in pod(by_kind(made["inside"]))["spec"]


def test_the_pod_is_allowed_in_a_restricted_namespace(good: Objects) -> None:
    spec = pod(good)["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_another_password_restarts_it_and_another_image_is_taken_as_it_is(
    made: dict[str, dict[str, Any]], good: Objects
) -> None:
    renewed, pinned = by_kind(made["renewed"]), by_kind(made["pinned"])
    assert pod(renewed)["metadata"]["annotations"] != pod(good)["metadata"]["annotations"]
    assert pod(pinned)["metadata"]["annotations"] == pod(good)["metadata"]["annotations"]
    assert pod(pinned)["spec"]["containers"][0]["image"] == CASES["pinned"]["image"]
