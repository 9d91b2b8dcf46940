from __future__ import annotations

import base64
import datetime
import functools
import http.server
import ipaddress
import ssl
import threading

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import kubeconfig
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        self.certificate = self._signed(self.name, self.key.public_key(), NOW + 9 * DAY, ca=True)

    def _signed(self, subject, key, end, ca=False):
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
        builder = (
            builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - 9 * DAY).not_valid_after(end)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca, None), True).add_extension(alternative, False)
        # Without them Python 3.13 takes no certificate.
        of = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(of, False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
        usage = x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)
        return builder.add_extension(usage, True).sign(self.key, hashes.SHA256())

    def issue(self, end=NOW + DAY):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "system:admin")])
        plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        certificate = self._signed(subject, key.public_key(), end)
        return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(*plain)

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def written(path, *contents):
    lines = [
        f"    {name}: {base64.b64encode(content).decode()}"
        for name, content in zip(kubeconfig.FIELDS, contents, strict=True)
    ]
    path.write_text("apiVersion: v1\nclusters:\n" + "\n".join(lines) + "\n")
    return path


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """A server of an API with a certificate of one authority that takes clients of one."""
    servers = []

    def start(authority, clients):
        certificate, key = authority.issue()
        for name, content in {"crt": certificate, "key": key, "ca": clients.pem}.items():
            (tmp_path / name).write_bytes(content)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        server.handle_error = lambda *_: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setattr(kubeconfig.layout, "API_PORT", server.server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


compare = functools.partial(kubeconfig.compare, now=NOW)


def test_one_from_before_is_taken_where_the_authorities_are_the_same(serve, tmp_path):
    ours = Authority()
    serve(ours, ours)
    assert compare(written(tmp_path / "k3s.yaml", ours.pem, *ours.issue())) == kubeconfig.TAKEN


@pytest.mark.parametrize("anew", ["server", "client"])
def test_one_from_before_is_good_for_nothing_where_an_authority_was_made_anew(serve, tmp_path, anew):
    ours, other = Authority(), Authority()
    serve(*((other, ours) if anew == "server" else (ours, other)))
    with pytest.raises(BackupError, match="good for nothing any more"):
        compare(written(tmp_path / "k3s.yaml", ours.pem, *ours.issue()))


def test_one_whose_time_is_over_says_nothing(tmp_path):
    ours = Authority()
    assert compare(written(tmp_path / "k3s.yaml", ours.pem, *ours.issue(NOW - DAY))) == kubeconfig.ENDED


def test_a_set_without_one_is_none_of_a_failure(tmp_path):
    assert compare(tmp_path / "k3s.yaml") == kubeconfig.NONE
    (tmp_path / "k3s.yaml").write_text("users: [{name: a, user: {token: abc}}]\n")
    assert compare(tmp_path / "k3s.yaml") == kubeconfig.NONE
