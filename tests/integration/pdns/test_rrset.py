"""One set of records, whole or record by record."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_rrset, pdns_zone


@pytest.fixture
def www(call, zone):
    """Runs the module on the set www A of a zone with two more sets."""
    rrsets = [
        {"name": "www", "type": "A", "records": ["192.0.2.1"]},
        {"name": "b", "type": "A", "records": ["192.0.2.2"]},
    ]
    assert call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=rrsets)["created"]

    def run(*records, **options):
        return call(pdns_rrset, **{"zone": zone, "name": "www", "type": "A", "records": list(records), **options})

    return run


def content(server, zone, name="www"):
    found = server.request("GET", f"/zones/{zone}")[1]["rrsets"]
    return sorted(record["content"] for one in found if one["name"] == f"{name}.{zone}" for record in one["records"])


def test_a_set_is_brought_to_its_records_once(www, server, zone):
    predicted = www("192.0.2.7", "192.0.2.8", check=True)
    assert predicted["changed"] and content(server, zone) == ["192.0.2.1"]
    done = www("192.0.2.7", "192.0.2.8")
    assert done["records"] == predicted["records"] and done["diff"] == predicted["diff"]
    assert content(server, zone) == ["192.0.2.7", "192.0.2.8"]
    assert not www("192.0.2.8", "192.0.2.7")["changed"]
    assert content(server, zone, "b") == ["192.0.2.2"]


def test_single_records_come_and_go(www, server, zone):
    assert www("192.0.2.7", "192.0.2.1", state="added")["changed"]
    assert content(server, zone) == ["192.0.2.1", "192.0.2.7"]
    assert not www("192.0.2.7", state="added")["changed"]
    assert www("192.0.2.1", "192.0.2.99", state="removed")["changed"]
    assert content(server, zone) == ["192.0.2.7"]
    assert not www("192.0.2.1", state="removed")["changed"]
    assert www("192.0.2.7", state="removed")["changed"]
    assert content(server, zone) == []


def test_a_record_is_added_to_a_set_that_is_not_there(www, server, zone):
    assert www("192.0.2.7", name="new", state="added")["changed"]
    assert content(server, zone, "new") == ["192.0.2.7"]


def test_a_set_is_removed_once(www, server, zone):
    assert www(state="absent", check=True)["changed"]
    assert content(server, zone) == ["192.0.2.1"]
    assert www(state="absent")["changed"]
    assert not www(state="absent")["changed"]
    assert content(server, zone, "b") == ["192.0.2.2"]


def test_the_time_to_live_is_kept_unless_given(www, server, zone):
    www("192.0.2.1", ttl="5m")
    www("192.0.2.3")
    found = server.request("GET", f"/zones/{zone}")[1]["rrsets"]
    assert [one["ttl"] for one in found if one["name"] == f"www.{zone}"] == [300]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"zone": "none.example.com"}, "no zone none.example.com."),
        ({"name": "www.example.net."}, "lies outside of the zone"),
        ({"records": ["192.0.2.300"]}, "192.0.2.300"),
        ({"type": "NOTYPE"}, "NOTYPE"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(www, server, zone, options, reason):
    result = www("192.0.2.9", **options)
    assert result["failed"] and reason in result["msg"]
    assert content(server, zone) == ["192.0.2.1"]


def test_disabled_records_outlive_a_change(www, server, zone):
    change = {"name": f"www.{zone}", "type": "A", "ttl": 60, "changetype": "REPLACE"}
    change["records"] = [
        {"content": "192.0.2.1", "disabled": False},
        {"content": "192.0.2.66", "disabled": True},
    ]
    assert server.request("PATCH", f"/zones/{zone}", {"rrsets": [change]})[0] == 204
    assert www("192.0.2.7", ttl="60")["changed"]
    assert content(server, zone) == ["192.0.2.66", "192.0.2.7"]


@pytest.mark.parametrize("state", ["added", "removed"])
def test_single_records_come_and_go_beside_disabled_ones(www, server, zone, state):
    www("192.0.2.1", "192.0.2.5")
    change = {"name": f"www.{zone}", "type": "A", "ttl": 3600, "changetype": "REPLACE"}
    change["records"] = [
        {"content": "192.0.2.1", "disabled": False},
        {"content": "192.0.2.5", "disabled": False},
        {"content": "192.0.2.66", "disabled": True},
    ]
    assert server.request("PATCH", f"/zones/{zone}", {"rrsets": [change]})[0] == 204
    assert www("192.0.2.7" if state == "added" else "192.0.2.5", state=state)["changed"]
    expected = ["192.0.2.1", "192.0.2.5", "192.0.2.7"] if state == "added" else ["192.0.2.1"]
    assert content(server, zone) == sorted([*expected, "192.0.2.66"])


def test_a_disabled_record_that_is_wanted_is_enabled(www, server, zone):
    change = {"name": f"www.{zone}", "type": "A", "ttl": 3600, "changetype": "REPLACE"}
    change["records"] = [{"content": "192.0.2.1", "disabled": True}]
    assert server.request("PATCH", f"/zones/{zone}", {"rrsets": [change]})[0] == 204
    assert www("192.0.2.1")["changed"]
    assert not www("192.0.2.1")["changed"]


def test_an_addition_removes_nothing(www, server, zone):
    result = www("b", type="CNAME", state="added")
    assert result["failed"] and "www" in result["msg"] and "remove them first" in result["msg"]
    assert content(server, zone) == ["192.0.2.1"]


def test_a_zone_that_is_transferred_is_not_written(call, server, zone):
    fed = {"zone": zone, "kind": "secondary", "masters": ["127.0.0.1:9"]}
    assert call(pdns_zone, **fed)["created"]
    result = call(pdns_rrset, zone=zone, name="a", type="A", records=["192.0.2.1"])
    assert result["failed"] and "gets its records from 127.0.0.1:9" in result["msg"]
