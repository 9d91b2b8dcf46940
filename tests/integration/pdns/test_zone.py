"""A zone managed whole, on every server and backend that we promise."""

from __future__ import annotations

import json
import re

import dns.resolver
import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_zone
from zones import A, B, made, sets, zone_of

# What people write, and what each of them has to become; relative names are in the zone.
FRIENDLY = {
    "a": ("A", ["192.0.2.1", "192.0.2.2"]),
    "quad": ("AAAA", ["2001:DB8:0:0::1"]),
    "alias": ("CNAME", ["Target"]),
    "outside": ("CNAME", ["www.example.net."]),
    "mail": ("MX", ["010 mail", "20   mail.example.net.", " 30 blank", "40 Upper.Example.NET."]),
    "1.2.0.192": ("PTR", ["Target"]),
    "2.2.0.192": ("PTR", ["WWW.Example.net."]),
    "3.2.0.192": ("PTR", [" www.example.net. "]),
    "blank": ("A", [" 192.0.2.6"]),
    "_sip._tcp": ("SRV", ["0 5 5060 sip"]),
    "text": ("TXT", ["plain text", 'with "quotes"', "back\\slash", "semi;colon", "grüße", "x" * 600]),
    "spf": ("TXT", ['"v=spf1 -all"', '"\\097\\;" "two"']),
    "caa": ("CAA", ["0 issue ca.example.net", '0 iodef "mailto:a@example.net"']),
    "naptr": ("NAPTR", [r'10 100 "u" "E2U+sip" "!^(.*)$!sip:\\1@example.com!" .']),
    "ds": ("DS", ["12345 13 2 AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00112233445566778899"]),
    "_443._tcp": ("TLSA", ["3 1 1 AABBCCDD EEFF0011 22334455 66778899 AABBCCDD EEFF0011 22334455 66778899"]),
    "ssh": ("SSHFP", ["4 2 AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00112233445566778899"]),
    "svc": ("HTTPS", ['1 . port=443 alpn="h2,h3"', "2 svc ipv6hint=2001:db8:0::1 ipv4hint=192.0.2.1"]),
    "svcb": ("SVCB", ['1 svc key65001="x" port=0443 alpn=h2']),
    "loc": ("LOC", ["51 30 12.748 N 0 7 39.611 W 10m 1m 10000m 10m"]),
    "uri": ("URI", ["10 1 https://example.com/"]),
    "host": ("HINFO", ["cpu os"]),
    "who": ("RP", ["admin text"]),
    "lua": ("LUA", ["A \"ifportup(443, {'192.0.2.1'})\""]),
    "ali": ("ALIAS", ["a"]),
    "bücher": ("A", ["192.0.2.3"]),
    "UPPER": ("A", ["192.0.2.4"]),
    "*.wild": ("A", ["192.0.2.5"]),
    "key": ("OPENPGPKEY", ["YWJj"]),
}
SETTINGS = {
    "kind": "primary",
    "account": "site-a",
    "soa_edit_api": "INCREASE",
    "api_rectify": False,
    "metadata": {"ALSO-NOTIFY": ["127.0.0.1:9", "127.0.0.1:10"], "X-note": ["ours"]},
}


def test_friendly_values_are_written_once(call, zone):
    listed = [
        {"name": name, "type": rtype, "ttl": "1h", "records": records} for name, (rtype, records) in FRIENDLY.items()
    ]
    first = made(call, zone, *listed)
    assert (first["created"], first["records"]["added"]) == (True, len(FRIENDLY) + 2)
    again = made(call, zone, *listed)
    assert (again["changed"], again["serial"]) == (False, first["serial"])


@pytest.mark.parametrize("text", ["plain", 'say "no"', "back\\slash", "tab\there", "é", "x" * 256])
def test_a_text_is_served_as_it_was_given(call, server, zone, text):
    made(call, zone, {"name": "t", "type": "TXT", "records": [text]})
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.dns_port
    assert b"".join(resolver.resolve(f"t.{zone}", "TXT")[0].strings).decode() == text


def test_a_name_that_would_become_another_is_refused(call, server, zone):
    made(call, zone, A)
    result = call(pdns_zone, zone=zone, rrsets=[{"name": "r", "type": "MB", "records": ["mail"]}])
    assert result["failed"] and "need their final dot" in result["msg"], result
    assert ("r", "MB") not in sets(server, zone)
    made(call, zone, {"name": "r", "type": "MB", "records": ["mail.example.net."]})


