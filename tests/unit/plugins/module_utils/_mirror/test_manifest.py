"""The list of a mirror's files."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import manifest as manifests
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

ENTRY = manifests.Entry("a/b", 3, "a" * 64, "artifact", "k3s", "v1", "amd64", "release", ("hosts",))


def test_the_same_files_always_give_the_same_text_whatever_their_order() -> None:
    other = replace(ENTRY, path="a/a")
    one, two = (manifests.Manifest(entries, {"b": 1, "a": 2}) for entries in ((ENTRY, other), (other, ENTRY)))
    assert manifests.render(one) == manifests.render(two)
    assert manifests.parse(manifests.render(one)).entries == (other, ENTRY)
    assert manifests.parse(manifests.render(one)).collected_for == {"a": 2, "b": 1}


def test_an_empty_mirror_has_a_manifest_too() -> None:
    assert manifests.parse(manifests.render(manifests.Manifest())) == manifests.Manifest()


def test_whoever_has_nothing_but_coreutils_and_sed_checks_the_files(mirror: Path) -> None:
    """The command is the one that the playbook's page gives."""
    page = (Path(__file__).resolve().parents[5] / "docs/playbooks/mirror.md").read_text()
    command = re.search(r"^ +(sed -nE .*manifest\.json.*sha256sum.*)$", page, re.M)
    assert command
    checked = subprocess.run(["sh", "-c", command[1]], cwd=mirror, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")
    (mirror / "artifacts/k3s/v1/amd64/k3s").write_bytes(b"x")
    checked = subprocess.run(["sh", "-c", command[1]], cwd=mirror, capture_output=True, text=True, check=False)
    assert checked.stdout == "artifacts/k3s/v1/amd64/k3s: FAILED\n"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", ".", "a//b", "./a"])
def test_no_file_is_outside(path: str) -> None:
    text = manifests.render(manifests.Manifest((replace(ENTRY, path=path),)))
    with pytest.raises(MirrorError, match="no path below the mirror"):
        manifests.parse(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "format 2; expected 1"),
        ({"files": [{"path": "a"}]}, "collect the mirror anew"),
        ({"files": 1}, "can't be read"),
        ({"files": ["a"]}, "can't be read"),
        ({"collected_for": None}, "can't be read"),
    ],
)
def test_what_is_no_manifest_is_said_to_be_none(change: dict[str, Any], said: str) -> None:
    document = {**json.loads(manifests.render(manifests.Manifest((ENTRY,)))), **change}
    with pytest.raises(MirrorError, match=said):
        manifests.parse(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "nothing", '{"files": []}'])
def test_no_json_is_none_either(text: str) -> None:
    with pytest.raises(MirrorError, match="can't be read"):
        manifests.parse(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"sha256": "none"}, "no checksum"), ({"bytes": "3"}, "a size"), ({"origin": 1}, "other than texts")],
)
def test_a_file_has_all_that_is_said_of_it(change: dict[str, Any], said: str) -> None:
    document = json.loads(manifests.render(manifests.Manifest((ENTRY,))))
    document["files"][0].update(change)
    with pytest.raises(MirrorError, match=said):
        manifests.parse(json.dumps(document))


def test_a_file_that_is_listed_twice_is_refused() -> None:
    document = json.loads(manifests.render(manifests.Manifest((ENTRY,))))
    document["files"] *= 2
    with pytest.raises(MirrorError, match="twice"):
        manifests.parse(json.dumps(document))


def test_one_file_may_be_there_for_several() -> None:
    (both,) = manifests.merged([ENTRY, replace(ENTRY, purpose=("bookworm/amd64",))])
    assert both.purpose == ("bookworm/amd64", "hosts")


def test_one_path_has_one_content() -> None:
    with pytest.raises(MirrorError, match="expected one content for one path"):
        manifests.merged([ENTRY, replace(ENTRY, sha256="b" * 64)])
