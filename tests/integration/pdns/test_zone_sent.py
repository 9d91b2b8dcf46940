"""What a change of a zone sends, what is read back of it, and what an interrupted creation leaves."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_zone
from zones import A, B, made, sets, zone_of


def test_one_change_sends_one_set_and_raises_the_serial_by_one(call, server, zone, line):
    first = made(call, zone, A, B)
    second = made(call, zone, {**A, "ttl": "5m"}, B, api_url=line.url)
    assert second["records"] == {"added": 0, "changed": 1, "removed": 0}
    assert second["serial"] == first["serial"] + 1
    [sent] = line.sent("PATCH")
    assert [(one["name"], one["type"], one["ttl"]) for one in sent["rrsets"]] == [(f"a.{zone}", "A", 300)]
    line.requests.clear()
    assert not made(call, zone, {**A, "ttl": "5m"}, B, api_url=line.url)["changed"]
    assert {method for method, _path, _body in line.requests} == {"GET"}


def loses(body):
    """A server that says it has written, and has not."""


def alters(body):
    """A server, or somebody else meanwhile, that makes another record of it."""
    for one in body["rrsets"]:
        one["records"] = [{"content": "192.0.2.66", "disabled": False}] if one["type"] == "A" else one["records"]
    return body


def keeps_the_serial(server, zone):
    """Somebody who puts the old serial back after each change."""
    found = next(one for one in server.request("GET", f"/zones/{zone}")[1]["rrsets"] if one["type"] == "SOA")
    soa = {name: found[name] for name in ("name", "type", "ttl", "records")}

    def put_back(body):
        sets = [one for one in body["rrsets"] if one["type"] != "SOA"]
        return {"rrsets": [*sets, {**soa, "changetype": "REPLACE"}]}

    return put_back


@pytest.mark.parametrize(
    ("spoil", "record", "reason"),
    [
        (loses, A, "the server then has nothing"),
        (alters, A, "the server then has a"),
        (loses, {**B, "records": ["192.0.2.9"]}, "the server then has b"),
    ],
)
def test_what_the_server_does_not_have_then_is_an_error(call, server, zone, line, spoil, record, reason):
    made(call, zone, B, soa_edit_api="OFF")
    line.alter["PATCH"] = spoil
    result = call(pdns_zone, api_url=line.url, zone=zone, rrsets=[record])
    assert result["failed"] and f"wrote {record['name']}" in result["msg"] and reason in result["msg"], result


def test_what_is_there_again_after_its_deletion_is_an_error(call, server, zone, line):
    made(call, zone, A, B)

    def spares(body):
        return {"rrsets": [{**one, "name": f"other.{zone}"} for one in body["rrsets"]]}

    line.alter["PATCH"] = spares
    result = call(pdns_zone, api_url=line.url, zone=zone, rrsets=[A], mode="exact")
    assert result["failed"] and f"b.{zone} A was deleted and is there again" in result["msg"], result


def test_a_serial_that_does_not_rise_is_an_error(call, server, zone, line):
    made(call, zone, A, soa_edit_api="OFF")
    line.alter["PATCH"] = keeps_the_serial(server, zone)
    result = call(pdns_zone, api_url=line.url, zone=zone, rrsets=[A, B])
    assert result["failed"] and "no secondary follows" in result["msg"], result


def test_the_serial_never_goes_back(call, server, zone):
    made(call, zone, A)
    soa = sets(server, zone)[("@", "SOA")][0].split()
    high = " ".join([*soa[:2], "2030010102", *soa[3:]])
    change = {"name": zone, "type": "SOA", "ttl": 60, "changetype": "REPLACE", "records": [{"content": high}]}
    server.request("PUT", f"/zones/{zone}", {"soa_edit_api": ""})
    assert server.request("PATCH", f"/zones/{zone}", {"rrsets": [change]})[0] == 204
    server.request("PUT", f"/zones/{zone}", {"soa_edit_api": "DEFAULT"})
    before = zone_of(server, zone)["serial"]
    assert before >= 2030010102
    result = made(call, zone, A, soa={"refresh": "2h", "rname": "first.last@example.com"})
    assert result["serial"] > before
    assert zone_of(server, zone)["serial"] == result["serial"]
    assert "first\\.last.example.com. " in sets(server, zone)[("@", "SOA")][0]
    assert not made(call, zone, A, soa={"refresh": "2h", "rname": "first.last@example.com"})["changed"]


def test_a_zone_whose_serial_the_server_leaves_alone_still_gets_a_newer_one(call, server, zone):
    first = made(call, zone, A, soa_edit_api="OFF")
    second = made(call, zone, B, soa_edit_api="OFF")
    assert not second.get("failed"), second
    assert second["serial"] > first["serial"]


def test_a_refused_record_leaves_no_zone_behind(call, server, zone):
    result = call(pdns_zone, zone=zone, rrsets=[A, {"name": "x", "type": "APL", "records": ["nonsense"]}])
    assert result["failed"] and "APL" in result["msg"], result
    assert server.request("GET", f"/zones?zone={zone}")[1] == []


def test_the_shell_of_a_refused_creation_is_removed(call, server, zone, line):
    """The server refuses the key that was removed since it was looked for, and has the zone all the same."""
    line.alter["POST"] = lambda body: {**body, "master_tsig_key_ids": ["none."]}
    result = call(pdns_zone, api_url=line.url, zone=zone, nameservers=["ns"], rrsets=[A])
    assert result["failed"] and "HTTP 422" in result["msg"], result
    assert [method for method, _path, _body in line.requests if method != "GET"] == ["POST", "DELETE"]
    assert server.request("GET", f"/zones?zone={zone}")[1] == []


def test_the_shell_of_a_refused_creation_is_adopted(call, server, zone):
    refused = {"name": zone, "kind": "Native", "nameservers": [], "master_tsig_key_ids": ["none."]}
    status, _ = server.request("POST", "/zones", refused)
    assert status == 422
    assert server.request("GET", f"/zones?zone={zone}")[1]
    made(call, zone, A)
    assert set(sets(server, zone)) == {("@", "SOA"), ("@", "NS"), ("a", "A")}