def test_a_set_read_from_the_api_can_be_written_back(call, server, zone):
    made(call, zone, {"name": "t", "type": "TXT", "records": ['with "quotes" and back\\slash']}, A)
    found = server.request("GET", f"/zones/{zone}")[1]["rrsets"]
    again = [{**one, "records": [record["content"] for record in one["records"]]} for one in found]
    again = [{name: one[name] for name in ("name", "type", "ttl", "records")} for one in again]
    result = call(pdns_zone, zone=zone, rrsets=again, mode="exact")
    assert result["changed"] is False


def test_check_mode_tells_the_same_as_the_run_and_writes_nothing(call, server, zone):
    wanted = {"zone": zone, "nameservers": ["ns"], "rrsets": [A], **SETTINGS}
    predicted = call(pdns_zone, check=True, **wanted)
    assert server.request("GET", f"/zones?zone={zone}")[1] == []
    done = call(pdns_zone, **wanted)
    for told in ("created", "records", "settings", "metadata"):
        assert predicted[told] == done[told], told
    # But for the serial, which is the server's own.
    assert str(predicted["diff"]) == re.sub(r"(hostmaster\S+) [0-9]+ ", r"\1 1 ", str(done["diff"]))
    changed = {**wanted, "rrsets": [B], "account": "other", "mode": "exact", "max_delete": "100%"}
    before = sets(server, zone)
    predicted = call(pdns_zone, check=True, **changed)
    assert sets(server, zone) == before
    done = call(pdns_zone, **changed)
    assert predicted["diff"] == done["diff"]


def test_settings_and_metadata_come_out_as_asked_and_can_be_cleared(call, server, zone):
    made(call, zone, A, **SETTINGS)
    assert not made(call, zone, A, **SETTINGS)["changed"]
    found = zone_of(server, zone)
    assert (found["kind"], found["account"], found["soa_edit_api"]) == ("Master", "site-a", "INCREASE")
    cleared = call(pdns_zone, zone=zone, account="", metadata={"X-note": []})
    assert cleared["changed"] and not cleared.get("failed"), cleared
    assert zone_of(server, zone)["account"] == ""
    kinds = {one["kind"] for one in server.request("GET", f"/zones/{zone}/metadata")[1]}
    assert "X-NOTE" not in {kind.upper() for kind in kinds} and "ALSO-NOTIFY" in kinds
    assert sets(server, zone)[("a", "A")] == ["192.0.2.1"]


def test_the_edit_of_the_served_serial_comes_out_as_asked_and_can_be_cleared(call, server, zone):
    made(call, zone, A, soa_edit="inception-increment")
    assert not made(call, zone, A, soa_edit="inception-increment")["changed"]
    assert zone_of(server, zone)["soa_edit"] == "INCEPTION-INCREMENT"
    assert made(call, zone, A, soa_edit="")["settings"] == {"soa_edit": ""}
    assert not made(call, zone, A, soa_edit="")["changed"]
    assert not zone_of(server, zone)["soa_edit"]


def test_a_zone_joins_a_catalog_and_leaves_it(call, server, zone):
    catalog = f"catalog.{zone}"
    assert call(pdns_zone, zone=catalog, kind="producer", nameservers=["invalid."]).get("created")
    wanted = {"kind": "primary", "catalog": catalog.rstrip(".")}
    made(call, zone, A, **wanted)
    assert not made(call, zone, A, **wanted)["changed"]
    assert zone_of(server, zone)["catalog"] == catalog
    assert made(call, zone, A, catalog="")["settings"] == {"catalog": ""}
    assert not made(call, zone, A, catalog="")["changed"]
    assert not zone_of(server, zone).get("catalog")


def test_addresses_of_masters_are_those_of_the_server(call, server, zone):
    wanted = {"zone": zone, "kind": "secondary"}
    masters = ["192.0.2.1:53", "[2001:DB8:0:0::1]:53", "2001:db8:0::2", "[2001:db8::3]:5300", "192.0.2.4:5300"]
    first = call(pdns_zone, **wanted, masters=masters)
    assert first.get("created"), first
    found = ["192.0.2.1", "192.0.2.4:5300", "2001:db8::1", "2001:db8::2", "[2001:db8::3]:5300"]
    assert sorted(zone_of(server, zone)["masters"]) == found
    assert not call(pdns_zone, **wanted, masters=list(reversed(masters)))["changed"]
    assert call(pdns_zone, **wanted, masters=masters[:1])["settings"] == {"masters": ["192.0.2.1"]}
    assert zone_of(server, zone)["masters"] == ["192.0.2.1"]


