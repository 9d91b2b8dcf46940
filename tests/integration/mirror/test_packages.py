"""A host takes packages from the mirror, by its own apt, without any network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect, debian, store
from archive import RELEASE, Archive
from machine import Machine

Tasks = list[dict[str, Any]]
OWN = b"Types: deb\nURIs: http://192.0.2.1/debian\nSuites: trixie\nComponents: main\n"
TOOL = "debian/pool/main/d/drill-tool/drill-tool_2.0-1_amd64.deb"
LIB = "debian/pool/main/d/drill-lib/drill-lib_1.0-1_amd64.deb"
LISTS = "var/lib/apt/lists/192.0.2.1_debian_dists_trixie_InRelease"
INSTALL = {"ansible.builtin.apt": {"name": "drill-tool", "install_recommends": False}}
ONLINE = {"metalstack.autonomous.offline_packages": {"state": "absent"}}


@pytest.fixture
def gather(archive: Archive, mirror: Path) -> Callable[..., store.Result]:
    def collected(*packages: str, **more: Any) -> store.Result:
        wanted = debian.Archive(
            RELEASE, "amd64", packages or ("drill-tool",), archive.uri, archive.security_uri, str(archive.keyring)
        )
        return collect.run(collect.Wanted(("amd64",), debian=(wanted,)), mirror, lambda message: None, **more)

    return collected


@pytest.fixture
def offline(mirror: Path) -> dict[str, Any]:
    return {"metalstack.autonomous.offline_packages": {"mirror": str(mirror), "keyring": "/etc/drill.gpg"}}


@pytest.fixture
def host(machine: Machine, gather: Callable[..., store.Result]) -> Machine:
    """One with a source of its own, and a mirror for it."""
    machine.write("etc/apt/sources.list.d/own.sources", OWN)
    machine.write(LISTS, b"what apt knew of it")
    gather()
    return machine


def test_a_host_is_offline_installs_and_is_online_again(host: Machine, offline: dict[str, Any], mirror: Path) -> None:
    (told,) = host.play([offline], "--check", "--diff")
    assert told["changed"] and sorted(told["brought"])[0].startswith("debian/dists/") and TOOL in told["brought"]
    assert "/etc/apt/apt.conf.d/90metalstack-offline" in [one.get("header") for one in told["diff"]]
    assert not host.written("etc/apt/apt.conf.d/90metalstack-offline").exists()

    done, installed, again, still = host.play([offline, INSTALL, offline, INSTALL])
    assert done["changed"] and done["brought"] and set(done["brought"]) == set(told["brought"])
    assert installed["changed"] and not again["changed"] and not still["changed"]
    assert host.run("dpkg-query", "-W", "-f", "${Package}=${Version} ", "drill-*").split() == [
        "drill-lib=1:1.0-1", "drill-tool=2.0-1",
    ]  # fmt: skip
    assert "192.0.2.1" not in host.run("apt-get", "update", "--print-uris")
    # The host's own source and what apt knew of it are as they were.
    assert host.written("etc/apt/sources.list.d/own.sources").read_bytes() == OWN
    assert host.written(LISTS).read_bytes() == b"what apt knew of it"
    host.written(LISTS).unlink()

    told, done, again = host.play([{**ONLINE, "check_mode": True}, ONLINE, ONLINE])
    assert told["changed"] and done["changed"] and not again["changed"]
    assert "192.0.2.1" in host.run("apt-get", "update", "--print-uris")
    assert not any(host.written(path).exists() for path in ("var/lib/metalstack/mirror", "etc/metalstack/apt"))
    assert not [path for path in host.written("var/lib/apt/lists").iterdir() if "metalstack" in path.name]


def test_only_what_the_host_lacks_is_brought(host: Machine, offline: dict[str, Any], mirror: Path) -> None:
    package = host.written("root/drill-lib.deb")
    host.write("root/drill-lib.deb", (mirror / LIB).read_bytes())
    host.run("dpkg", "-i", f"/{package.relative_to(package.parents[1])}")
    done, installed = host.play([offline, INSTALL])
    assert LIB not in done["brought"] and TOOL in done["brought"]
    assert installed["changed"]


def test_a_newer_mirror_brings_what_is_new_and_takes_what_is_old(
    host: Machine, offline: dict[str, Any], archive: Archive, gather: Callable[..., store.Result]
) -> None:
    host.play([offline])
    archive.add("drill-tool", "2.0-2", "drill-lib", archive="security")
    archive.release()
    gather(prune=True)
    done, again, installed = host.play([offline, offline, INSTALL])
    newer = "debian/pool/main/d/drill-tool/drill-tool_2.0-2_amd64.deb"
    assert newer in done["brought"] and LIB not in done["brought"] and done["removed"] == [TOOL]
    assert not again["changed"] and installed["changed"]
    assert host.run("dpkg-query", "-W", "-f", "${Version}", "drill-tool") == "2.0-2"


@pytest.mark.parametrize("change", [b"", b"X"], ids=["truncated", "tampered"])
def test_what_was_changed_on_the_controller_is_not_brought(
    host: Machine, offline: dict[str, Any], mirror: Path, change: bytes
) -> None:
    content = (mirror / TOOL).read_bytes()
    (mirror / TOOL).write_bytes(content[:-1] + change)
    (failed,) = host.play([offline])
    assert (
        failed["failed"] and f"drill-tool_2.0-1_amd64.deb is {'tampered' if change else 'truncated'}" in failed["msg"]
    )
    assert not host.written("etc/apt/apt.conf.d/90metalstack-offline").exists()


def test_a_package_that_is_changed_on_the_host_is_brought_again(host: Machine, offline: dict[str, Any]) -> None:
    host.play([offline])
    file = host.written(f"var/lib/metalstack/mirror/{TOOL}")
    file.write_bytes(b"?" + file.read_bytes()[1:])
    done, installed = host.play([offline, INSTALL])
    assert done["brought"] == [TOOL] and installed["changed"]


def test_apt_itself_refuses_a_package_that_is_not_the_one_that_debian_has_signed_for(
    host: Machine, offline: dict[str, Any], mirror: Path
) -> None:
    """Whoever can write to the mirror, and sign for it, changes no package all the same."""
    content = (mirror / TOOL).read_bytes()
    (mirror / TOOL).write_bytes(content[:-1] + b"X")
    _forge(mirror, TOOL)
    done, failed = host.play([offline, INSTALL])
    assert done["changed"] and failed["failed"] and "Hash Sum mismatch" in str(failed)


def test_indices_that_nobody_has_signed_never_become_the_source(
    host: Machine, offline: dict[str, Any], mirror: Path
) -> None:
    file = mirror / f"debian/dists/{RELEASE}/InRelease"
    file.write_text(file.read_text().replace("13.1", "13.2"))
    _forge(mirror, f"debian/dists/{RELEASE}/InRelease")
    (failed,) = host.play([offline])
    assert failed["failed"] and "apt does not take the mirror's indices" in failed["msg"]
    assert not host.written("etc/apt/apt.conf.d/90metalstack-offline").exists()
    assert "192.0.2.1" in host.run("apt-get", "update", "--print-uris")


def test_an_update_that_did_not_end_is_made_up_for(host: Machine, offline: dict[str, Any]) -> None:
    host.play([offline])
    for path in host.written("var/lib/apt/lists").glob("*metalstack*"):
        path.unlink()
    done, again, installed = host.play([offline, offline, INSTALL])
    assert done["changed"] and done["brought"] == [] and not again["changed"] and installed["changed"]


def test_what_came_before_a_transfer_broke_off_is_not_brought_again(host: Machine, offline: dict[str, Any]) -> None:
    host.play([offline])
    host.written(f"var/lib/metalstack/mirror/{TOOL}").unlink()
    host.written("etc/apt/apt.conf.d/90metalstack-offline").unlink()
    done, again = host.play([offline, offline])
    assert done["brought"] == [TOOL] and not again["changed"]


def test_a_mirror_without_the_release_of_the_host_is_refused(host: Machine, offline: dict[str, Any]) -> None:
    release = (Path(host._tree) / "etc/os-release").read_text().replace("trixie", "forky")
    host.write("etc/os-release", release.encode())
    (failed,) = host.play([offline])
    assert failed["failed"] and "nothing of Debian forky/amd64, it has trixie/amd64" in failed["msg"]


def test_a_mirror_that_has_to_be_signed_and_is_not_reaches_no_host(host: Machine, offline: dict[str, Any]) -> None:
    arguments = {**offline["metalstack.autonomous.offline_packages"], "signers": ["ssh-ed25519 AAAA"]}
    (failed,) = host.play([{"metalstack.autonomous.offline_packages": arguments}])
    assert failed["failed"] and "asks for a signature" in failed["msg"]


def _forge(mirror: Path, path: str) -> None:
    """Have the manifest say what the file is by now."""
    from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.files import sha256_of
    from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import tree

    file = mirror / "manifest.json"
    entry = tree.read(mirror).by_path[path]
    text = file.read_text().replace(entry.sha256, sha256_of(mirror / path))
    file.write_text(text.replace(f'"bytes": {entry.bytes},', f'"bytes": {(mirror / path).stat().st_size},'))
