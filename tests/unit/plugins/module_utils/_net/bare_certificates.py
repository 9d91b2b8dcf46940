"""An authority as somebody has made it by hand, and a server with a certificate of its: valid, and bare of all that
RFC 5280 asks of those who issue certificates beside that they say they do (no key identifiers, no key usage)."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import ssl
import threading
import typing as t
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Site(t.NamedTuple):
    """Files in PEM: the authority's certificate, and certificate and key of the host 127.0.0.1."""

    authority: Path
    certificate: Path
    key: Path


def site(directory: Path) -> Site:
    """Make both."""
    found = Site(*(directory / name for name in ("ca.crt", "host.crt", "host.key")))
    key, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "By hand")])
    host = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host")])
    address = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    )
    # As older programs write it.
    says = x509.BasicConstraints(ca=True, path_length=None)
    root = _begun(authority, authority, key.public_key()).add_extension(says, critical=False)
    leaf = _begun(host, authority, own.public_key()).add_extension(address, critical=False)
    for file, certificate in ((found.authority, root), (found.certificate, leaf)):
        file.write_bytes(certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    found.key.write_bytes(own.private_bytes(*plain))
    return found


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    begun = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return begun.serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + 9 * DAY)


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(found: Site) -> Iterator[int]:
    """A server with the certificate, that answers everybody and everything with an empty object; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(found.certificate, found.key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        # A handshake that a client breaks off is an error of the thread that answers it.
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
