"""A small issuer of OpenID Connect outside of the site, and the tokens that it gives.

As a program `ADDRESS PORT CERTIFICATE KEY DOCUMENTS` it serves, by HTTPS, the documents by their paths, until its input
ends. Source of the form of tokens: RFC 7515 and RFC 7519; of the documents: OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from inside import Program

# The controller's end of the lab's bridge, which no host of the site has.
ADDRESS, PORT = "198.51.100.1", 9498
URL = f"https://{ADDRESS}:{PORT}"
LIFE = 600


class Issuer:
    """What it is known by, C(ca), and a key that it signs with; it answers as long as it is used as a context."""

    def __init__(self, directory: Path) -> None:
        self._certificate, self._tls = directory / "issuer.crt", directory / "issuer.key"
        self._documents = directory / "documents.json"
        names = ["-subj", "/CN=issuer", "-addext", f"subjectAltName=IP:{ADDRESS}", "-days", "2"]
        files = ["-keyout", str(self._tls), "-out", str(self._certificate)]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, *files]
        subprocess.run(command, check=True, capture_output=True)
        self.ca = self._certificate.read_text()
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def __enter__(self) -> Issuer:
        numbers = self.key.public_key().public_numbers()
        jwk = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": _number(numbers.n), "e": _number(numbers.e)}
        discovery = {
            "issuer": URL, "jwks_uri": f"{URL}/keys", "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        }  # fmt: skip
        self._documents.write_text(
            json.dumps({"/.well-known/openid-configuration": discovery, "/keys": {"keys": [jwk]}})
        )
        given = (ADDRESS, str(PORT), str(self._certificate), str(self._tls), str(self._documents))
        self._program = Program(__file__, *given, hear=print)
        self._program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(*error)

    def token(self, key: rsa.RSAPrivateKey | None = None, **claims: Any) -> str:
        """Give a token with these claims, which may also be signed by somebody else's key."""
        now = int(time.time())
        payload = {"iss": URL, "aud": "k3s", "sub": "alice", "iat": now, "exp": now + LIFE, **claims}
        signed = ".".join(_text(json.dumps(one).encode()) for one in ({"alg": "RS256", "kid": "1"}, payload))
        return f"{signed}.{_text((key or self.key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def serve(address: str, port: int, certificate: str, key: str, documents: str) -> None:
    """Answer until the input ends."""
    answers = json.loads(Path(documents).read_text())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers.get(self.path, {})).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer((address, port), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
