"""Questions to a program on loopback."""

from __future__ import annotations

import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import client


class Program(BaseHTTPRequestHandler):
    """Answers by the path."""

    def do_GET(self) -> None:
        status, body = {"/good": (200, b'{"a": 1}'), "/text": (200, b"<html>")}.get(self.path, (503, b"not ready"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> t.Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Program) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "content", "error"),
    [("/good", {"a": 1}, ""), ("/text", None, "expected JSON"), ("/other", None, "HTTP 503 not ready")],
)
def test_an_answer_is_read_or_said_to_be_none(url: str, path: str, content: t.Any, error: str) -> None:
    answer = client.ask(url, path, 5)
    assert answer.content == content
    assert error in answer.error and bool(error) is bool(answer.error)


def test_nobody_there_is_an_answer_too() -> None:
    with HTTPServer(("127.0.0.1", 0), Program) as gone:
        port = gone.server_address[1]
    assert "refused" in client.ask(f"http://127.0.0.1:{port}", "/", 5).error


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "127.0.0.1:9093", "http://", "http://a/b", "http://a:b"])
def test_what_is_no_place_of_a_program_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected http|Port could not"):
        client.ask(url, "/", 5)
