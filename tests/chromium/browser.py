"""A real Chromium without a screen, of Debian's own package, run in its tree in the cache.

It is told what to do by the protocol of W3C's WebDriver: a handful of requests, for which no library is needed.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shlex
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab import debian

RELEASE, PACKAGES = "trixie", ("chromium", "chromium-driver", "fonts-dejavu-core")
# Where the browser sees the pages.
SHARED = "/mnt"
# Root is no user of Chromium's own sandbox; it shows nothing but our own page. By a pipe, since the tree has no names
# of hosts, not even of loopback.
ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--remote-debugging-pipe"),
    *("--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"),
)
HEIGHT = 900
START_SECONDS, REQUEST_SECONDS = 60, 120


class Window:
    """A window of the browser."""

    def __init__(self, session: str) -> None:
        self._session = session

    def show(self, name: str) -> None:
        """Open one of the pages."""
        ask("POST", f"{self._session}/url", {"url": f"file://{SHARED}/{name}"})

    def run(self, script: str) -> Any:
        """Return what a script returns."""
        return ask("POST", f"{self._session}/execute/sync", {"script": script, "args": []})

    def chromium(self, command: str, **parameters: Any) -> Any:
        """Ask by Chromium's own protocol, for what WebDriver has no word for."""
        return ask("POST", f"{self._session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, target: Path) -> None:
        """Write the whole page as PNG."""
        taken = self.chromium("Page.captureScreenshot", captureBeyondViewport=True)
        target.write_bytes(base64.b64decode(taken["data"]))


def ask(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    """Return the value of the driver's answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as response:
            return json.load(response)["value"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.code} {error.read().decode()[:2000]}") from error


@contextlib.contextmanager
def driver(tree: Path, pages: Path, log: Path) -> Iterator[str]:
    """Run chromedriver in the tree, in namespaces of its own, so that nothing outlives it; give its address."""
    port = _free_port()
    there = shlex.quote(str(tree))
    inside = [
        f"mount --bind {shlex.quote(str(pages))} {there}{SHARED}",
        f"mount --rbind /dev {there}/dev",
        f"exec chroot {there} chromedriver --port={port}",
    ]
    namespaces = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
    command = [*debian.DIE_WITH_PARENT, *namespaces, f"--mount-proc={tree}/proc", "bash", "-ec", " && ".join(inside)]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            _wait(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            if ask("GET", f"{address}/status")["ready"]:
                return
        time.sleep(0.2)
    raise RuntimeError(f"chromedriver does not answer at {address}:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def window(address: str, width: int, dark: bool) -> Iterator[Window]:
    """Open a window of this width in CSS pixels, whose reader wants it dark or light."""
    chromium = {"args": ARGUMENTS, "mobileEmulation": {"deviceMetrics": {"width": width, "height": HEIGHT}}}
    capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": chromium}}
    session = ask("POST", f"{address}/session", {"capabilities": capabilities})["sessionId"]
    opened = Window(f"{address}/session/{session}")
    try:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        opened.chromium("Emulation.setEmulatedMedia", features=[scheme])
        yield opened
    finally:
        ask("DELETE", f"{address}/session/{session}")
