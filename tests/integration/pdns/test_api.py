"""The way to the API: keys, sockets, limits, and a line that breaks."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator

import daemons
import pytest
from ansible_collections.metalstack.autonomous.plugins.filter.pdns_api_key_hash import pdns_api_key_hash
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import client
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_info, pdns_zone
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from line import BadLine

A = [{"name": "a", "type": "A", "records": ["192.0.2.1"]}]


@pytest.mark.parametrize("spoiled", ["cut_before", "cut_after", "fail_before", "fail_after"])
def test_a_line_that_breaks_three_times_is_tried_again(call, server, zone, line, spoiled):
    """And a server that answers with 500, whether it has done what it was asked for or not."""
    setattr(line, spoiled, 3)
    result = call(pdns_zone, api_url=line.url, zone=zone, nameservers=["ns"], rrsets=A)
    assert result.get("created"), result
    assert not call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=A)["changed"]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("spoiled", ["cut_before", "cut_after", "fail_before", "fail_after"])
def test_a_lost_answer_to_a_change_does_no_harm(call, server, zone, line, spoiled, times):
    call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=A)
    more = [*A, {"name": "t", "type": "TXT", "records": ["x"]}]
    line.only = "PATCH"
    setattr(line, spoiled, times)
    result = call(pdns_zone, api_url=line.url, zone=zone, rrsets=more)
    assert result["records"]["added"] == 1, result
    assert len(line.sent("PATCH")) == times + 1
    assert not call(pdns_zone, zone=zone, rrsets=more)["changed"]


def test_a_server_that_fails_again_and_again_is_named_with_its_reason(call, server, zone, line):
    line.fail_before = 1000
    result = call(pdns_info, api_url=line.url)
    assert result["failed"] and "HTTP 500 the backend is busy" in result["msg"], result
    assert len(line.requests) == client.ATTEMPTS


@pytest.mark.parametrize("answers", [1, 2])
@pytest.mark.parametrize("spoiled", ["cut_after", "fail_after"])
def test_what_was_made_before_its_answer_was_lost_is_taken_as_made(call, server, zone, line, spoiled, answers):
    """The answer to the creation itself, which a second request would find there already."""
    line.only = "POST"
    setattr(line, spoiled, answers)
    result = call(pdns_zone, api_url=line.url, zone=zone, nameservers=["ns"], rrsets=A)
    assert result.get("created"), result
    assert len(line.sent("POST")) == answers + 1
    assert not call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=A)["changed"]


@pytest.fixture
def issuers(tmp_path):
    """Two authorities, by the file of each one's certificate."""
    made = [certificate.authority(authority.generate(name)) for name in ("ours", "other")]
    files = [tmp_path / name for name in ("ours.crt", "other.crt")]
    for file, issuer in zip(files, made, strict=True):
        file.write_text(issuer.pem)
    return dict(zip(files, made, strict=True))


@pytest.fixture
def encrypted(server, issuers, tmp_path):
    """Gives ways to the API with a certificate of the first authority for an address."""
    ways = []

    def way(address):
        now = datetime.datetime.now(datetime.UTC)
        subject = certificate.Subject((), (address,))
        text, key = certificate.issue(next(iter(issuers.values())), subject, datetime.timedelta(days=1), now)
        (tmp_path / "server").write_text(text + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "server")
        ways.append(BadLine(server.api_port, context))
        return ways[-1].url

    yield way
    for one in ways:
        one.stop()


def test_the_api_is_asked_over_tls_by_who_knows_its_authority(call, zone, issuers, encrypted):
    ours, other = (str(file) for file in issuers)
    url = encrypted("127.0.0.1")
    wanted = {"zone": zone, "nameservers": ["ns"], "rrsets": A}
    assert call(pdns_zone, api_url=url, ca_path=ours, **wanted).get("created")
    assert call(pdns_info, api_url=url, ca_path=ours)["server"]["version"]
    assert call(pdns_zone, **wanted)["changed"] is False
    for unknown in ({"ca_path": other}, {}):
        result = call(pdns_info, api_url=url, **unknown)
        assert result["failed"] and "certificate verify failed" in result["msg"], result
    result = call(pdns_info, api_url=encrypted("192.0.2.1"), ca_path=ours)
    assert result["failed"] and "IP address mismatch" in result["msg"], result
    result = call(pdns_info, api_url=url, ca_path=f"{ours}.none")
    assert result["failed"] and f"ca_path '{ours}.none'" in result["msg"], result


