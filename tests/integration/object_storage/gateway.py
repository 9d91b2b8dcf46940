"""A versitygw of a test's own on loopback: real object storage without a lab."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lab import build, settings
from plugins.plugin_utils._pki import certificate
from plugins.plugin_utils._site import authority

KEYS = {"access_key": "gateway-root", "secret_key": "gateway-secret"}
REGION = "eu"


class Issued(NamedTuple):
    """Files of a certificate for a day and of the authority that has issued it."""

    certificate: Path
    key: Path
    authority: Path


def issue(directory: Path, subject: certificate.Subject) -> Issued:
    issuer = certificate.authority(authority.generate("gateway"))
    now = datetime.datetime.now(datetime.UTC)
    issued, key = certificate.issue(issuer, subject, datetime.timedelta(days=1), now)
    files = Issued(directory / "certificate", directory / "key", directory / "ca")
    for file, text in zip(files, (issued, key, issuer.pem), strict=True):
        file.write_text(text)
    return files


def program() -> Path:
    return build.ensure("versitygw", settings.from_environment().cache) / "versitygw"


@contextlib.contextmanager
def running(directory: Path, more: Mapping[str, str]) -> Iterator[int]:
    """The port that it listens on. more: further variables of it."""
    for name in ("objects", "versions"):
        (directory / name).mkdir()
    port = free_port()
    environment = {
        "PATH": os.defpath, "ROOT_ACCESS_KEY_ID": KEYS["access_key"], "ROOT_SECRET_ACCESS_KEY": KEYS["secret_key"],
        "VGW_PORT": f"127.0.0.1:{port}", "VGW_REGION": REGION, "VGW_KEEP_ALIVE": "true",
        "VGW_VERSIONING_DIR": str(directory / "versions"), **more,
    }  # fmt: skip
    with (directory / "log").open("wb") as log:
        gateway = subprocess.Popen(
            [program(), "posix", directory / "objects"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(port, gateway)
        yield port
    finally:
        gateway.terminate()
        gateway.wait(30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait(port: int, gateway: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end or gateway.poll() is not None:
                raise
            time.sleep(0.1)