def test_a_zone_for_a_part_of_a_network_has_a_slash_in_its_name(call, server, zone):
    """RFC 2317."""
    part = f"0/25.{zone}"
    rrsets = [{"name": "1", "type": "PTR", "records": ["www.example.net."]}]
    wanted = {"zone": part, "nameservers": ["ns.example.net."], "rrsets": rrsets, "metadata": {"X-note": ["ours"]}}
    assert call(pdns_zone, **wanted).get("created")
    assert not call(pdns_zone, **wanted)["changed"]
    [found] = server.request("GET", f"/zones?zone={part}")[1]
    assert found["id"] == f"0=2F25.{zone}"
    rrsets[0]["records"] = ["mail.example.net."]
    assert call(pdns_zone, **wanted)["records"]["changed"] == 1
    assert call(pdns_zone, zone=part, state="absent")["changed"]
    assert server.request("GET", f"/zones?zone={part}")[1] == []


def test_merge_leaves_what_others_wrote_and_exact_does_not(call, server, zone):
    made(call, zone, A, B)
    merged = made(call, zone, {**A, "records": ["192.0.2.9"]})
    assert merged["records"] == {"added": 0, "changed": 1, "removed": 0}
    assert ("b", "A") in sets(server, zone)
    exact = made(call, zone, A, mode="exact")
    assert exact["records"] == {"added": 0, "changed": 1, "removed": 1}
    assert set(sets(server, zone)) == {("@", "SOA"), ("@", "NS"), ("a", "A")}


def test_what_is_ignored_stays_in_an_exact_zone(call, server, zone):
    challenge = {"name": "_acme-challenge.www", "type": "TXT", "records": ["token"]}
    made(call, zone, A, challenge)
    made(call, zone, A, mode="exact", ignore=[{"name": "_acme-challenge*", "types": ["TXT"]}])
    assert ("_acme-challenge.www", "TXT") in sets(server, zone)


def test_an_emptied_zone_is_refused_and_stays(call, server, zone):
    made(call, zone, A, B)
    before = sets(server, zone)
    result = call(pdns_zone, zone=zone, rrsets=[], mode="exact")
    assert result["failed"] and "2 of 2 sets of records would be deleted" in result["msg"]
    assert sets(server, zone) == before
    made(call, zone, mode="exact", max_delete="2")
    assert set(sets(server, zone)) == {("@", "SOA"), ("@", "NS")}


def test_an_address_becomes_an_alias_in_one_step(call, server, zone):
    made(call, zone, A)
    made(call, zone, {"name": "a", "type": "CNAME", "records": ["b"]})
    assert ("a", "A") not in sets(server, zone)
    made(call, zone, A)
    assert ("a", "CNAME") not in sets(server, zone)


def test_a_zone_that_is_only_configured_gets_no_records(call, server, zone):
    made(call, zone, A)
    before = sets(server, zone)
    assert call(pdns_zone, zone=zone, account="somebody")["changed"]
    assert sets(server, zone) == before


def test_an_unknown_key_is_refused_before_anything_is_written(call, server, zone):
    made(call, zone, A)
    result = call(pdns_zone, zone=zone, account="changed", kind="primary", master_tsig_key_ids=["none.example.com"])
    assert result["failed"] and "no TSIG key none.example.com." in result["msg"]
    assert (zone_of(server, zone)["account"], zone_of(server, zone)["kind"]) == ("", "Native")


def test_a_zone_from_a_file_and_from_text_is_the_same(call, server, zone, tmp_path):
    text = f"""$TTL 1h
@ IN SOA ns hostmaster (
    7 ; the serial is the server's own
    3h 1h 1w 1h )
  NS ns
a 3600 IN A 192.0.2.1
b   A 192.0.2.2
t TXT "one; two" "three \\"quoted\\""
$ORIGIN sub.{zone}
@ MX 10 mail
"""
    first = call(pdns_zone, zone=zone, zone_text=text, mode="exact")
    assert first.get("created"), first
    assert sets(server, zone)[("sub", "MX")] == [f"10 mail.sub.{zone}"]
    assert not call(pdns_zone, zone=zone, zone_text=text, mode="exact")["changed"]
    file = tmp_path / "zone.json"
    file.write_text(json.dumps(server.request("GET", f"/zones/{zone}")[1]))
    assert not call(pdns_zone, zone=zone, rrsets_file=str(file), mode="exact")["changed"]
    export = server.request("GET", f"/zones/{zone}/export")[1]
    exported = export if isinstance(export, str) else export["zone"]
    assert not call(pdns_zone, zone=zone, zone_text=exported, mode="exact")["changed"]


