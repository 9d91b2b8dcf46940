"""What the role grafana makes of its inputs: refused, or objects that hold no secret and lead to the metrics.

The API of the cluster is one that only keeps what it is given. Of Grafana itself there is no image to run.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate

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
# k3s keeps its certificates where this machine has none, and its port may be another's.
ALONE = """
ip link set lo up
mount -t tmpfs none /var/lib
mkdir -p /var/lib/rancher/k3s/server
ln -s "$0" /var/lib/rancher/k3s/server/tls
exec "$@"
"""


def run(directory: Path, playbook: str, hosts: dict[str, Any], *words: str, within: tuple[Any, ...] = ()) -> str:
    """Play for hosts that are all this machine, and say what was said."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "directory": str(directory)}
    inventory = directory / "hosts.yml"
    # In their order, which is that of time.
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": local}}, sort_keys=False))
    program = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [*map(str, within), str(program), "-i", str(inventory), str(HERE / playbook), *words],
        cwd=TREE,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    return done.stdout + done.stderr


def inputs(case: dict[str, Any]) -> dict[str, Any]:
    return {f"grafana_{key}": value for key, value in case.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All cases in one run."""
    directory = tmp_path_factory.mktemp("grafana")
    run(directory, "grafana.yml", {name: inputs(case) for name, case in CASES.items()})
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


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, site: str) -> dict[str, Any]:
    """The whole role in check mode, then through the life of a site: what changed, was said, and came of it."""
    directory = tmp_path_factory.mktemp("cluster")
    issuer, now = certificate.authority(site), datetime.datetime.now(datetime.UTC)
    subject = certificate.Subject((), ("127.0.0.1",), client=True)
    pair = certificate.issue(issuer, subject, datetime.timedelta(days=1), now)
    for name, text in zip(("server-ca.crt", "client-admin.crt", "client-admin.key"), (issuer.pem, *pair), strict=True):
        (directory / name).write_text(text)
    good = {**GOOD, "authority": site, "certificate_path": str(directory / "host.pem")}
    gone = {"state": "absent", "certificate_path": good["certificate_path"]}
    renewed = {**good, "metrics_password": CASES["renewed"]["metrics_password"]}
    moments = {"first": good, "again": good, "renewed": renewed, "gone": gone, "forgotten": gone}
    hosts = {name: inputs(case) for name, case in moments.items()}
    within = ("unshare", "--net", "--mount", "sh", "-ec", ALONE, directory)
    within = (*within, sys.executable, HERE / "cluster.py", directory)
    found: dict[str, Any] = {"directory": directory}
    for run_name, words in (("check", ("--check", "--limit=first")), ("real", ())):
        said = run(directory, "grafana_role.yml", hosts, "-vvv", "--diff", *words, within=within)
        changed = dict(re.findall(r"^(\w+) +: ok=.*changed=(\d+)", said, re.MULTILINE))
        written = json.loads((directory / "cluster.json").read_text())
        found[run_name] = {"said": said, "changed": {name: int(number) for name, number in changed.items()}, **written}
    return found


def test_check_mode_tells_what_comes_and_writes_nothing(played: dict[str, Any]) -> None:
    # Two of them: the certificate, and what is in the cluster.
    assert played["check"]["changed"] == {"first": 2}
    assert (played["check"]["asked"], played["check"]["stored"]) == ([], {})
    assert "Deployment/grafana/grafana" in played["check"]["said"]


def test_it_is_there_changes_once_and_goes_again(played: dict[str, Any]) -> None:
    assert played["real"]["changed"] == {"first": 2, "again": 0, "renewed": 1, "gone": 2, "forgotten": 0}
    assert played["real"]["asked"][0] == "apply Namespace"
    assert played["real"]["asked"][-1] == "delete Namespace"
    assert played["real"]["stored"] == {}
    assert sorted(path.name for path in played["directory"].glob("host.pem*")) == []


def test_no_secret_is_said(played: dict[str, Any]) -> None:
    secrets = [*SECRETS.values(), CASES["renewed"]["metrics_password"]]
    for said in (played["check"]["said"], played["real"]["said"]):
        assert "(secret)" in said
        assert not [text for text in secrets if text in said or base64.b64encode(text.encode()).decode() in said]
        assert "PRIVATE KEY" not in said
