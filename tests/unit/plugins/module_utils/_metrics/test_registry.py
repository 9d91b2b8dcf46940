"""A registry answers where its front lets nobody in without a password, and somebody behind it reads."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics import images


class _Local(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def handler(status: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def address_string(self) -> str:
            return "somebody"

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("front", "behind", "answers"),
    [
        (401, [200], True),
        (401, [None, 200], True),
        (401, [None, None], False),
        (401, [500], False),
        (200, [200], False),
    ],
)
def test_both_have_to_answer(tmp_path: Path, front: int, behind: list[int | None], answers: bool) -> None:
    with contextlib.ExitStack() as stack:
        web = ThreadingHTTPServer(("127.0.0.1", 0), handler(front))
        stack.enter_context(serving(web))
        sockets = []
        for number, status in enumerate(behind):
            sockets.append(str(tmp_path / str(number)))
            if status:
                stack.enter_context(serving(_Local(sockets[-1], handler(status))))
        (sample,) = images.samples(f"http://127.0.0.1:{web.server_port}", "/nonexistent", sockets)
    assert sample.value == answers


def test_what_is_told_of_is_what_the_role_has() -> None:
    role = (Path(__file__).resolve().parents[5] / "roles/container_registry/vars/main.yml").read_text()
    assert f"__container_registry_directory: {Path(images.AUTHORITY).parent}\n" in role
    assert {Path(one).parent.name for one in images.SOCKETS} == {
        "metalstack-registry-kept", "metalstack-registry-kept-read",
    }  # fmt: skip
