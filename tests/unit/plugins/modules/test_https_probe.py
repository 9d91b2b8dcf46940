"""An answer is one that was expected; everything else is a failure that says what there was."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import https_probe
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process

LOGIN = {"username": "peer", "password": "of-the-peers"}
KNOWN = "Basic cGVlcjpvZi10aGUtcGVlcnM="


class Service(http.server.BaseHTTPRequestHandler):
    """Has a number for who knows the password, a text for everybody, and a place that is elsewhere."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == KNOWN
        status, content = {
            "/text": (200, "well"),
            "/elsewhere": (302, ""),
            "/there": (200, json.dumps({"login": self.headers.get("Authorization", "")})),
        }.get(self.path, (200, '{"value": 7}') if known else (401, "who\nare you?"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/there")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "options", "status", "found"),
    [
        ("/", LOGIN, 200, {"value": 7}),
        ("/", {"status_code": [401]}, 401, None),
        ("/text", {"status_code": [200, 204]}, 200, None),
    ],
    ids=["JSON for who may", "a refusal that is wanted", "text"],
)
def test_what_was_expected_is_returned(
    answer: in_process.Run, url: str, path: str, options: dict[str, object], status: int, found: object
) -> None:
    result = answer(https_probe, url=f"{url}{path}", **options)
    assert result == {"changed": False, "status": status, "json": found}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "/: expected 200, found 401 who\nare you?"),
        ({**LOGIN, "password": "wrong"}, "/: expected 200, found 401"),
        ({**LOGIN, "status_code": [401, 403]}, '/: expected 401 or 403, found 200 {"value": 7}'),
    ],
    ids=["nobody", "the wrong password", "taken"],
)
def test_another_answer_is_told(answer: in_process.Run, url: str, options: dict[str, object], said: str) -> None:
    result = answer(https_probe, url=f"{url}/", **options)
    assert result["failed"] and said in result["msg"] and "wrong" not in result["msg"]


def test_a_password_stays_with_whom_it_is_for(answer: in_process.Run, url: str) -> None:
    assert answer(https_probe, url=f"{url}/there", **LOGIN)["json"] == {"login": KNOWN}
    assert answer(https_probe, url=f"{url}/elsewhere", **LOGIN)["json"] == {"login": ""}


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("https://127.0.0.1:1/", {}, "https://127.0.0.1:1/: no answer: [Errno 111] Connection refused"),
        ("file:///etc/passwd", {}, "'file:///etc/passwd': expected a URL with http:// or https://"),
        ("https://127.0.0.1:1/", {"ca_path": "/nowhere/ca.crt"}, "/nowhere/ca.crt: expected a file with certificates"),
        ("https://127.0.0.1:1/", {"username": "peer"}, "parameters are required together: username, password"),
    ],
    ids=["nobody there", "no web server", "no authority", "half a login"],
)
def test_what_cannot_be_asked_is_told(answer: in_process.Run, url: str, options: dict[str, object], said: str) -> None:
    result = answer(https_probe, url=url, **options)
    assert result["failed"] and said in result["msg"]


def test_a_file_without_certificates_is_no_authority(answer: in_process.Run, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("nothing")
    result = answer(https_probe, url="https://127.0.0.1:1/", ca_path=str(tmp_path / "ca.crt"))
    assert result["failed"] and f"{tmp_path}/ca.crt: expected a file with certificates" in result["msg"]
