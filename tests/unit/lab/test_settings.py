from __future__ import annotations

from pathlib import Path

import pytest

from lab import settings, topology
from lab.errors import LabError


def test_defaults_are_the_lab_called_lab():
    lab = settings.from_environment({"XDG_CACHE_HOME": "/c"})

    assert lab.state == Path("/var/lib/metalstack-autonomous-lab/lab")
    assert lab.cache == Path("/c/metalstack-autonomous")
    assert lab.netns == "lab-lab"


def test_the_environment_moves_everything():
    lab = settings.from_environment({"LAB_NAME": "two", "LAB_STATE": "/s", "METALSTACK_CACHE": "/m", "LAB_HOSTS": "1"})

    assert (lab.state, lab.cache, lab.netns, lab.hosts) == (Path("/s/two"), Path("/m"), "lab-two", "1")


@pytest.mark.parametrize(("said", "minimal"), [("", False), ("0", False), ("1", True)])
def test_hosts_are_minimal_where_that_is_asked_for(said, minimal):
    assert settings.from_environment({"LAB_MINIMAL": said}).minimal is minimal


@pytest.mark.parametrize(("said", "monitored"), [("", False), ("0", False), ("1", True)])
def test_a_lab_is_monitored_where_that_is_asked_for(said, monitored):
    assert settings.from_environment({"LAB_MONITORED": said}).monitored is monitored


@pytest.mark.parametrize("name", ["Lab", "1lab", "a-b", "../x", "a" * 17, "lab "])
def test_a_name_that_is_unfit_for_paths_is_refused(name):
    with pytest.raises(LabError, match="LAB_NAME"):
        settings.from_environment({"LAB_NAME": name})


def test_every_hosts_interface_name_fits_the_kernel_and_no_two_labs_share_a_machine():
    one, two = (settings.from_environment({"LAB_NAME": name}) for name in ("lab", "drill"))

    for role in topology.ROLES:
        assert len(f"vb-{one.machine(f'{role.kind}{role.room}')}") <= 15
    assert one.machine("server1") != two.machine("server1")
