"""What an offline site takes from its mirror."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import manifest as manifests
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import offline, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._mirror.conftest import entry

K3S = "v1.35.4+k3s1"
PINNED = "080498ece50acdaf23fe5d736f41c616e276a89a4e5605a3f274f39b0fcee85b"


def written(directory: Path, *entries: manifests.Entry) -> str:
    directory.mkdir(exist_ok=True)
    (directory / "manifest.json").write_text(manifests.render(manifests.Manifest(entries)))
    return str(directory)


def artifact(name: str, version: str, arch: str, content: bytes = b"x") -> manifests.Entry:
    return entry(f"artifacts/{name}/{version}/{arch}/{name}", content, name=name, version=version, arch=arch)


def pinned(name: str, version: str, arch: str, sha256: str) -> manifests.Entry:
    return manifests.Entry(**{**artifact(name, version, arch).__dict__, "sha256": sha256})


def looked_up(name: str, version: str, **options: Any) -> dict[str, Any]:
    lookup = lookup_loader.get("metalstack.autonomous.artifact")
    (found,) = lookup.run([name], variables={}, version=version, **options)
    return found


def test_a_program_comes_from_the_mirror_and_from_nowhere_else(tmp_path: Path) -> None:
    mirror = written(tmp_path / "m", pinned("k3s", K3S, "amd64", PINNED))
    archs = looked_up("k3s", K3S, mirror=mirror, offline=True)["archs"]
    assert archs["amd64"] == {
        "kind": "path", "path": f"{mirror}/artifacts/k3s/{K3S}/amd64/k3s", "sha256": PINNED,
        "source": f"mirror {mirror}, from release",
    }  # fmt: skip
    # One that it lacks is asked for nowhere.
    assert (archs["arm64"]["kind"], archs["arm64"]["sha256"]) == ("path", "")


def test_what_is_pinned_by_its_image_is_known_by_the_manifest(tmp_path: Path) -> None:
    mirror = written(tmp_path / "m", artifact("kube-vip", "v1.2.1", "amd64", b"vip"))
    found = looked_up("kube-vip", "v1.2.1", mirror=mirror, offline=True)
    assert found["archs"]["amd64"]["sha256"] == artifact("kube-vip", "v1.2.1", "amd64", b"vip").sha256


def test_another_content_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    mirror = written(tmp_path / "m", artifact("k3s", K3S, "amd64"))
    with pytest.raises(AnsibleLookupError, match=f"expected {PINNED}, as it is pinned"):
        looked_up("k3s", K3S, mirror=mirror, offline=True)


def test_a_file_of_the_controller_counts_for_what_the_mirror_lacks(tmp_path: Path) -> None:
    given = {"k3s": {K3S: {"amd64": {"path": "/srv/k3s", "sha256": "a" * 64}}}}
    empty = written(tmp_path / "empty")
    assert looked_up("k3s", K3S, mirror=empty, offline=True, overrides=given)["archs"]["amd64"]["path"] == "/srv/k3s"
    mirror = written(tmp_path / "m", pinned("k3s", K3S, "amd64", "a" * 64))
    found = looked_up("k3s", K3S, mirror=mirror, offline=True, overrides=given)
    assert found["archs"]["amd64"]["path"].startswith(mirror)


@pytest.mark.parametrize("mirror", ["", "/nowhere"])
def test_without_a_mirror_nothing_is_taken(mirror: str) -> None:
    with pytest.raises(AnsibleLookupError, match=r"names no directory|has no manifest\.json"):
        looked_up("k3s", K3S, mirror=mirror, offline=True)


def test_what_lacks_is_told_for_all_hosts_and_for_those_of_one_architecture() -> None:
    manifest = manifests.Manifest((artifact("k3s", "v1", "amd64"),))
    wanted = {"k3s": "v1", "kube-vip": "v2"}
    assert offline.lacking(manifest, wanted) == ["kube-vip v2"]
    assert offline.lacking(manifest, wanted, "arm64") == ["k3s v1 arm64", "kube-vip v2 arm64"]


def test_a_file_that_is_not_there_or_cut_off_is_missed_without_reading_any(mirror: Path) -> None:
    manifest = tree.read(mirror)
    assert offline.absent_files(manifest, mirror) == []
    first, second = (one.path for one in manifest.entries)
    (mirror / first).unlink()
    (mirror / second).write_bytes(b"")
    assert offline.absent_files(manifest, mirror) == [first, second]


GIVEN = {"src": "/elsewhere/images.tar", "sha256": entry("x", b"images").sha256}


def test_images_are_those_of_the_inventory_or_of_the_release() -> None:
    own = entry("airgap/images.tar", b"images", kind="airgap", name="images.tar")
    released = artifact("k3s-airgap-images", "v1", "amd64", b"released")
    manifest = manifests.Manifest((own, released))
    assert offline.images(manifest, Path("/m"), [GIVEN], "v1", "amd64") == [
        {"name": "images.tar", "src": "/m/airgap/images.tar", "sha256": own.sha256}
    ]
    found = {
        "name": "k3s-airgap-images.tar.zst",
        "src": "/m/artifacts/k3s-airgap-images/v1/amd64/k3s-airgap-images",
        "sha256": released.sha256,
    }
    assert offline.images(manifest, Path("/m"), [], "v1", "amd64") == [found]
    assert offline.images(manifest, Path("/m"), [], "v1", "") == [found]


@pytest.mark.parametrize(
    ("given", "version", "arch", "said"),
    [
        ([{**GIVEN, "sha256": "a" * 64}], "v1", "amd64", "expected a{64}"),
        ([{**GIVEN, "name": "other.tar"}], "v1", "amd64", "nothing as other.tar"),
        ([], "v2", "amd64", "for nobody; expected one for amd64"),
        ([], "v1", "arm64", "for nobody; expected one for arm64"),
    ],
)
def test_images_that_the_mirror_lacks_are_refused(given: Any, version: str, arch: str, said: str) -> None:
    own = entry("airgap/images.tar", b"images", kind="airgap", name="images.tar")
    manifest = manifests.Manifest((own, artifact("k3s-airgap-images", "v1", "amd64")))
    with pytest.raises(MirrorError, match=said):
        offline.images(manifest, Path("/m"), given, version, arch)
