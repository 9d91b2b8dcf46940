"""What the zones of a site hold."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._site.zone_contents import compose

SITE: dict[str, t.Any] = {
    "domain": "example.org",
    "domains": {},
    "hosts": {"server1": "198.51.100.11", "server2": "198.51.100.12"},
    "services": {"api.example.org": ["198.51.100.10"], "ntp": ["198.51.100.11", "198.51.100.12"]},
    "name_servers": ["server1", "server2"],
    "records": [],
    "zones": [],
}
SERVERS = ["server1.example.org.", "server2.example.org."]


def zones(**changed: t.Any) -> dict[str, dict[str, t.Any]]:
    return {zone["zone"]: zone for zone in compose({**SITE, **changed})}


def sets(zone: dict[str, t.Any]) -> dict[tuple[str, str], list[str]]:
    return {(one["name"], one["type"]): one["records"] for one in zone["rrsets"]}


def test_every_site_has_four_zones_with_its_name_servers() -> None:
    found = zones()
    assert list(found) == ["example.org.", "internal.example.org.", "shoot.example.org.", "ingress.example.org."]
    assert all(zone["nameservers"] == SERVERS for zone in found.values())
    assert [bool(zone["rrsets"]) for zone in found.values()] == [True, False, False, False]


def test_the_initial_zone_names_hosts_and_services_and_delegates() -> None:
    assert sets(zones()["example.org."]) == {
        ("server1.example.org.", "A"): ["198.51.100.11"],
        ("server2.example.org.", "A"): ["198.51.100.12"],
        ("api.example.org.", "A"): ["198.51.100.10"],
        ("ntp.example.org.", "A"): ["198.51.100.11", "198.51.100.12"],
        ("internal.example.org.", "NS"): SERVERS,
        ("shoot.example.org.", "NS"): SERVERS,
        ("ingress.example.org.", "NS"): SERVERS,
    }


def test_zones_are_renamed_and_turned_off() -> None:
    found = zones(domains={"internal": "gardener.example.net", "default": "", "ingress": ""})
    assert list(found) == ["example.org.", "gardener.example.net."]
    assert not [key for key in sets(found["example.org."]) if key[1] == "NS"]


def test_without_an_initial_zone_the_others_keep_their_name_servers() -> None:
    found = zones(domains={"initial": ""})
    assert "example.org." not in found
    assert found["internal.example.org."]["nameservers"] == SERVERS


def test_records_of_the_inventory_win_and_its_zones_are_added() -> None:
    mine = {"name": "api", "type": "a", "records": ["198.51.100.99"]}
    other = {"zone": "other.example", "nameservers": ["ns.other.example."]}
    found = zones(records=[mine], zones=[other])
    assert [one for one in found["example.org."]["rrsets"] if "api" in one["name"]] == [mine]
    assert found["other.example"] == other


def test_a_service_elsewhere_is_left_out_and_families_are_told_apart() -> None:
    services = {"api.example.net": ["198.51.100.10"], "both": ["198.51.100.10", "2001:db8::1"], "none": []}
    found = sets(zones(services=services)["example.org."])
    assert not [name for name, _type in found if name.startswith(("api", "none"))]
    assert found["both.example.org.", "A"] == ["198.51.100.10"]
    assert found["both.example.org.", "AAAA"] == ["2001:db8::1"]
