"""A site is built from its mirror alone, on hosts without anything that the roles install, and goes online again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, described, lab
from playbook import INVENTORY, TREE, Run, finish, play, said

SERVERS = "server1,server2,server3"
SWITCH = "/etc/apt/apt.conf.d/90metalstack-offline"
OWN = "/etc/apt/sources.list.d/own.sources"
SOURCE = "Types: deb\\nURIs: http://192.0.2.1/debian\\nSuites: trixie\\nComponents: main\\n"
SERVICES = ("chrony", "pdns-server", "haproxy")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("key") / "mirror"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    return file


@pytest.fixture(scope="module")
def hosts() -> Iterator[None]:
    """Three hosts without what the roles install, and with a source that leads nowhere."""
    os.environ |= {"LAB_HOSTS": SERVERS, "LAB_MINIMAL": "1"}
    lab("up", "--fresh", timeout=3600)
    for host in SERVERS.split(","):
        lab("ssh", host, "--", f"printf '{SOURCE}' >{OWN}")
    yield
    del os.environ["LAB_HOSTS"], os.environ["LAB_MINIMAL"]


@pytest.fixture(scope="module")
def mirror(hosts: None, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collected on this machine, which has a way out, with the lab's programs; and carried into the lab."""
    carried, mirror = (tmp_path_factory.mktemp("mirrors") / name for name in ("carried", "mirror"))
    arguments = ["-e", "mirror_action=collect", "-e", f"mirror_directory={carried}", "-e", f"mirror_key={key}"]
    collected = outside(*arguments).succeeded()
    assert collected.changed() > 0
    assert outside(*arguments).succeeded().changed() == 0
    imported = ("mirror", *offline(mirror, key), "-e", "mirror_action=import", "-e", f"mirror_source={carried}")
    play(*imported).succeeded()
    assert play(*imported).succeeded().changed() == 0
    return mirror


def outside(*arguments: str) -> Run:
    """Run the playbook mirror where the hosts are out of reach, and Debian's archive is not."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(INVENTORY), "playbooks/mirror.yml"]
    return finish([*command, *arguments], "mirror", TREE, timeout=3600)


def offline(mirror: Path, key: Path, on: bool = True) -> tuple[str, ...]:
    """The site's variables; of this machine's own files none is there."""
    nowhere = {}
    command = [str(INVENTORY / "hosts.py"), "--list"]
    known = json.loads(subprocess.run(command, cwd=TREE, capture_output=True, check=True).stdout)["all"]["vars"]
    for name, versions in known["site_artifacts"].items():
        nowhere[name] = {
            version: {arch: {**one, "path": f"/nowhere/{name}"} for arch, one in archs.items()}
            for version, archs in versions.items()
        }
    images = [{**one, "src": f"/nowhere/{one['name']}"} for one in known["site_airgap_images"]]
    variables = {
        "site_offline": on,
        "site_mirror": str(mirror),
        "site_mirror_signers": [key.with_suffix(".pub").read_text().strip()],
        **({"site_artifacts": nowhere, "site_airgap_images": images} if on else {}),
    }
    return ("-e", json.dumps(variables))


@pytest.fixture(scope="module")
def cluster(mirror: Path, key: Path) -> Cluster:
    play("bootstrap", *offline(mirror, key), timeout=2700).succeeded()
    return described()


def test_a_site_is_built_of_its_mirror_alone(cluster: Cluster, mirror: Path, key: Path) -> None:
    assert cluster.is_complete()
    for host in cluster.servers:
        versions = cluster.on(host, f"dpkg-query -W -f '${{Package}}=${{db:Status-Status}} ' {' '.join(SERVICES)}")
        assert all(f"{name}=installed" in versions.split() for name in SERVICES), versions
        assert "192.0.2.1" not in cluster.on(host, "apt-get update --print-uris")
        assert "192.0.2.1" in cluster.on(host, f"cat {OWN}")
    assert play("bootstrap", *offline(mirror, key)).succeeded().changed() == 0


def test_a_mirror_that_was_changed_is_refused_before_a_host_is_touched(
    cluster: Cluster, mirror: Path, key: Path
) -> None:
    manifest = mirror / "manifest.json"
    text = manifest.read_text()
    try:
        manifest.write_text(text.replace("k3s", "k4s", 1))
        refused = play("bootstrap", *offline(mirror, key))
        assert refused.returncode != 0 and refused.changed() == 0 and "V73" in said(refused)
    finally:
        manifest.write_text(text)


def test_a_site_that_is_online_again_has_its_own_sources_and_keeps_its_packages(
    cluster: Cluster, mirror: Path, key: Path
) -> None:
    online = ("bootstrap", *offline(mirror, key, on=False))
    assert play(*online).succeeded().changed() == len(cluster.servers)
    for host in cluster.servers:
        assert "192.0.2.1" in cluster.on(host, "apt-get update --print-uris")
        assert cluster.on(host, f"ls {SWITCH} /var/lib/metalstack/mirror 2>/dev/null || true").strip() == ""
    assert play(*online).succeeded().changed() == 0
    assert cluster.is_complete()
