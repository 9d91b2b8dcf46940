"""The state of names and time."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import (
    dns_status,
    services,
    status,
    status_text,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    ADDRESSES,
    servers,
    site,
)

ZONES = ("example.org.", "internal.example.org.", "shoot.example.org.", "ingress.example.org.", "of-a-client.example.")
ALONE = servers("server1")


def zone(name: str, kind: str, serial: int = 7, catalog: str = "catalog.invalid.") -> dict[str, t.Any]:
    return {"name": name, "kind": kind, "serial": serial, "catalog": catalog, "masters": []}


def server(kind: str, catalog: str) -> dict[str, t.Any]:
    """What pdns_info says of one server."""
    listed = [zone(name, kind) for name in ZONES]
    return {
        "server": {"version": "4.9.17"},
        "zones": [*listed, zone("catalog.invalid.", catalog, serial=1, catalog="")],
    }


def dns() -> dict[str, t.Any]:
    """What pdns_info says of a primary and two secondaries."""
    kinds = [("Master", "Producer"), ("Slave", "Consumer"), ("Slave", "Consumer")]
    return {name: server(*kind) for name, kind in zip(ADDRESSES, kinds, strict=True)}


def source(name: str, state: str = "combined", reach: int = 8, mode: str = "server") -> dict[str, t.Any]:
    return {"name": name, "state": state, "reach": reach, "mode": mode, "stratum": 3, "offset": 0.0, "error": 0.0}


def time() -> dict[str, t.Any]:
    """What chrony_info says of three servers of an isolated site, the first of which leads."""
    found = {}
    for name, address in ADDRESSES.items():
        leads = name == "server1"
        found[name] = {
            "tracking": {
                "source": "" if leads else "198.51.100.11",
                "stratum": 10 if leads else 11,
                "offset": 0.000002,
                "leap": "Normal",
                "synchronised": True,
                "orphan": leads,
            },
            "sources": [source(other) for other in ADDRESSES.values() if other != address],
        }
    return found


def hosts(**addresses: list[str]) -> dict[str, t.Any]:
    """What k3s_info says of the addresses that hosts have, and of what a cluster holds."""
    api = {"ready": True, "held": []}
    return {name: {"system": {"addresses": {"eth0": held}}, "api": api} for name, held in addresses.items()}


HELD = hosts(server1=["198.51.100.11", "198.51.100.9"], server2=["198.51.100.12"], server3=["198.51.100.13"])


def changed_zone(name: str, host: str = "server2", **changed: t.Any) -> dict[str, t.Any]:
    """Change one zone of one server, or take it away where nothing is given."""
    found = dns()
    kept = [one for one in found[host]["zones"] if one["name"] != name]
    found[host]["zones"] = [*kept, {**zone(name, "Slave"), **changed}] if changed else kept
    return found


def without(found: dict[str, t.Any], host: str) -> dict[str, t.Any]:
    return {name: seen for name, seen in found.items() if name != host}


def test_names_and_time_as_they_should_be_are_green() -> None:
    state = services.describe(site(), HELD, dns(), time(), {}, {})
    assert state["services"] == {"verdict": "green", "findings": [], "warnings": [], "notes": []}
    assert [(row["role"], row["zones"], row["members"], row["holder"]) for row in state["dns"]["servers"]] == [
        ("primary", 5, 5, True),
        ("secondary", 5, 5, False),
        ("secondary", 5, 5, False),
    ]
    assert state["dns"]["primary"] == "server1"
    assert [(row["source"], row["stratum"]) for row in state["time"]["servers"]] == [
        ("own clock", 10),
        ("198.51.100.11", 11),
        ("198.51.100.11", 11),
    ]


def of_one_server(**changed: t.Any) -> dict[str, t.Any]:
    """What pdns_info says of a single server, which needs no catalog."""
    listed = [zone(name, "Master", catalog="") for name in ZONES]
    return {"server1": {"server": {"version": "4.7.3"}, "zones": listed, **changed}}


GOOD_NAMES: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {
    "one server without a catalog": (of_one_server(), {"servers": ALONE}),
    "a zone that its client keeps to one server": (
        changed_zone("x.example.", "server1", kind="Native", catalog=""),
        {},
    ),
    "a zone that the primary gets from elsewhere": (changed_zone("x.example.", "server1", kind="Slave"), {}),
    "a zone of a secondary's own": (changed_zone("x.example.", catalog=""), {}),
    "another serial of the catalog": (changed_zone("catalog.invalid.", kind="Consumer", serial=2), {}),
    "another primary": (
        {"server1": dns()["server2"], "server2": dns()["server1"], "server3": dns()["server3"]},
        {"site_dns_primary": "server2", "site_dns_address": None},
    ),
    "a primary whose addresses are not known": (dns(), {"hosts": {}}),
    "nobody": ({}, {"groups": {"dns_servers": []}}),
}


def names(found: dict[str, t.Any], hosts: dict[str, t.Any] = HELD, **changed: t.Any) -> list[dict[str, str]]:
    """What does not hold of the names."""
    state = services.describe(site(**changed), hosts, found, time(), {}, {})
    return [one for one in state["services"]["findings"] if one["condition"] not in TIME_CONDITIONS]


TIME_CONDITIONS = (
    "chronyd answers",
    "the clock is synchronised",
    "the clock is right",
    "all sources agree",
    "a source from outside of the site answers",
)


@pytest.mark.parametrize(("found", "changed"), GOOD_NAMES.values(), ids=GOOD_NAMES.keys())
def test_names_that_are_served_as_wanted(found: dict[str, t.Any], changed: dict[str, t.Any]) -> None:
    assert names(found, **changed) == []


@pytest.mark.parametrize(
    ("found", "changed", "host", "condition", "seen"),
    [
        (without(dns(), "server2"), {}, "server2", "PowerDNS answers", "no answer"),
        (without(dns(), "server1"), {}, "server1", "PowerDNS answers", "no answer"),
        (changed_zone("catalog.invalid."), {}, "server2", "the catalog of zones is there", "no zone catalog.invalid."),
        (
            of_one_server(),
            {"servers": ALONE, "site_dns_secondaries": ["192.0.2.1"]},
            "server1",
            "the catalog of zones is there",
            "no zone catalog.invalid.",
        ),
        (
            changed_zone("catalog.invalid.", kind="Producer"),
            {},
            "server2",
            "the server is the secondary of the inventory",
            "a primary",
        ),
        (
            {"server1": server("Slave", "Consumer")},
            {"servers": ALONE},
            "server1",
            "the server is the primary of the inventory",
            "a secondary",
        ),
        (
            changed_zone("of-a-client.example."),
            {},
            "server2",
            "every zone of the primary is here",
            "missing: of-a-client.example.",
        ),
        (
            changed_zone("example.org.", serial=6),
            {},
            "server2",
            "every zone is as new as the primary's",
            "example.org. 6 instead of 7",
        ),
        (
            changed_zone("x.example.", serial=1),
            {},
            "server2",
            "no zone is here that the primary has removed",
            "left over: x.example.",
        ),
        (
            dns(),
            {"site_dns_zones": [{"zone": "More.Example", "nameservers": ["ns.example.com."]}]},
            "server1",
            "the zones of the site are there",
            "missing: more.example.",
        ),
        (
            dns(),
            {"hosts": hosts(server1=["198.51.100.11"], server2=["198.51.100.9"])},
            "server1",
            "the primary has the address of the DNS",
            "198.51.100.9 on server2",
        ),
        (
            dns(),
            {"hosts": hosts(server1=["198.51.100.9"], server2=["198.51.100.9"])},
            "server1",
            "the primary has the address of the DNS",
            "198.51.100.9 on server1, server2",
        ),
        (
            dns(),
            {"hosts": hosts(server1=[])},
            "server1",
            "the primary has the address of the DNS",
            "198.51.100.9 on no host",
        ),
    ],
)
def test_what_is_wrong_with_the_names(
    found: dict[str, t.Any], changed: dict[str, t.Any], host: str, condition: str, seen: str
) -> None:
    wrong = names(found, **changed)
    assert [(one["host"], one["condition"], one["seen"]) for one in wrong] == [(host, condition, seen)]
    assert wrong[0]["expected"] and wrong[0]["remedy"]


def test_an_empty_primary_lacks_everything_and_leaves_everything_over() -> None:
    found = dns()
    found["server1"]["zones"] = [zone("catalog.invalid.", "Producer")]
    assert [(one["host"], one["condition"]) for one in names(found)] == [
        ("server2", "no zone is here that the primary has removed"),
        ("server3", "no zone is here that the primary has removed"),
        ("server1", "the zones of the site are there"),
    ]


def test_many_zones_are_counted() -> None:
    assert dns_status._few(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_a_version_that_tells_no_catalogs_has_unknown_members() -> None:
    state = services.describe(site(ALONE), {}, of_one_server(), {}, {}, {})
    assert state["dns"]["servers"][0]["members"] is None


def clock(host: str = "server2", sources: list[dict[str, t.Any]] | None = None, **changed: t.Any) -> dict[str, t.Any]:
    """Change what one time server says."""
    found = copy.deepcopy(time())
    found[host]["tracking"].update(changed)
    if sources is not None:
        found[host]["sources"] = sources
    return found


def everywhere(*more: dict[str, t.Any]) -> dict[str, t.Any]:
    """Give every time server these sources."""
    return {name: {**found, "sources": [*found["sources"], *more]} for name, found in time().items()}


def times(found: dict[str, t.Any], **changed: t.Any) -> list[dict[str, str]]:
    """What does not hold of the time."""
    state = services.describe(site(**changed), HELD, dns(), found, {}, {})
    return [one for one in state["services"]["findings"] if one["condition"] in TIME_CONDITIONS]


UPSTREAM = {"site_upstream_ntp": [{"address": "time.example.org", "type": "pool"}]}
CLOCK = {"servers": servers("server1", "server2", "server3", chrony_refclocks=["PHC /dev/ptp0"])}
GOOD_TIMES: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {
    "one host on its own": ({"server1": time()["server1"]}, {"servers": ALONE}),
    "a mesh that has lost its leader": (clock(host="server1", orphan=False, stratum=11), {}),
    "an upstream that answers": (everywhere(source("time.example.org", "selected", reach=1)), UPSTREAM),
    "a clock that answers": (everywhere(source("PHC0", "selected", mode="refclock")), CLOCK),
    "more offset on request": (clock(offset=0.3), {"chrony_max_offset": 0.5}),
    "nobody": ({}, {"groups": {"time_servers": []}}),
}


@pytest.mark.parametrize(("found", "changed"), GOOD_TIMES.values(), ids=GOOD_TIMES.keys())
def test_time_that_is_right(found: dict[str, t.Any], changed: dict[str, t.Any]) -> None:
    assert times(found, **changed) == []


@pytest.mark.parametrize(
    ("found", "changed", "condition", "seen"),
    [
        (without(time(), "server2"), {}, "chronyd answers", "no answer"),
        (
            clock(synchronised=False, leap="Not synchronised", offset=5.0),
            {},
            "the clock is synchronised",
            "Not synchronised",
        ),
        (clock(offset=-0.25), {}, "the clock is right", "-0.250 s"),
        (
            clock(sources=[source("198.51.100.11", "selected"), source("198.51.100.13", "falseticker")]),
            {},
            "all sources agree",
            "another time at 198.51.100.13",
        ),
        (
            {**everywhere(source("time.example.org")), "server2": time()["server2"]},
            UPSTREAM,
            "a source from outside of the site answers",
            "none of time.example.org",
        ),
        (
            {
                **everywhere(source("time.example.org")),
                "server2": everywhere(source("time.example.org", "unusable", reach=0))["server2"],
            },
            UPSTREAM,
            "a source from outside of the site answers",
            "none of time.example.org",
        ),
        (
            {**everywhere(source("PHC0")), "server2": time()["server2"]},
            CLOCK,
            "a source from outside of the site answers",
            "none of its clocks",
        ),
    ],
)
def test_what_is_wrong_with_the_time(
    found: dict[str, t.Any], changed: dict[str, t.Any], condition: str, seen: str
) -> None:
    wrong = times(found, **changed)
    assert [(one["host"], one["condition"], one["seen"]) for one in wrong] == [("server2", condition, seen)]
    assert wrong[0]["expected"] and wrong[0]["remedy"]
    rows = services.describe(site(**changed), HELD, dns(), found, {}, {})["time"]["servers"]
    assert [row["host"] for row in rows if not row["well"]] == ["server2"]


@pytest.mark.parametrize(
    ("findings", "warnings", "notes", "verdict"),
    [
        ([], [], [], "green"),
        ([], [], [{}], "yellow"),
        ([], [{}], [], "yellow"),
        ([{}], [{}], [{}], "red"),
        ([{}], [], [], "red"),
    ],
)
def test_a_warning_and_a_note_are_neither_green_nor_red(
    findings: list[t.Any], warnings: list[t.Any], notes: list[t.Any], verdict: str
) -> None:
    assert services.judge(findings, warnings, notes)["verdict"] == verdict


def test_a_note_is_shown() -> None:
    storage = {"endpoint": "https://s3.example.net", "bucket": "b-1"}
    off = site(site_object_storage=storage, backup_rehearse=False)
    state = services.describe(off, HELD, dns(), time(), {}, {})
    told = ["restores are rehearsed", "nobody can remove all backups, whatever keys they have"]
    assert [note["condition"] for note in state["services"]["notes"]] == told
    text = status_text.render({**status.describe(off, {}), **state})
    assert {f"  the site: {condition}" for condition in told} < set(text.splitlines())


def test_both_are_tables_of_their_own() -> None:
    good = site()
    found = {"dns": without(dns(), "server3"), "time": without(clock(sources=[source("a", "falseticker")]), "server3")}
    text = status_text.render(
        {**status.describe(good, {}), **services.describe(good, HELD, **found, backups={}, monitoring={})}
    )
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "DNS SERVER ROLE HOLDER VERSION ZONES MEMBERS MISSING SKEWED DIFFERENT" in lines
    assert "server1 primary yes 4.9.17 5 5 0 0 0" in lines
    assert "server3 - no no answer - - - - -" in lines
    assert "TIME SERVER SOURCE STRATUM OFFSET LEAP FALSETICKERS" in lines
    assert "server1 own clock 10 +0.000002 Normal none" in lines
    assert "server2 198.51.100.11 11 +0.000002 Normal a" in lines
    assert "server3 no answer - - - -" in lines
    assert "services: red" in lines
    assert "server3: PowerDNS answers" in lines


def held(records: int, number: str = "a", serial: int = 7, bare: bool = False) -> dict[str, t.Any]:
    return {"serial": serial, "records": records, "bare": bare, "hash": number}


def with_contents(secondary: dict[str, t.Any] | None, primary: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
    """The same records everywhere but in the site's zone on one secondary."""
    found = dns()
    for host, one in found.items():
        for each in one["zones"]:
            mine = host == "server2" and each["name"] == "example.org."
            each["contents"] = secondary if mine else primary or held(14)
    return found


