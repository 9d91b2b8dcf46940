"""Zone files as people and servers write them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import zone_file

ZONE = "example.com."


def read(text):
    return {(one.name, one.type): (one.ttl, list(one.records)) for one in zone_file.read(text, ZONE, 3600)}


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("a.example.com.\t60\tIN\tA\t192.0.2.1\n", {("a.example.com.", "A"): (60, ["192.0.2.1"])}),
        ("a 60 IN A 192.0.2.1\na 60 IN A 192.0.2.2\n", {("a.example.com.", "A"): (60, ["192.0.2.1", "192.0.2.2"])}),
        ("$TTL 1h\na A 192.0.2.1 ; why\n", {("a.example.com.", "A"): (3600, ["192.0.2.1"])}),
        ("a IN 1m A 192.0.2.1\n", {("a.example.com.", "A"): (60, ["192.0.2.1"])}),
        (
            "a A 192.0.2.1\n  AAAA 2001:db8::1\n",
            {("a.example.com.", "A"): (3600, ["192.0.2.1"]), ("a.example.com.", "AAAA"): (3600, ["2001:db8::1"])},
        ),
        (
            "@ SOA ns h (\n 1 2 ; two\n 3 4 5 )\n",
            {(ZONE, "SOA"): (3600, ["ns.example.com. h.example.com. 1 2 3 4 5"])},
        ),
        (
            "www.example.com 60 IN MX 10 mail.example.com\n",
            {("www.example.com.example.com.", "MX"): (60, ["10 mail.example.com.example.com."])},
        ),
        ('t TXT "a;b" ( "c (d)"\n e )\n', {("t.example.com.", "TXT"): (3600, ['"a;b" "c (d)" "e"'])}),
        ("$ORIGIN sub\n@ CNAME x\n", {("sub.example.com.", "CNAME"): (3600, ["x.sub.example.com."])}),
        ("; nothing\n\n   \n", {}),
        (
            r'n NAPTR 1 1 "u" "" "!^(.*)$!\\1!" .' + "\n",
            {("n.example.com.", "NAPTR"): (3600, [r'1 1 "u" "" "!^(.*)$!\\1!" .'])},
        ),
    ],
)
def test_records_are_read(text, sets):
    assert read(text) == sets


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a A 192.0.2.1\n$INCLUDE other\n", r"line 2: \$INCLUDE"),
        ("$GENERATE 1-5 a A 192.0.2.1\n", r"\$GENERATE"),
        ("a 60 IN A 192.0.2.1\na 61 IN A 192.0.2.2\n", "line 2: .*RFC 2181"),
        ("a SOA (\n", "line 1: a bracket that does not close"),
        ("a CH TXT x\n", "expected IN"),
        ("a 60\n", "a record without a type"),
        ("www.example.net. 60 IN A 192.0.2.1\n", "lies outside"),
        ('t TXT "open\n', "line 1"),
    ],
)
def test_what_is_no_zone_file_is_told_with_its_line(text, reason):
    with pytest.raises(zone_file.BadZoneFile, match=reason):
        read(text)
