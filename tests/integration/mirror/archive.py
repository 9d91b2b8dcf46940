"""An archive of Debian on loopback: three suites, a few packages, signed by a key of its own."""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

RELEASE = "trixie"
# name, version, what it depends on, and by how much it is larger than nothing
PACKAGES = (
    ("drill-lib", "1:1.0-1", "", 100_000),
    ("drill-tool", "2.0-1", "drill-lib (>= 1:1.0)", 1000),
    ("drill-other", "1", "", 10),
)


class Archive:
    def __init__(self, directory: Path) -> None:
        # By which a release has another date than those before it.
        self._released = 0
        self.root, self._home = directory / "archive", directory / "gnupg"
        self._home.mkdir(parents=True, mode=0o700)
        self.keyring = directory / "keyring.gpg"
        self._gpg("--quick-generate-key", "archive@example.org", "ed25519", "sign", "never")
        self.keyring.write_bytes(self._gpg("--export"))
        self.requests: list[str] = []
        # Paths that were asked for from a byte on, and that byte.
        self.resumed: list[tuple[str, int]] = []
        self._ended = threading.Event()
        # Paths whose answer breaks off after so many bytes, once, or stands still there.
        self.cuts: dict[str, int] = {}
        self.stalls: dict[str, int] = {}
        archive = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                archive.answer(self)

            def log_message(self, *_: object) -> None:
                """Tests look at `requests` instead."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.uri, self.security_uri = f"{self.url}/debian", f"{self.url}/security"
        self.stalled = threading.Event()
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        for name, version, depends, size in PACKAGES:
            self.add(name, version, depends, size)
        self.release()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append(request.path)
        file = self.root / unquote(request.path).lstrip("/")
        if not file.is_file():
            request.send_error(404)
            return
        content, start = file.read_bytes(), 0
        if found := re.match(r"bytes=(\d+)-", request.headers.get("Range", "")):
            start = int(found[1])
            self.resumed.append((request.path, start))
        body = content[start:]
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body)))
        if file.suffix == ".html":
            request.send_header("Content-Type", "text/html")
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        if request.path in self.stalls:
            request.wfile.write(body[: self.stalls.pop(request.path)])
            request.wfile.flush()
            self.stalled.set()
            self._ended.wait(60)
            request.close_connection = True
        elif request.path in self.cuts:
            request.wfile.write(body[: self.cuts.pop(request.path)])
            request.close_connection = True
        else:
            request.wfile.write(body)

    def fetched(self, start: str) -> list[str]:
        """What was asked for below a place, and forget that it was."""
        found = [path for path in self.requests if path.startswith(start)]
        self.requests.clear()
        return found

    def stop(self) -> None:
        self._ended.set()
        self._http.shutdown()
        self._http.server_close()
        subprocess.run(["gpgconf", "--homedir", str(self._home), "--kill", "all"], check=True)

    def add(self, name: str, version: str, depends: str = "", size: int = 10, archive: str = "debian") -> Path:
        """Build a package that installs one file, without listing it yet."""
        build = self.root.parent / "build"
        (build / "DEBIAN").mkdir(parents=True, exist_ok=True)
        (build / "usr/share/drill").mkdir(parents=True, exist_ok=True)
        (build / f"usr/share/drill/{name}").write_bytes(os.urandom(size))
        lines = [f"Package: {name}", f"Version: {version}", "Architecture: amd64", "Maintainer: a <a@example.org>"]
        lines += [f"Depends: {depends}"] if depends else []
        (build / "DEBIAN/control").write_text("\n".join([*lines, "Description: a file\n"]))
        pool = self.root / archive / "pool/main/d" / name
        pool.mkdir(parents=True, exist_ok=True)
        file = pool / f"{name}_{version.partition(':')[2] or version}_amd64.deb"
        subprocess.run(["dpkg-deb", "-Znone", "--build", str(build), str(file)], check=True, capture_output=True)
        subprocess.run(["rm", "-r", str(build)], check=True)
        return file

    def release(self) -> None:
        """List all packages, and sign that."""
        self._released += 1
        self._suite("debian", RELEASE, "Debian")
        self._suite("debian", f"{RELEASE}-updates", "Debian", empty=True)
        self._suite("security", f"{RELEASE}-security", "Debian-Security")

    def _suite(self, archive: str, suite: str, label: str, empty: bool = False) -> None:
        root = self.root / archive
        listed = "" if empty else "".join(map(self._described, sorted(root.rglob("*.deb"))))
        dists = root / "dists" / suite
        (dists / "main/binary-amd64").mkdir(parents=True, exist_ok=True)
        (dists / "main/binary-amd64/Packages.xz").write_bytes(lzma.compress(listed.encode()))
        sums = "".join(
            f" {hashlib.sha256(content).hexdigest()} {len(content)} main/binary-amd64/{name}\n"
            for name, content in (("Packages", listed.encode()), ("Packages.xz", lzma.compress(listed.encode())))
        )
        # Long past, as every mirror is one day.
        text = f"Origin: Debian\nLabel: {label}\nSuite: stable\nCodename: {suite}\nVersion: 13.1\n"
        text += f"Date: Sat, 01 Nov 2025 {self._released:02}:00:00 UTC\nValid-Until: Sat, 08 Nov 2025 00:00:00 UTC\n"
        text += f"Architectures: amd64\nComponents: main\nAcquire-By-Hash: no\nSHA256:\n{sums}"
        (dists / "InRelease").write_bytes(self._gpg("--clearsign", given=text.encode()))

    def _described(self, file: Path) -> str:
        control = subprocess.run(["dpkg-deb", "--field", str(file)], check=True, capture_output=True, text=True).stdout
        archive = self.root / file.relative_to(self.root).parts[0]
        return (
            f"{control}Filename: {file.relative_to(archive)}\nSize: {file.stat().st_size}\n"
            f"SHA256: {hashlib.sha256(file.read_bytes()).hexdigest()}\n\n"
        )

    def _gpg(self, *arguments: str, given: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--passphrase", ""]
        command += ["--pinentry-mode", "loopback", *arguments]
        return subprocess.run(command, input=given, check=True, capture_output=True).stdout
