"""The client that brings images to a registry: whom it waits for, and what it says of those that refuse."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import Access
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import target as targets
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.target import Target

ACCESS = Access(username="writer", password="of-the-writer")
DIGEST = f"sha256:{'a' * 64}"


@contextlib.contextmanager
def answering(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, list[Any]]]:
    """A server that gives these answers one after the other, and what it was asked."""
    asked: list[Any] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            status, headers, body = left.pop(0)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "PAUSE_SECONDS", 0.001)


def target(url: str, patience: float = 5.0, said: list[str] | None = None) -> Target:
    return Target(url, ACCESS, "", patience, (said if said is not None else []).append)


def test_who_is_busy_is_waited_for():
    said: list[str] = []
    with answering((503, {}, b""), (502, {}, b""), (200, {}, b"")) as (url, asked):
        assert target(url, said=said).has_blob("a/b", DIGEST)
    assert [path for _method, path, _login in asked] == [f"/v2/a/b/blobs/{DIGEST}"] * 3
    assert asked[0][2].startswith("Basic ") and "HTTP 503" in said[0]


def test_who_stays_busy_is_given_up():
    with answering(*[(503, {}, b"")] * 9) as (url, _asked), pytest.raises(MirrorError, match="HTTP 503") as told:
        target(url, patience=0.0).has_blob("a/b", DIGEST)
    assert "run this again" in str(told.value)


def test_who_is_not_there_is_given_up():
    with answering() as (url, _asked):
        pass
    with pytest.raises(MirrorError, match="gives no answer"):
        target(url, patience=0.01).has_blob("a/b", DIGEST)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(401, b"", "does not take the user and the password"), (400, b"DIGEST_INVALID", "with 400 DIGEST_INVALID")],
)
def test_a_refusal_is_told_and_the_password_is_not(status, body, expected):
    with answering((status, {}, body)) as (url, _asked), pytest.raises(MirrorError, match=expected) as told:
        target(url).put_manifest("a/b", "v1", b"{}", "application/json")
    assert "of-the-writer" not in str(told.value)


def test_a_blob_is_sent_where_the_registry_says(tmp_path):
    (tmp_path / "blob").write_bytes(b"content")
    with answering((202, {"Location": "/v2/a/b/blobs/uploads/1?_state=x"}, b""), (201, {}, b"")) as (url, asked):
        assert target(url).put_blob("a/b", DIGEST, tmp_path / "blob")
    assert asked[1][:2] == ("PUT", f"/v2/a/b/blobs/uploads/1?_state=x&digest=sha256%3A{'a' * 64}")


def test_a_blob_that_another_repository_has_is_not_sent(tmp_path):
    with answering((201, {}, b"")) as (url, asked):
        assert not target(url).put_blob("a/b", DIGEST, tmp_path / "blob", "c/d")
    assert asked[0][1].endswith(f"?mount=sha256%3A{'a' * 64}&from=c%2Fd")


def test_all_pages_are_read():
    first = (200, {"Link": '</v2/_catalog?n=2&last=b>; rel="next"'}, b'{"repositories": ["a", "b"]}')
    with answering(first, (200, {}, b'{"repositories": ["c"]}')) as (url, asked):
        assert target(url).repositories() == ["a", "b", "c"]
    assert asked[1][1] == "/v2/_catalog?n=1000&last=b"


@pytest.mark.parametrize("answer", [(404, {}, b""), (200, {}, b'{"tags": null}')])
def test_what_is_not_there_has_no_tags(answer):
    with answering(answer) as (url, _asked):
        assert target(url).tags("a/b") == []


def test_what_is_no_registry_is_told():
    with answering((200, {}, b"<html>")) as (url, _asked), pytest.raises(MirrorError, match="is that a registry"):
        target(url).repositories()


@pytest.mark.parametrize("url", ["registry:5000", "https://u:p@registry", "https://registry/v2", "ftp://registry"])
def test_what_is_no_registrys_url_is_refused(url):
    with pytest.raises(MirrorError, match="expected https://HOST:PORT"):
        target(url)


def test_authorities_that_are_none_are_told():
    with pytest.raises(MirrorError, match="no certificates in PEM"):
        Target("https://registry", ACCESS, "no certificate", 1.0, print)
