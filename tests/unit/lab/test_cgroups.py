from __future__ import annotations

from pathlib import Path

import pytest

from lab import cgroups
from lab.cgroups import Hierarchy

HYBRID = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
50 31 0:34 / /var/lib/other/cgroup rw,relatime - cgroup cgroup rw,freezer
"""
UNIFIED = """\
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
33 24 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
"""


def test_a_hybrid_machine_has_its_v1_hierarchies_and_the_unified_one():
    found = {str(each.mount): each.version for each in cgroups.hierarchies(HYBRID)}

    assert found == {
        "/sys/fs/cgroup/cpuset": 1,
        "/sys/fs/cgroup/freezer": 1,
        "/sys/fs/cgroup/unified": 2,
    }


def test_a_unified_machine_has_one_hierarchy():
    (only,) = cgroups.hierarchies(UNIFIED)

    assert (only.mount, only.version) == (Path("/sys/fs/cgroup"), 2)


def test_kubelet_goes_by_what_is_mounted_at_the_top():
    assert cgroups.kubelet_sees_v1(cgroups.hierarchies(HYBRID))
    assert not cgroups.kubelet_sees_v1(cgroups.hierarchies(UNIFIED))


@pytest.mark.parametrize(
    ("found", "file", "frozen", "thawed"),
    [
        (((1, "memory"), (1, "freezer")), "freezer/lab/one/server1/freezer.state", "FROZEN", "THAWED"),
        (((1, "freezer"), (2, "unified")), "unified/lab/one/server1/cgroup.freeze", "1", "0"),
    ],
)
def test_a_host_is_frozen_the_way_its_hierarchy_has_it(found, file, frozen, thawed, tmp_path, monkeypatch):
    mounts = tuple(Hierarchy(tmp_path / name, version, frozenset([name])) for version, name in found)
    monkeypatch.setattr(cgroups, "detect", lambda: mounts)
    switch = tmp_path / file
    switch.parent.mkdir(parents=True)
    switch.touch()
    host = cgroups.Cgroup("one", "server1")

    host.freeze()
    assert (switch.read_text(), host.frozen()) == (frozen, True)
    host.thaw()
    assert (switch.read_text(), host.frozen()) == (thawed, False)


def test_a_machine_without_cgroups_has_none():
    assert cgroups.hierarchies("28 1 254:0 / / rw - ext4 /dev/vda1 rw\n") == ()
