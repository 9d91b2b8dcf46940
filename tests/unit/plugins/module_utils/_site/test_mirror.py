"""Rows 70 to 72: a site that is offline, and its mirror."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import hosts, offline
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.versions import Mirror
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CONTROLLER,
    facts,
    site,
)

OFFLINE = {"site_offline": True, "site_mirror": "/srv/mirror"}
WHOLE = Mirror(purposes=("trixie/amd64",))


def found(mirror: Mirror | None, **changed: t.Any) -> list[tuple[str, str, str]]:
    controller = dataclasses.replace(CONTROLLER, mirror=mirror)
    return [(one.id, one.variable, one.value) for one in offline.check(site(**changed), controller)]


@pytest.mark.parametrize("given", [True, "true"], ids=["inventory", "command line"])
def test_a_whole_mirror_is_enough(given: t.Any) -> None:
    assert found(WHOLE, **{**OFFLINE, "site_offline": given}) == []


def test_a_site_that_is_not_offline_may_have_a_mirror_or_not() -> None:
    assert found(None) == found(None, site_mirror="/srv/mirror") == []
    assert found(None, site_mirror="mirror") == [("V73", "site_mirror", "mirror")]


@pytest.mark.parametrize(
    ("mirror", "changed", "rows"),
    [
        (None, {"site_mirror": None}, [("V73", "site_offline", "true, without site_mirror")]),
        (Mirror(problem="no manifest"), {}, [("V73", "site_mirror", "no manifest")]),
        (
            Mirror(problem="not signed"),
            {"site_mirror_signers": ["ssh-ed25519 AAAA"]},
            [("V73", "site_mirror_signers", "not signed")],
        ),
        (
            Mirror(gone=tuple("abcdefg")),
            {},
            [("V73", "site_mirror", "/srv/mirror lacks a, b, c, d, e and 2 more")],
        ),
        (Mirror(gone=("a",)), {}, [("V73", "site_mirror", "/srv/mirror lacks a")]),
        (Mirror(lacking=("k3s v1",)), {}, [("V74", "site_mirror", "/srv/mirror has no k3s v1")]),
    ],
    ids=["none", "no mirror", "unsigned", "incomplete", "one file short", "another version"],
)
def test_what_can_not_be_built_of_the_mirror_is_refused(mirror: Mirror | None, changed: t.Any, rows: t.Any) -> None:
    assert found(mirror, **{**OFFLINE, **changed}) == rows


def test_whoever_is_refused_is_told_the_command() -> None:
    controller = dataclasses.replace(CONTROLLER, mirror=Mirror(lacking=("k3s v1",)))
    (one,) = offline.check(site(**OFFLINE), controller)
    assert "metalstack.autonomous.mirror -i inventory -e mirror_action=collect" in one.fix


@pytest.mark.parametrize(
    ("release", "architecture", "rows"),
    [
        ("trixie", "x86_64", []),
        ("bookworm", "x86_64", [("V75", "server1: Debian bookworm on amd64")]),
        (
            "trixie",
            "aarch64",
            [("V74", "server1: /srv/mirror has no k3s v1 arm64"), ("V75", "server1: Debian trixie on arm64")],
        ),
    ],
)
def test_a_host_that_the_mirror_has_nothing_for_is_refused(release: str, architecture: str, rows: t.Any) -> None:
    mirror = Mirror(purposes=("trixie/amd64",), lacking_on={"amd64": (), "arm64": ("k3s v1 arm64",)})
    controller = dataclasses.replace(CONTROLLER, mirror=mirror)
    seen = {name: {**one, "release": "trixie"} for name, one in facts().items()}
    seen["server1"] |= {"release": release, "architecture": architecture}
    judged = [one for one in hosts.check(site(**OFFLINE), seen, {}, controller) if one.id != "V22"]
    assert sorted((one.id, one.value) for one in judged) == rows


def test_hosts_of_a_site_that_is_not_offline_may_be_any() -> None:
    assert hosts.check(site(), facts(), {}, CONTROLLER) == []
