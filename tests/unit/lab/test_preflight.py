from __future__ import annotations

import pytest

from lab import preflight
from lab.preflight import GIB, Resources
from lab.topology import SITE_A, SITE_B


def plenty(**changed):
    return Resources(**({"disk_free": 100 * GIB, "memory_free": 16 * GIB, "file_system": "ext4"} | changed))


def test_each_missing_package_is_named_once():
    found = dict.fromkeys(preflight.PACKAGE_OF, True) | {"ssh": False, "ssh-keygen": False, "nft": False}

    assert preflight.missing_packages(found) == ["nftables", "openssh-client"]


def test_nothing_is_missing_when_every_command_is_there():
    assert preflight.missing_packages(dict.fromkeys(preflight.PACKAGE_OF, True)) == []


def test_a_machine_with_room_is_taken():
    assert preflight.shortage(plenty(), hosts_to_start=3) is None


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        (plenty(disk_free=10 * GIB), "10.0 GiB of disk are free, 3 hosts need 11.0 GiB"),
        (plenty(memory_free=3 * GIB), "3.0 GiB of memory are free, 3 hosts need 3.8 GiB"),
        (plenty(file_system="overlay"), "would be on overlay"),
        (plenty(file_system="nfs4"), "would be on nfs4"),
    ],
)
def test_what_is_short_is_said_with_a_remedy(resources, says):
    problem = preflight.shortage(resources, hosts_to_start=3)

    assert problem is not None
    assert says in problem.problem
    assert problem.remedy


def test_hosts_that_run_already_need_no_more_room():
    assert preflight.shortage(plenty(disk_free=GIB, memory_free=GIB), hosts_to_start=0) is None


@pytest.mark.parametrize(
    ("cidr", "sites", "conflicts"),
    [
        ("192.0.2.7/24", (SITE_A, SITE_B), False),
        ("198.51.100.7/32", (SITE_A,), True),
        ("198.51.0.1/16", (SITE_A,), True),
        ("203.0.113.9/24", (SITE_A,), False),
        ("203.0.113.9/24", (SITE_A, SITE_B), True),
    ],
)
def test_an_address_of_the_machine_in_the_labs_network_is_a_conflict(cidr, sites, conflicts):
    problem = preflight.address_conflict([("lo", "127.0.0.1/8"), ("eth0", cidr)], sites)

    assert (problem is not None) == conflicts
    assert not problem or f"eth0 of this machine has {cidr}" in problem.problem
