"""What a host believes of a server that it asks over TLS."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Files(NamedTuple):
    certificate: str
    key: str


def certificate(directory: Path, name: str, begins: datetime.timedelta, ends: datetime.timedelta) -> Files:
    """One of 127.0.0.1, signed by itself, that is good from and until so long from now."""
    now, key = datetime.datetime.now(datetime.UTC), ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now + begins).not_valid_after(now + ends)
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    files = Files(str(directory / f"{name}.crt"), str(directory / f"{name}.key"))
    Path(files.certificate).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    Path(files.key).write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return files


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"told": true}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(params=[(DAY, 2 * DAY), (-2 * DAY, -DAY)], ids=["not good yet", "not good any more"])
def untimely(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Files]]:
    """A server, and the certificate with which it answers."""
    files = certificate(tmp_path, "server", *request.param)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        # A handshake that is refused is an error of this thread, which the server itself survives.
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}", files
        server.shutdown()
        thread.join()


def asked(base: str, authority: str, own: Files, any_time: bool) -> client.Client:
    return client.Client(base, authority, *own, client.Deadline(5), any_time=any_time)


def test_a_certificate_counts_before_and_after_its_time_only_for_who_may_not_know_the_time(
    untimely: tuple[str, Files],
) -> None:
    base, files = untimely
    assert asked(base, files.certificate, files, any_time=True).find("/") == {"told": True}
    with pytest.raises(client.Unreachable, match="certificate verify failed"):
        asked(base, files.certificate, files, any_time=False).find("/")


def test_whoever_does_not_know_the_time_still_knows_whom_to_believe(
    untimely: tuple[str, Files], tmp_path: Path
) -> None:
    base, files = untimely
    other = certificate(tmp_path, "other", -DAY, DAY)
    with pytest.raises(client.Unreachable, match="certificate verify failed"):
        asked(base, other.certificate, files, any_time=True).find("/")