def test_a_large_change_goes_in_portions(call, server, zone, tmp_path):
    listed = [{"name": f"host-{number}", "type": "A", "records": ["192.0.2.1"]} for number in range(20000)]
    file = tmp_path / "zone.json"
    file.write_text(json.dumps(listed))
    first = call(pdns_zone, zone=zone, nameservers=["ns"], rrsets_file=str(file), mode="exact")
    assert first.get("created"), first
    assert len(sets(server, zone)) == 20002
    assert not call(pdns_zone, zone=zone, nameservers=["ns"], rrsets_file=str(file), mode="exact")["changed"]


def test_a_removed_zone_is_gone_and_stays_so(call, server, zone):
    made(call, zone, A)
    predicted = call(pdns_zone, check=True, zone=zone, state="absent")
    assert predicted["changed"] and server.request("GET", f"/zones?zone={zone}")[1]
    removed = call(pdns_zone, zone=zone, state="absent")
    assert removed["diff"] == predicted["diff"] and "192.0.2.1" in removed["diff"][0]["before"]
    assert not call(pdns_zone, zone=zone, state="absent")["changed"]


def test_a_signed_zone_stays_signed_and_unchanged(call, server, zone):
    made(call, zone, A, dnssec=True, nsec3param="1 0 0 -")
    again = made(call, zone, A, dnssec=True, nsec3param="1 0 0 -")
    assert not again["changed"]
    assert zone_of(server, zone)["dnssec"]


def test_disabled_records_and_comments_are_kept_apart(call, server, zone):
    disabled = {"name": "a", "type": "A", "records": ["192.0.2.1", {"content": "192.0.2.2", "disabled": True}]}
    made(call, zone, disabled)
    assert not made(call, zone, disabled)["changed"]
    commented = {**disabled, "comments": [{"content": "ours", "account": "site"}]}
    result = call(pdns_zone, zone=zone, rrsets=[commented])
    if server.backend == "lmdb" and server.release != "forky":
        assert result["failed"] and "LMDB" in result["msg"]
        return
    assert result["changed"], result
    assert not call(pdns_zone, zone=zone, rrsets=[commented])["changed"]
    # A change of the records leaves the comments.
    made(call, zone, {**disabled, "ttl": "5m"})
    assert not call(pdns_zone, zone=zone, rrsets=[{**commented, "ttl": "5m"}])["changed"]


def test_a_serial_that_counts_days_is_not_made_to_count_seconds(call, server, zone):
    before = made(call, zone, A)["serial"]
    result = call(pdns_zone, zone=zone, rrsets=[B], soa_edit_api="EPOCH")
    assert result["failed"] and "no secondary would follow" in result["msg"]
    assert zone_of(server, zone)["serial"] == before
    assert "no secondary would follow" in call(pdns_zone, zone=zone, kind="producer")["msg"]


def test_a_zone_file_from_a_transfer_has_its_soa_twice_and_changes_nothing(call, server, zone):
    text = f"{zone} 60 IN SOA ns.{zone} h.{zone} 1 1 1 1 1\n"
    given = {"zone": zone, "zone_text": f"{text}{zone} 60 IN NS ns.{zone}\n{text}"}
    first = call(pdns_zone, **given)
    assert first.get("created"), first
    assert call(pdns_zone, **given)["changed"] is False
    other = text.replace(" 1 1 1 1 1", " 1 2 2 2 2")
    refused = call(pdns_zone, **{**given, "zone_text": text + other})
    assert refused["failed"] and "2 SOA records" in refused["msg"]


def test_a_mailbox_with_a_dot_is_written_at_creation(call, server, zone):
    wanted = {"soa": {"rname": "first.last@example.com"}}
    made(call, zone, A, **wanted)
    assert "first\\.last.example.com. " in sets(server, zone)[("@", "SOA")][0]
    assert not made(call, zone, A, **wanted)["changed"]


