"""Every byte of a mirror."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

K3S = "artifacts/k3s/v1/amd64/k3s"


def tampered(path: Path) -> None:
    path.write_bytes(b"K" + path.read_bytes()[1:])


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda path: None, []),
        (tampered, [(K3S, "tampered")]),
        (longer, [(K3S, "tampered")]),
        (cut, [(K3S, "truncated")]),
        (Path.unlink, [(K3S, "missing")]),
        (linked, [("artifacts/k3s/v1/amd64/elsewhere", "foreign"), (K3S, "tampered")]),
        (lambda path: path.with_name("more").touch(), [("artifacts/k3s/v1/amd64/more", "foreign")]),
        (lambda path: path.with_name("to").symlink_to("/etc"), [("artifacts/k3s/v1/amd64/to", "foreign")]),
    ],
    ids=["as it was", "tampered", "longer", "cut", "missing", "a link", "foreign", "a link to a directory"],
)
def test_each_fault_is_named(mirror: Path, change: Callable[[Path], object], found: list[tuple[str, str]]) -> None:
    change(mirror / K3S)
    assert [tuple(one) for one in tree.faults(mirror, tree.read(mirror))] == found


def test_what_a_collection_works_with_is_not_foreign(mirror: Path) -> None:
    (mirror / ".work/lists").mkdir(parents=True)
    (mirror / ".work/lists/half").touch()
    (mirror / "manifest.json.sig").touch()
    assert tree.faults(mirror, tree.read(mirror)) == []


def test_a_directory_without_a_manifest_is_no_mirror(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="mirror_action=collect"):
        tree.read(tmp_path)


def test_of_many_faults_the_first_are_named_and_the_others_counted() -> None:
    found = [tree.Fault(f"file{number:02}", "missing") for number in range(25)]
    assert tree.listed(found).endswith("file19 is missing and 5 more")
