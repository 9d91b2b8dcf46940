"""What is of filesystem layouts alone: no labels, no times by API v1, and requests that name all devices or none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_filesystem_layout
from case_filesystem_layout import V1, V2, constraints, disk, filesystem, partition
from fake.world import Fault

FULL = {"v1": V1, "v2": V2}


def lay(server: Any, call: Any, *entries: Any, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = call(server, metal_filesystem_layout, filesystem_layouts=list(entries), **options)
    assert "failed" not in result, result["msg"]
    return result


def refused(server: Any, call: Any, *entries: Any, **options: Any) -> str:
    """What is said of these."""
    server.world.requests.clear()
    result = call(server, metal_filesystem_layout, filesystem_layouts=list(entries), **options)
    assert result["failed"]
    assert server.world.writes() == []
    return str(result["msg"])


def test_layouts_can_have_no_owner(server: Any, call: Any) -> None:
    said = refused(server, call, FULL[server.version], owner="site-a")
    reason = f"filesystem layouts have no labels in API {server.version}"
    assert f"owner: {reason}, so nobody can be marked as the owner" in said


def test_layouts_take_no_labels(server: Any, call: Any) -> None:
    assert "Unsupported parameters" in refused(server, call, {"id": "lvm", "labels": {}})


def test_exact_removes_what_is_not_given(server: Any, call: Any) -> None:
    lay(server, call, FULL[server.version], {"id": "other"})
    assert lay(server, call, {"id": "other"}, mode="exact")["removed"] == ["lvm"]


def test_a_change_of_one_list_is_accepted_with_the_others(server: Any, call: Any) -> None:
    lay(server, call, FULL[server.version])
    changed = [*V2["filesystems"][:-1], filesystem("tmpfs", "/run/big", "tmpfs")]
    result = lay(server, call, {"id": "lvm", "filesystems": changed})
    (read,) = result["filesystem_layouts"]
    assert result["diff"]["after"] == {"lvm": {"filesystems": changed}}
    assert (read["filesystems"], read["raid"], read["constraints"]) == (changed, V2["raid"], V2["constraints"])


def test_a_new_description_leaves_the_devices_alone(server: Any, call: Any) -> None:
    lay(server, call, FULL[server.version])
    (read,) = lay(server, call, {"id": "lvm", "description": "one"})["filesystem_layouts"]
    assert {name: read[name] for name in V1 if name != "description"} == {
        name: value for name, value in FULL[server.version].items() if name != "description"
    }


@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_a_new_description_by_api_v2_sends_no_devices(server: Any, call: Any) -> None:
    """It would forget by them what API v1 has set of a disk."""
    lay(server, call, V2)
    lay(server, call, {"id": "lvm", "description": "one"})
    assert [field.name for field, _value in server.world.bodies[-1].ListFields()] == [
        "id",
        "update_meta",
        "description",
    ]


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_devices_can_be_emptied_by_api_v1(server: Any, call: Any) -> None:
    lay(server, call, V1)
    lists = ("disks", "raid", "volume_groups", "logical_volumes", "filesystems")
    (read,) = lay(server, call, {"id": "lvm", **{name: [] for name in lists}})["filesystem_layouts"]
    assert all(read[name] == [] for name in lists)


def test_constraints_can_be_emptied(server: Any, call: Any) -> None:
    lay(server, call, FULL[server.version])
    none: dict[str, Any] = {"sizes": [], "images": {}}
    assert lay(server, call, {"id": "lvm", "constraints": none})["filesystem_layouts"][0]["constraints"] == none


@pytest.mark.parametrize("server", ["v1"], indirect=True)
def test_a_change_that_tells_no_time_is_not_overwritten(server: Any, call: Any) -> None:
    """API v1 tells of no layout when it was changed, so that all of it is compared."""
    lay(server, call, V1)

    def rename() -> None:
        server.tables["filesystem_layout"].rows["lvm"]["name"] = "Theirs"

    server.world.faults.append(Fault("GET /v1/filesystemlayout/lvm", meanwhile=rename))
    result = call(server, metal_filesystem_layout, filesystem_layouts=[{"id": "lvm", "description": "ours"}])
    assert "was not changed: changed by somebody else, after it was read: somebody else changed it" in result["msg"]
    assert server.tables["filesystem_layout"].rows["lvm"]["name"] == "Theirs"


def test_a_version_moves_from_one_layout_to_another(server: Any, call: Any) -> None:
    """The one that gets it stands before the one that gives it up."""
    a, b = {"id": "first", **constraints({"debian": "12"})}, {"id": "second", **constraints({"debian": ">= 13"})}
    lay(server, call, a, b)
    a, b = {"id": "first", **constraints({"debian": "13"})}, {"id": "second", **constraints({"debian": ">= 14"})}
    assert sorted(lay(server, call, a, b)["updated"]) == ["first", "second"]
    assert lay(server, call, a, b)["changed"] is False


def test_what_the_task_leaves_out_is_as_if_it_were_empty(server: Any, call: Any) -> None:
    short = {
        "id": "short",
        "disks": [{"device": "/dev/sda", "partitions": [{"number": 1, "size": 0, "gpt_type": 8300}]}],
        "filesystems": [{"device": "/dev/sda1", "format": "ext4"}],
    }
    (read,) = lay(server, call, short)["filesystem_layouts"]
    assert read["disks"] == [disk("/dev/sda", partition(1, 0))]
    assert read["filesystems"][0]["path"] == ""
    assert lay(server, call, short)["changed"] is False
