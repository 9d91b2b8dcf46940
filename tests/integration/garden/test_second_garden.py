"""Gardener of the second stage as the playbook target has it: on what its shoots hand on, with seeds for end users.

The shoot that carries it is a cluster without anything of Gardener's, and its virtual garden is a real
gardener-apiserver; gardener-operator and gardenlet are the stand-ins of both suites.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import described
import landscape
import pytest
from cluster import Etcd
from garden import CertificateAuthority, Garden, write_pair
from landscapers import Seed, playing
from operator_stand_in import Operator
from role import RECAP, ROOT, Site
from runtime import OPERATOR_API, Runtime, version

from lab import build, settings

TASKS = ROOT / "playbooks/tasks/target/second_stage.yml"
DOMAIN = "garden.two.example.org"
SECRET = "not to be told"
# What the shoot that carries it says.
HANDED_ON = ("nodes", "pods", "services", "seed_api_url")
INITIAL = {
    "stage": "initial", "cluster_identity": "initial-site-a", "domains": ["garden.site-a.example.org"], "buckets": [],
    "networks": {},
}  # fmt: skip


class Virtual(NamedTuple):
    """What the stand-in of the operator tells of a virtual garden."""

    authority: str
    token: str


@pytest.fixture(scope="module")
def authority() -> CertificateAuthority:
    return CertificateAuthority("second-garden")


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory, authority: CertificateAuthority) -> Iterator[Garden]:
    """The virtual garden, with what extensions register there. That of another module is in the suite's etcd."""
    directory = tmp_path_factory.mktemp("inner")
    etcd = Etcd(directory / "etcd")
    write_pair(directory / "tls", authority.issue(f"api.{DOMAIN}"))
    named = f"{directory / 'tls.crt'},{directory / 'tls.key'}"
    running = Garden(directory / "garden", etcd, tls_sni_cert_key=named)
    try:
        running.serve()
        landscape.prepare(running)
        yield running
    finally:
        running.stop()
        etcd.stop()


@pytest.fixture
def beside(bare: Runtime, inner: Garden, authority: CertificateAuthority) -> Iterator[None]:
    """The operator, whose pods run as soon as its chart is there, and gardenlets of both seeds."""
    virtual = Virtual(authority.pem, inner.token)
    seeds = [Seed(inner, name) for name in ("prod", "users")]
    with Operator(bare, version(), virtual).installed(), playing(lambda: [one.run() for one in seeds]):
        yield


def seed(name: str) -> dict[str, Any]:
    """What each seed has of its own."""
    return {
        "ingress_domain": f"{name}.seed.two.example.org",
        "dns": {"type": "powerdns", "secret_name": f"dns-{name}", "internal_domain": f"{name}.two.example.org"},
        "backup": {"provider": "S3", "region": landscape.REGION, "secret_name": f"backup-{name}"},
        "secrets": [{"name": f"{kind}-{name}", "data": {"key": SECRET}} for kind in ("dns", "backup")],
    }  # fmt: skip


def variables(directory: Path, bare: Runtime, inner: Garden) -> dict[str, Any]:
    """What the site says, and what its shoots hand on."""
    users = directory / "users.kubeconfig"
    users.write_text(SECRET)
    on = {
        "expiration": "2026-11-30T20:00:00Z", "hibernated": False, "region": landscape.REGION,
        "nodes": "192.0.2.0/24", "pods": "198.18.0.0/16", "services": "198.19.0.0/16",
        "servers": {"external": "https://api.garden.one.example.org"},
    }  # fmt: skip
    wanted = described.garden(
        cluster_identity="prod", ingress_domains=["runtime.two.example.org"], virtual_domains=[DOMAIN],
        backup={"provider": "S3", "bucket": "garden-prod", "region": "site-a", "secret_name": "etcd-backup"},
    )  # fmt: skip
    return {
        "target_shoot_handed_on": {
            "garden": {**on, "kubeconfig": str(bare.kubeconfig), "carries": ["gardener"]},
            "users": {**on, "kubeconfig": str(users), "carries": ["seed"], "pods": "10.236.0.0/16"},
        },
        "target_shoot_initial": INITIAL, "target_shoot_state_path": str(directory / "target"),
        # Of the initial stage, as its inventory may have it.
        "gardener_cluster_identity": "initial-site-a", "gardener_projects": [{"name": "of-the-initial-stage"}],
        "site_target_gardener": {
            **{name: value for name, value in wanted.items() if name not in HANDED_ON},
            "operator_chart": str(Site(directory, bare).given()["gardener_operator_chart"]),
            "helm": str(build.ensure("helm", settings.from_environment().cache) / "helm"),
            "secrets": described.SECRETS, "virtual_server": f"https://127.0.0.1:{inner.port}", "timeout": 120,
            "access_timeout": 60, "gardenlet_chart": "registry.test/charts/gardenlet", "seed_timeout": 120,
            "seed_name": "prod", **{f"seed_{name}": value for name, value in seed("prod").items()},
            "seeds": [{"name": "users", **seed("users")}],
        },
    }  # fmt: skip


def play(directory: Path, given: dict[str, Any], site: Site, *options: str) -> tuple[int, str]:
    """How many tasks have changed something, and all that was said."""
    tasks = [{"ansible.builtin.include_tasks": str(TASKS)}]
    book = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks, "vars": given}]
    path = directory / "second.yml"
    path.write_text(json.dumps(book))
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(path), *options], env=site.environment,
        capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return sum(map(int, RECAP.findall(said))), said


def test_a_garden_with_seeds_for_end_users_is_deployed_on_what_the_shoots_hand_on(
    bare: Runtime, inner: Garden, beside: None, tmp_path: Path
) -> None:
    site, given = Site(tmp_path, bare), variables(tmp_path, bare, inner)
    changed, said = play(tmp_path, given, site)
    assert changed and SECRET not in said and "key-of-the-store" not in said
    spec = bare.request(f"{OPERATOR_API}/gardens/garden")["spec"]
    assert spec["virtualCluster"]["gardener"]["clusterIdentity"] == "prod"
    assert spec["virtualCluster"]["etcd"]["main"]["backup"]["bucketName"] == "garden-prod"
    assert spec["runtimeCluster"]["networking"]["nodes"] == ["192.0.2.0/24"]
    url = bare.request("/api/v1/namespaces/garden/configmaps/seed-api-server")["data"]["url"]
    assert url == "https://api.garden.one.example.org"
    own, users = (Seed(inner, name) for name in ("prod", "users"))
    assert own.read()["spec"]["networks"]["pods"] == "198.18.0.0/16" and "podLabels" in own.gardenlet.read()["spec"][
        "deployment"
    ]  # fmt: skip
    found = users.read()["spec"]
    assert (found["networks"]["pods"], found["dns"]["internal"]["domain"]) == ("10.236.0.0/16", "users.two.example.org")
    assert found["backup"]["credentialsRef"]["name"] == "backup-users"
    assert inner.find("/api/v1/namespaces/garden/secrets/users-kubeconfig") is None
    assert inner.find(f"/apis/{landscape.CORE}/projects/of-the-initial-stage") is None
    assert (tmp_path / "target/gardener/garden.kubeconfig").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "target/gardener/state/secrets.json").exists()
    assert play(tmp_path, given, site)[0] == 0
    assert play(tmp_path, given, site, "--check")[0] == 0