def test_other_records_with_the_same_serial_are_told() -> None:
    for secondary in (held(14, "b"), held(2, "c", bare=True)):
        state = services.describe(site(), HELD, with_contents(secondary), time(), {}, {})
        (finding,) = state["services"]["findings"]
        assert (finding["host"], finding["condition"]) == ("server2", "every zone holds what the primary's does")
        assert f"example.org. {secondary['records']} (there 14)" in finding["seen"]
        row = state["dns"]["servers"][1]
        assert row["different"] == {"example.org.": {"records": secondary["records"], "primary": 14}}
        assert state["services"]["verdict"] == "red"


@pytest.mark.parametrize(
    "secondary",
    [held(14), held(15, "b", serial=6), None],
    ids=["the same", "about to follow", "not told"],
)
def test_the_same_records_and_those_of_another_serial_are_no_difference(secondary: dict[str, t.Any] | None) -> None:
    state = services.describe(site(), HELD, with_contents(secondary), time(), {}, {})
    assert state["services"]["verdict"] == "green"


def test_a_zone_of_the_site_that_was_emptied_everywhere_is_told() -> None:
    """D3: serials and records are the same on all servers then."""
    emptied = held(2, bare=True)
    found = with_contents(emptied, emptied)
    (finding,) = services.describe(site(), HELD, found, time(), {}, {})["services"]["findings"]
    assert (finding["host"], finding["condition"]) == ("server1", "example.org. names the site")
    elsewhere = site(site_dns_domains={"initial": "elsewhere.example"})
    conditions = [
        one["condition"] for one in services.describe(elsewhere, HELD, found, time(), {}, {})["services"]["findings"]
    ]
    assert "example.org. names the site" not in conditions
