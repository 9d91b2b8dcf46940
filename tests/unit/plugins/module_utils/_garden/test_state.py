"""A garden's state in a directory: what is kept of it is never lost to that of another garden."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import garden_cases as cases
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_state
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import state
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError

Export = Callable[..., dict[str, Any]]
LATER = "2026-11-28T10:00:00Z"
AUTHORITIES, KEYS = (garden_state.ROTATED[one] for one in ("certificateAuthorities", "etcdEncryptionKey"))


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Export:
    def export(found: list[dict[str, Any]], check: bool = False) -> dict[str, Any]:
        monkeypatch.setattr(state, "_opened", lambda _given: cases.Server(*found))
        return state.of({"path": str(tmp_path / "state"), "state": "exported"}, check)

    return export


def renewed(*names: str, created: str = cases.EARLIER, begun: str = "") -> list[dict[str, Any]]:
    """The cluster with other keys of these names. created: its Garden. begun: the rotations that its status tells."""
    found = copy.deepcopy(cases.whole())
    for one in found:
        if one["kind"] == "Garden":
            one["metadata"]["creationTimestamp"] = created
            rotation = one["status"]["credentials"]["rotation"]
            if begun:
                rotation |= {field: {"phase": "Completed", "lastInitiationTime": begun} for field in FIELDS}
        elif garden_state.purpose(one) in names:
            one["data"] = {key: text[:-4] + "AAAA" if key != "key" else text for key, text in one["data"].items()}
            if begun:
                one["metadata"]["labels"][garden_state.ROTATION] = "1795860000"
    return found


FIELDS = ("certificateAuthorities", "etcdEncryptionKey")


def test_a_second_export_changes_nothing(export: Export):
    assert export(cases.whole())["changed"] and not export(cases.whole())["changed"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (renewed(*AUTHORITIES, *KEYS, created=LATER), "no certificate authority, and no key of etcd of those there"),
        (renewed(*KEYS), "this one has no key of etcd of those there"),
        (renewed(*AUTHORITIES, *KEYS, created=LATER, begun=LATER), "no rotation explains it"),
    ],
    ids=["made anew", "lost its keys", "made anew and rotated"],
)
@pytest.mark.parametrize("check", [False, True])
def test_the_only_copy_of_the_keys_of_another_garden_stays(
    export: Export, tmp_path: Path, found: list[dict[str, Any]], said: str, check: bool
):
    export(cases.whole())
    before = {one.name: one.read_text() for one in (tmp_path / "state").iterdir()}
    with pytest.raises(GardenError, match=said) as refused:
        export(found, check)
    assert "-> bring it to a cluster" in str(refused.value)
    assert {one.name: one.read_text() for one in (tmp_path / "state").iterdir()} == before


def test_a_rotation_explains_other_keys_and_the_former_ones_are_kept(export: Export, tmp_path: Path):
    export(cases.whole())
    before = (tmp_path / "state/secrets.json").read_text()
    assert export(renewed(*AUTHORITIES, *KEYS, begun=LATER))["changed"]
    former = tmp_path / "state/former"
    assert (former / "secrets.json").read_text() == before != (tmp_path / "state/secrets.json").read_text()
    assert former.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in former.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("rotated", "told"),
    [
        ((), "etcdEncryptionKey Completed since 2026-11-28T10:00:00Z, and in the garden: never rotated"),
        ((*AUTHORITIES, *KEYS), "certificateAuthorities Completed since 2026-11-28T10:00:00Z"),
    ],
    ids=["keys of before are there yet", "with other keys"],
)
def test_a_snapshot_of_before_a_rotation_takes_nobody_the_keys_that_came_after_it(
    export: Export, tmp_path: Path, rotated: tuple[str, ...], told: str
):
    export(renewed(*rotated, begun=LATER) if rotated else _begun())
    before = (tmp_path / "state/secrets.json").read_text()
    with pytest.raises(GardenError) as refused:
        export(cases.whole())
    assert told in str(refused.value) and "-> restore the cluster from a set that was made after" in str(refused.value)
    assert (tmp_path / "state/secrets.json").read_text() == before


def _begun() -> list[dict[str, Any]]:
    """With new keys beside those of before."""
    new = [
        one for one in renewed(*AUTHORITIES, *KEYS, begun=LATER) if garden_state.purpose(one) in (*AUTHORITIES, *KEYS)
    ]
    for one in new:
        one["metadata"]["name"] += "-new"
    (garden,) = [one for one in renewed(begun=LATER) if one["kind"] == "Garden"]
    return [*(one for one in cases.whole() if one["kind"] != "Garden"), *new, garden]


def test_a_state_is_told_from_another_by_its_digest(export: Export):
    first = export(cases.whole())["digest"]
    assert export(cases.whole())["digest"] == first != export(renewed(*AUTHORITIES, *KEYS, begun=LATER))["digest"]


def test_a_garden_that_was_brought_to_another_cluster_is_the_same_one(export: Export):
    export(cases.whole())
    assert export(renewed(created=LATER))["changed"]


def test_a_first_export_that_was_cut_off_is_gone_on_with(export: Export, tmp_path: Path):
    export(cases.whole())
    (tmp_path / "state/configmaps.json").unlink()
    assert export(cases.whole())["changed"] and (tmp_path / "state/configmaps.json").exists()


def test_a_state_that_cannot_be_read_is_not_overwritten(export: Export, tmp_path: Path):
    export(cases.whole())
    (tmp_path / "state/gardens.json").write_text("{")
    with pytest.raises(GardenError, match=r"gardens.json cannot be read .* -> move it away"):
        export(cases.whole())
    assert json.loads((tmp_path / "state/secrets.json").read_text())["items"]


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Export:
    def compare(found: list[dict[str, Any]]) -> dict[str, Any]:
        monkeypatch.setattr(state, "_opened", lambda _given: cases.Server(*found))
        return state.of({"path": str(tmp_path / "state"), "state": "compared"}, False)

    return compare


def test_a_garden_is_compared_with_what_is_kept_also_before_it_was_ever_reconciled(export: Export, compare: Export):
    assert not compare(cases.whole())["changed"]
    export(cases.whole())
    begun = copy.deepcopy(cases.whole())
    for one in begun:
        if one["kind"] == "Garden":
            one["status"]["lastOperation"] = {"type": "Create", "state": "Processing"}
    told = compare(begun)
    assert not told["changed"] and told["gardens"]["local"]["gardener"] == "v1.138.3"
    with pytest.raises(GardenError, match="has the state of another garden"):
        compare(renewed(*AUTHORITIES, *KEYS, created=LATER))


def test_what_cannot_be_brought_to_a_cluster_is_told_before_anything_is_installed_there(
    export: Export, compare: Export, tmp_path: Path
):
    with pytest.raises(GardenError, match=r"gardens\.json cannot be read"):
        compare([])
    export(cases.whole())
    told = compare([])
    assert not told["changed"] and told["gardens"]["local"]["gardener"] == "v1.138.3"
    others = [one for one in renewed(*AUTHORITIES) if garden_state.purpose(one) in AUTHORITIES]
    with pytest.raises(GardenError, match="Secrets of another Garden are in the namespace"):
        compare([cases.NAMESPACE, *others])
    kept = tmp_path / "state/secrets.json"
    less = json.loads(kept.read_text())
    less["items"] = [one for one in less["items"] if garden_state.purpose(one) != "service-account-key"]
    kept.write_text(json.dumps(less))
    with pytest.raises(GardenError, match="there is no Secret service-account-key"):
        compare([])