def test_words_of_a_zone_file_are_strings_of_their_own(call, server, zone):
    text = "@ 60 IN SOA ns h 1 1 1 1 1\n@ 60 IN NS ns\nu 60 IN TXT hello world\nt TXT v=DKIM1\\; k=rsa\n"
    assert call(pdns_zone, zone=zone, zone_text=f";old 60 IN A 192.0.2.9\n{text}").get("created")
    assert sets(server, zone)[("u", "TXT")] == ['"hello" "world"']
    assert sets(server, zone)[("t", "TXT")] == ['"v=DKIM1;" "k=rsa"']
    assert len(sets(server, zone)) == 4


@pytest.mark.parametrize("name", ["keep", "KEEP", "keep.{zone}"])
def test_a_pattern_may_be_written_like_a_name(call, server, zone, name):
    made(call, zone, A, {"name": "keep", "type": "A", "records": ["192.0.2.1"]})
    made(call, zone, A, mode="exact", ignore=[{"name": name.format(zone=zone)}])
    assert ("keep", "A") in sets(server, zone)


def test_what_is_ignored_is_not_what_is_left(call, server, zone):
    made(call, zone, A, B, {"name": "_acme-challenge", "type": "TXT", "records": ["x"]})
    result = call(pdns_zone, zone=zone, rrsets=[], mode="exact", ignore=[{"name": "_acme*"}])
    assert result["failed"] and "2 of 2 sets" in result["msg"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"metadata": {"ALSO-NOTIFY": "192.0.2.1"}}, "expected a list of texts"),
        ({"metadata": {"X-note": None}}, "expected a list of texts"),
        ({"kind": "secondary"}, "gets its records from"),
        ({"wait_for": ["ns1.example.org"], "account": "x"}, "no address of a server"),
        ({"nsec3narrow": True}, "nsec3narrow needs nsec3param"),
        ({"nsec3param": "1 0 0 -", "account": "x"}, "needs a signed zone"),
        ({"nsec3param": "garbage", "account": "x"}, "expected a form such as"),
        ({"zone": " "}, "no name of a zone"),
        ({"soa": {"ttl": -1}}, "-1"),
        ({"rrsets_file": "none.json"}, "none.json"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_bad_input_is_named_and_changes_nothing(call, server, zone, options, reason, check):
    made(call, zone, A)
    before = server.request("GET", f"/zones/{zone}")[1]
    options = {"zone": zone, **options} | ({"rrsets": [A]} if options.get("kind") == "secondary" else {})
    result = call(pdns_zone, check=check, **options)
    assert result["failed"] and reason in result["msg"], result
    assert server.request("GET", f"/zones/{zone}")[1] == before


def test_a_kind_of_metadata_that_the_server_refuses_changes_nothing(call, server, zone):
    made(call, zone, A)
    result = call(pdns_zone, zone=zone, account="x", rrsets=[B], metadata={"ENABLE-LUA-RECORDS": ["1"]})
    assert result["failed"] and "ENABLE-LUA-RECORDS" in result["msg"], result
    assert zone_of(server, zone)["account"] == "" and ("b", "A") not in sets(server, zone)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"nme": "a", "type": "A", "records": ["192.0.2.1"]}, "nme is no field"),
        ({"name": None, "type": "A", "records": ["192.0.2.1"]}, "a name is a text"),
        ({"name": "a", "type": "A", "records": ["192.0.2.1"], "changetype": "DELETE"}, "changetype is no field"),
        ({"name": "a", "type": "A", "records": [{"content": "192.0.2.1", "disabled": "false"}]}, "true or false"),
        ({"name": "a", "type": "A", "records": ["192.0.2.1"], "comments": ["x"]}, "a comment has a content"),
    ],
)
def test_a_set_in_a_file_is_held_to_its_form(call, server, zone, tmp_path, line, reason):
    (tmp_path / "zone.json").write_text(json.dumps([line]))
    result = call(pdns_zone, zone=zone, rrsets_file=str(tmp_path / "zone.json"))
    assert result["failed"] and reason in result["msg"], result
    assert server.request("GET", f"/zones?zone={zone}")[1] == []


def test_parameters_of_nsec3_come_out_unchanged(call, server, zone):
    wanted = {"dnssec": True, "nsec3param": "1 0 0 AB", "nsec3narrow": True}
    made(call, zone, A, **wanted)
    assert not made(call, zone, A, **wanted)["changed"]
    off = {**wanted, "nsec3narrow": False}
    assert made(call, zone, A, **off)["changed"]
    assert not made(call, zone, A, **off)["changed"]
