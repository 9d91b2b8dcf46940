"""What is to be done with the packages of hosts, and what speaks against it."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import plan

NOTHING = {
    **{
        name: []
        for name in ("packages", "added", "removals", "held", "kept", "unfinished", "reboot", "reboot_expected")
    },
    "lists_age": 5,
    "boot_id": "boot-1",
}
UPDATE = {"packages": [{"name": "aaa", "from": "1", "to": "2", "security": True}]}
NEEDED = {"reboot": ["libc6 asked for it"]}


def one(policy: str = "needed", controller: str = "", **found: object) -> dict:
    return plan.plan({"server1": {**NOTHING, **found}}, policy, controller)


@pytest.mark.parametrize(
    ("found", "policy", "work", "reboots"),
    [
        ({}, "needed", "", False),
        (UPDATE, "needed", "update aaa from 1 to 2", False),
        ({**UPDATE, "added": ["eee"]}, "needed", "update aaa from 1 to 2, add eee", False),
        ({"unfinished": ["fff"]}, "needed", "finish fff", False),
        (NEEDED, "needed", "reboot, because libc6 asked for it", True),
        ({**UPDATE, **NEEDED}, "never", "update aaa from 1 to 2", False),
        ({"reboot_expected": ["a kernel is to be installed"]}, "needed",
         "reboot, because a kernel is to be installed", True),
        ({}, "always", "reboot, because that is asked for", True),
        (NEEDED, "never", "", False),
        # What somebody holds, or what can't be installed, is no work.
        ({"held": ["bbb"], "kept": ["ccc"]}, "needed", "", False),
    ],
)  # fmt: skip
def test_work(found: dict, policy: str, work: str, reboots: bool) -> None:
    decided = one(policy, **found)
    assert (decided["work"], decided["reboots"]) == ({"server1": work}, {"server1": reboots})
    assert decided["refusals"] == []


@pytest.mark.parametrize(
    ("found", "policy", "expected"),
    [
        ({"held": ["bbb"]}, "needed", "server1: bbb stays as it is, held by apt-mark"),
        ({"kept": ["ccc"]}, "needed", "server1: ccc can't become newer -> see apt-get dist-upgrade on the host"),
        (NEEDED, "never", "server1: stays in need of a reboot: libc6 asked for it"),
    ],
)
def test_what_stays_as_it_is_is_told(found: dict, policy: str, expected: str) -> None:
    assert one(policy, **found)["notes"] == [expected]


def test_no_package_is_removed() -> None:
    [refusal] = one(**UPDATE, removals=["fff"])["refusals"]
    assert refusal.startswith("server1: fff would be removed by these updates")


@pytest.mark.parametrize(
    ("found", "policy", "controller", "refused"),
    [
        (NEEDED, "needed", "boot-1\n", True),
        ({}, "always", "boot-1", True),
        # Only once they are installed it is known whether they ask for a reboot.
        (UPDATE, "needed", "boot-1", True),
        ({}, "needed", "boot-1", False),
        ({**UPDATE, **NEEDED}, "never", "boot-1", False),
        (NEEDED, "needed", "boot-2", False),
        (NEEDED, "needed", "", False),
    ],
)
def test_a_run_does_not_reboot_the_machine_that_it_is_on(
    found: dict, policy: str, controller: str, refused: bool
) -> None:
    assert bool(one(policy, controller, **found)["refusals"]) == refused
