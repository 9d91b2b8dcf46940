"""What apt-get 3.0 prints when it simulates."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import simulation

OUTPUT = """Reading package lists...
Building dependency tree...
Calculating upgrade...
The following packages will be REMOVED:
  fff
The following packages have been kept back:
  bbb
  ggg hhh
The following packages will be upgraded:
  aaa ccc ddd
3 upgraded, 1 newly installed, 1 to remove and 1 not upgraded.
Remv fff [1]
Inst aaa [1] (2 Debian-Security:13/stable-security, Debian:13/stable [all])
Inst ccc:i386 [1:1.0-1] (1:1.0-2 Debian:13/stable [i386])
Inst ddd [1] (2+b1 Debian-Security:13/stable-security [all]) []
Inst eee (1 localhost [all])
Inst own [1] (2 [amd64])
Inst other [1] (2 PowerDNS/trixie-auth-49 [amd64])
Conf aaa (2 Debian-Security:13/stable-security, Debian:13/stable [all])
"""


def test_every_change_is_told_with_where_it_comes_from() -> None:
    found = simulation.parse(OUTPUT)
    assert found.changes == [
        ("aaa", "1", "2", ("Debian-Security", "Debian")),
        ("ccc:i386", "1:1.0-1", "1:1.0-2", ("Debian",)),
        ("ddd", "1", "2+b1", ("Debian-Security",)),
        ("eee", "", "1", ("localhost",)),
        ("own", "1", "2", ()),
        ("other", "1", "2", ("PowerDNS",)),
    ]
    assert (found.removals, found.kept) == (["fff"], ["bbb", "ggg", "hhh"])


@pytest.mark.parametrize(
    ("packages", "expected"), [("security", ["aaa", "ddd"]), ("all", ["aaa", "ccc:i386", "ddd", "own", "other"])]
)
def test_only_what_is_there_becomes_newer(packages: str, expected: list[str]) -> None:
    assert [change.name for change in simulation.parse(OUTPUT).upgrades(packages)] == expected


def test_a_host_that_has_everything_has_nothing_to_do() -> None:
    text = "Calculating upgrade...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
    assert simulation.parse(text) == ([], [], [])


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "Setting up fff (2) ...\ndpkg: error processing package fff (--configure):\n"
            " installed fff package post-installation script subprocess returned error exit status 1\n"
            "E: Sub-process /usr/bin/dpkg returned an error code (1)\n",
            "dpkg: error processing package fff (--configure): installed fff package post-installation script"
            " subprocess returned error exit status 1; E: Sub-process /usr/bin/dpkg returned an error code (1)",
        ),
        ("Reading package lists...\nE: Failed to fetch http://x\n", "E: Failed to fetch http://x"),
        ("one\ntwo\nthree\nfour\n", "two three four"),
        ("", ""),
    ],
)
def test_a_failure_says_why(output: str, expected: str) -> None:
    assert simulation.failure(output) == expected
