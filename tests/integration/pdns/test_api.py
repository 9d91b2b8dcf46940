"""The way to the API: keys, sockets, limits, and a line that breaks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import daemons
import pytest
from ansible_collections.metalstack.autonomous.plugins.filter.pdns_api_key_hash import pdns_api_key_hash
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_info, pdns_zone

A = [{"name": "a", "type": "A", "records": ["192.0.2.1"]}]


class BadLine:
    """Before the API: cuts each of the first connections after the request has gone through, or before."""

    def __init__(self, port: int, cut_before: int = 0, cut_after: int = 0) -> None:
        self.cut_before, self.cut_after, self.cut_posts = cut_before, cut_after, 0
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client:
                    self._pass(client)

    def _pass(self, client: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += client.recv(65536)
        head, _, body = request.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0]):
            body += client.recv(65536)
        if self.cut_before:
            self.cut_before -= 1
            return
        with socket.create_connection(("127.0.0.1", self._port)) as api:
            api.sendall(head + b"\r\n\r\n" + body)
            answer = b""
            while chunk := api.recv(65536):
                answer += chunk
        if self.cut_after:
            self.cut_after -= 1
            return
        if head.startswith(b"POST") and self.cut_posts:
            self.cut_posts -= 1
            return
        client.sendall(answer)


@pytest.fixture
def line(server: daemons.Daemon) -> Iterator[BadLine]:
    line = BadLine(server.api_port)
    yield line
    line.stop()


@pytest.mark.parametrize("cuts", [{"cut_before": 3}, {"cut_after": 3}])
def test_a_line_that_breaks_three_times_is_tried_again(call, server, zone, line, cuts):
    vars(line).update(cuts)
    result = call(pdns_zone, api_url=line.url, zone=zone, nameservers=["ns"], rrsets=A)
    assert result.get("created"), result
    assert not call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=A)["changed"]


def test_a_lost_answer_to_a_change_does_no_harm(call, server, zone, line):
    call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=A)
    more = [*A, {"name": "t", "type": "TXT", "records": ["x"]}]
    vars(line).update({"cut_after": 4})
    result = call(pdns_zone, api_url=line.url, zone=zone, rrsets=more)
    assert result["records"]["added"] == 1, result
    assert not call(pdns_zone, zone=zone, rrsets=more)["changed"]


@pytest.mark.parametrize("answers", [1, 2])
def test_what_was_made_before_its_answer_was_lost_is_taken_as_made(call, server, zone, line, answers):
    """The answer to the creation itself, which a second request would find there already."""
    line.cut_posts = answers
    result = call(pdns_zone, api_url=line.url, zone=zone, nameservers=["ns"], rrsets=A)
    assert result.get("created"), result
    assert not call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=A)["changed"]


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
