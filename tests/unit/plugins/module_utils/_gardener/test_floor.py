"""Versions that maintenance has raised stay, whoever owns them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import floor
from shoots import MANAGER, managed, pool, shoot

VERSION = {"f:spec": {"f:kubernetes": {"f:version": {}}}}
KEY = 'k:{"name":"group-0"}'
IMAGE = {"f:spec": {"f:provider": {"f:workers": {KEY: {"f:machine": {"f:image": {"f:version": {}}}}}}}}


def wanted(version: str, **of_pool: Any) -> dict[str, Any]:
    one = pool()
    one["machine"]["image"] |= of_pool.pop("image", {})
    return {"spec": {"kubernetes": {"version": version}, "provider": {"workers": [{**one, **of_pool}]}}}


def live(*entries: dict[str, Any], **of_pool: Any) -> dict[str, Any]:
    one = pool()
    one["machine"]["image"] |= of_pool.pop("image", {})
    return shoot(
        kubernetes={"version": "1.35.3"}, provider={"workers": [{**one, **of_pool}]},
        metadata={"managedFields": list(entries)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "owned", "applied", "kept"),
    [
        ("1.35.3", False, "1.35.3", []),
        ("1.35.4", False, "1.35.4", []),
        ("1.36.1", False, "1.36.1", []),
        ("1.36", False, "1.36", []),
        ("1.35.2", False, None, [("1.35.2", "1.35.3")]),
        ("1.34.9", False, None, [("1.34.9", "1.35.3")]),
        # What is ours is not let go, or the garden would take it for removed.
        ("1.35.2", True, "1.35.3", [("1.35.2", "1.35.3")]),
        # A prefix is met, and nothing is above it.
        ("1.35", False, None, []),
        ("1.35", True, "1.35.3", []),
        ("1", False, None, []),
        ("1.34", False, None, [("1.34", "1.35.3")]),
        ("latest", False, "latest", []),
        ("1.35.3-beta", False, "1.35.3-beta", []),
    ],
)
def test_the_version_of_kubernetes_is_not_lowered(version, owned, applied, kept):
    entry = managed(MANAGER, VERSION) if owned else managed("gardener-controller-manager", VERSION, "Update")
    found, said = floor.raised(wanted(version), live(entry))
    assert found["spec"]["kubernetes"].get("version") == applied
    assert [(one.wanted, one.found) for one in said] == kept


@pytest.mark.parametrize(
    ("image", "applied", "kept"),
    [
        ({"version": "12.0.20260101"}, None, 1),
        ({"version": "12.0"}, None, 0),
        ({"version": "12.0.20260301"}, "12.0.20260301", 0),
        # Another image has versions of its own.
        ({"name": "ubuntu", "version": "1.0"}, "1.0", 0),
    ],
)
def test_the_version_of_an_image_is_not_lowered(image, applied, kept):
    found, said = floor.raised(wanted("1.35.3", image=image), live())
    assert found["spec"]["provider"]["workers"][0]["machine"]["image"].get("version") == applied
    assert [one.field for one in said] == ["spec.provider.workers[group-0].machine.image.version"] * kept


def test_an_image_of_ours_is_held_at_what_is_there():
    found, _ = floor.raised(wanted("1.35.3", image={"version": "12.0.20260101"}), live(managed(MANAGER, IMAGE)))
    assert found["spec"]["provider"]["workers"][0]["machine"]["image"]["version"] == "12.0.20260201"


def test_a_pool_has_a_version_of_kubernetes_of_its_own():
    mine = wanted("1.35.3", kubernetes={"version": "1.34.1"})
    found, said = floor.raised(mine, live(kubernetes={"version": "1.34.5"}))
    assert "version" not in found["spec"]["provider"]["workers"][0]["kubernetes"]
    assert [one.field for one in said] == ["spec.provider.workers[group-0].kubernetes.version"]
    assert mine["spec"]["provider"]["workers"][0]["kubernetes"] == {"version": "1.34.1"}


def test_a_new_pool_and_what_gives_no_version_are_left_alone():
    described = {"spec": {"provider": {"workers": [pool("other"), {"name": "group-0", "machine": {"type": "n1"}}]}}}
    found, said = floor.raised(described, live())
    assert (found, said) == (described, [])


def test_what_becomes_ours_by_adoption_is_held_at_what_is_there():
    found, _ = floor.raised(wanted("1.35"), live(), adopted=True)
    assert found["spec"]["kubernetes"]["version"] == "1.35.3"
