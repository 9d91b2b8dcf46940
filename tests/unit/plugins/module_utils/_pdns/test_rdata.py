"""Record data as people write it, and as the server stores it."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import rdata

ZONE = "example.com."


@pytest.mark.parametrize(
    ("rtype", "content", "stored"),
    [
        ("A", " 192.0.2.1 ", "192.0.2.1"),
        ("AAAA", "2001:DB8:0:0::1", "2001:db8::1"),
        ("AAAA", "::ffff:192.0.2.1", "::ffff:c000:201"),
        ("CNAME", "www", "www.example.com."),
        ("MX", "010  mail", "10 mail.example.com."),
        ("SRV", "0 5 5060 .", "0 5 5060 ."),
        ("TXT", "plain; text", '"plain; text"'),
        ("TXT", 'say "x"', r'"say \"x\""'),
        ("TXT", '"a" "b"', '"a" "b"'),
        ("TXT", '"a" b', '"a" "b"'),
        ("TXT", r'"\097\;\\"', r'"a;\\"'),
        ("TXT", "é", r'"\195\169"'),
        ("TXT", "", '""'),
        ("TXT", "x" * 256, f'"{"x" * 255}" "x"'),
        ("CAA", "0 ISSUE ca.example.net", '0 ISSUE "ca.example.net"'),
        ("TLSA", "3 1 1 AAbb CCdd", "3 1 1 aabbccdd"),
        ("HTTPS", '1 . port=443 alpn="h2,h3"', "1 . alpn=h2,h3 port=443"),
        ("SVCB", "1 svc no-default-alpn alpn=h2", "1 svc.example.com. alpn=h2 no-default-alpn"),
        ("HTTPS", "1 . port=0443 mandatory=port,alpn alpn=h2", "1 . mandatory=alpn,port alpn=h2 port=443"),
        ("HTTPS", '1 . ech=AAAA ipv6hint="2001:DB8:0::1"', '1 . ech="AAAA" ipv6hint=2001:db8::1'),
        ("HTTPS", "1 . ipv4hint=auto", "1 . ipv4hint=auto"),
        ("HTTPS", "0 www", "0 www.example.com."),
        ("SOA", "ns hostmaster 1 3h 1h 1w 1h", "ns.example.com. hostmaster.example.com. 1 10800 3600 604800 3600"),
        ("NAPTR", r'1 2 u "" "!a\\1!" .', r'1 2 "u" "" "!a\\1!" .'),
        ("OPENPGPKEY", "YW Jj", "YWJj"),
        ("HINFO", "cpu os", '"cpu" "os"'),
    ],
)
def test_data_is_brought_to_the_servers_form(rtype, content, stored):
    form = rdata.canonical(rtype, content, ZONE)
    assert form.text == stored
    assert rdata.canonical(rtype, stored, ZONE) == form


@pytest.mark.parametrize(
    ("rtype", "content"),
    [
        ("A", "192.0.2.300"),
        ("A", "192.0.2.1 192.0.2.2"),
        ("A", ""),
        ("A", "010.0.2.1"),
        ("AAAA", "192.0.2.1"),
        ("AAAA", "fe80::1%eth0"),
        ("MX", "mail"),
        ("MX", "65536 mail"),
        ("MX", "-1 mail"),
        ("SRV", "1 2 mail"),
        ("TXT", '"open'),
        ("TXT", r'"\999"'),
        ("HINFO", f"{'x' * 256} os"),
        ("DS", "1 2 3 xyz"),
        ("HTTPS", "1 . alpn=h2 alpn=h3"),
        ("HTTPS", "1 . non_sense=1"),
        ("HTTPS", "1 . port=99999"),
        ("OPENPGPKEY", "!!"),
        ("CNAME", "two words"),
    ],
)
def test_data_that_its_type_does_not_allow_is_refused_with_its_text(rtype, content):
    with pytest.raises(rdata.BadRdata) as refusal:
        rdata.canonical(rtype, content, ZONE)
    assert content in str(refusal.value) or repr(content) in str(refusal.value)


@pytest.mark.parametrize(
    ("rtype", "content", "asked"),
    [
        ("LOC", "1 N 1 E 1m", "1 N 1 E 1m"),
        ("A", r"\# 4 c0000201", r"\# 4 c0000201"),
        ("TYPE65400", r"\# 1 00", r"\# 1 00"),
        ("HTTPS", '1 www key7="x"', '1 www.example.com. key7="x"'),
    ],
)
def test_what_only_the_server_knows_is_left_to_it(rtype, content, asked):
    assert rdata.canonical(rtype, content, ZONE) is None
    assert rdata.to_ask(rtype, content, ZONE) == asked
    assert rdata.to_ask("HTTPS", "1 . alpn=h2", ZONE) is None


def test_names_that_differ_in_case_are_the_same_record_and_texts_are_not():
    assert rdata.canonical("CNAME", "WWW", ZONE).key == rdata.canonical("CNAME", "www", ZONE).key
    assert rdata.canonical("TXT", "A", ZONE).key != rdata.canonical("TXT", "a", ZONE).key


@pytest.mark.parametrize(("text", "seconds"), [(60, 60), ("60", 60), ("1h30m", 5400), ("1W", 604800)])
def test_a_time_is_seconds_or_units(text, seconds):
    assert rdata.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1x", "h", "1.5h", 2**31])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(rdata.BadRdata):
        rdata.duration(text)


@pytest.mark.parametrize(
    ("content", "doubled"),
    [('"plain"', '"plain"'), (r'"a\"b"', r'"a\\\"b"'), (r'"a\\b"', r'"a\\\\b"'), (r'"\195"', r'"\\195"')],
)
def test_a_server_that_unescapes_twice_gets_escapes_twice(content, doubled):
    assert rdata.doubled(content) == doubled