def test_a_key_whose_secret_is_of_two_lines_is_not_shown(call, tmp_path):
    (tmp_path / "key").write_text("first-half\nsecond-half\n")
    result = call(pdns_info, api_key_file=str(tmp_path / "key"))
    assert result["failed"] and "expected one word" in result["msg"] and "half" not in result["msg"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://127.0.0.1:1/api/v1", "127.0.0.1:8081"])
def test_an_address_of_another_form_is_refused(call, url):
    assert "expected http://HOST:PORT" in call(pdns_info, api_url=url)["msg"]


def test_a_wrong_key_is_told_as_such(call, server, zone):
    result = call(pdns_info, api_key="wrong")
    assert result["failed"] and "HTTP 401 (is the API key that of this server?)" in result["msg"]
    assert "wrong" not in result["msg"]


def test_the_key_can_come_from_a_file(call, server, tmp_path):
    (tmp_path / "key").write_text(f"{daemons.KEY}\n")
    assert call(pdns_info, api_key_file=str(tmp_path / "key"))["server"]["version"]
    (tmp_path / "empty").write_text("\n")
    assert "found nothing" in call(pdns_info, api_key_file=str(tmp_path / "empty"))["msg"]
    assert "none" in call(pdns_info, api_key_file=str(tmp_path / "none"))["msg"]


def test_a_server_that_is_not_there_is_told_after_a_few_tries(call):
    port = daemons.free_port()
    result = call(pdns_info, api_url=f"http://127.0.0.1:{port}")
    assert result["failed"] and f"127.0.0.1:{port}" in result["msg"] and "refused" in result["msg"]


@pytest.fixture
def narrow(tree, server, tmp_path) -> Iterator[daemons.Daemon]:
    """A server that takes small requests only."""
    own = daemons.Daemon(tree(server.release), server.backend, tmp_path, {"webserver-max-bodysize": "1"}).start()
    yield own
    own.stop()


def test_a_server_with_a_lower_limit_gets_smaller_portions(call, narrow, zone):
    rrsets = [{"name": f"h{n}", "type": "TXT", "records": ["x" * 200]} for n in range(6000)]
    result = call(pdns_zone, api_url=narrow.url, zone=zone, nameservers=["ns"], rrsets=rrsets)
    assert result.get("created"), result["msg"][:300]
    assert not call(pdns_zone, api_url=narrow.url, zone=zone, nameservers=["ns"], rrsets=rrsets)["changed"]


@pytest.mark.parametrize("server", [("forky", "gsqlite3")], indirect=True, ids=["forky"])
def test_the_api_can_be_a_unix_socket(call, tree, server, tmp_path):
    """From PowerDNS 5.0 on."""
    path = tmp_path / "api.sock"
    own = daemons.Daemon(tree(server.release), server.backend, tmp_path, {"webserver-address": str(path)})
    own.start()
    try:
        assert call(pdns_info, api_url=str(path))["server"]["version"]
    finally:
        own.stop()


def test_the_server_knows_its_key_by_the_hash_alone(call, tree, server, tmp_path):
    key = "a-key-of-a-test-and-of-nobody-else"
    settings = {"api-key": pdns_api_key_hash(key)}
    own = daemons.Daemon(tree(server.release), server.backend, tmp_path, settings, key=key).start()
    try:
        assert call(pdns_info, api_url=own.url, api_key=key)["server"]["version"]
        assert "HTTP 401" in call(pdns_info, api_url=own.url, api_key=f"{key}x")["msg"]
        assert key not in (tmp_path / "pdns.conf").read_text()
    finally:
        own.stop()
