"""A virtual garden on loopback: the real gardener-apiserver behind a real kube-apiserver, on one real etcd.

All admission plugins are on that gardener-apiserver has on by default. No controller runs, neither Kubernetes' nor
Gardener's: what gardenlet and the scheduler would make of a shoot is made by the stand-in in C(gardenlet.py).
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import io
import os
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cluster import SECONDS, Cluster, Etcd, free_port, programs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from plugins.plugin_utils._pki import certificate

Object = dict[str, Any]

GROUPS = (
    ("core.gardener.cloud", "v1"),
    ("core.gardener.cloud", "v1beta1"),
    ("operations.gardener.cloud", "v1alpha1"),
    ("security.gardener.cloud", "v1alpha1"),
    ("seedmanagement.gardener.cloud", "v1alpha1"),
    ("settings.gardener.cloud", "v1alpha1"),
)
LIFETIME = datetime.timedelta(days=1)
SERVICE = "gardener-apiserver"
UNAVAILABLE = 503


class CertificateAuthority:
    """An authority with a key of RSA: that of a shoot's clients has to be in PKCS#1, which is of RSA alone."""

    def __init__(self, name: str) -> None:
        now = datetime.datetime.now(datetime.UTC)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - certificate.BACKDATED)
            .not_valid_after(now + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key(self) -> str:
        """In PKCS#1, as gardener-apiserver demands it."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ).decode()

    def issue(self, *names: str) -> tuple[str, str]:
        """A certificate for these names that a client may use as well, and its key."""
        subject = certificate.Subject(names, ("127.0.0.1",), client=True)
        issuer = certificate.Authority(self._certificate, self._key)
        return certificate.issue(issuer, subject, LIFETIME, datetime.datetime.now(datetime.UTC))


class Garden(Cluster):
    """Both API servers; C(kubeconfig) is that of an administrator of the virtual garden.

    options: more flags of kube-apiserver.
    """

    def __init__(self, directory: Path, etcd: Etcd, **options: object) -> None:
        pki = directory.with_name("pki")
        pki.mkdir(parents=True)
        front = CertificateAuthority("front-proxy")
        (pki / "front-proxy-ca.crt").write_text(front.pem)
        write_pair(pki / "front-proxy-client", front.issue("front-proxy-client"))
        self.authority = CertificateAuthority("gardener")
        write_pair(pki / "tls", self.authority.issue("localhost", f"{SERVICE}.kube-system.svc"))
        self._pki, self.etcd = pki, etcd
        self._gardener: subprocess.Popen[bytes] | None = None
        super().__init__(
            directory, etcd, "garden", requestheader_client_ca_file=pki / "front-proxy-ca.crt",
            requestheader_allowed_names="front-proxy-client", requestheader_extra_headers_prefix="X-Remote-Extra-",
            requestheader_group_headers="X-Remote-Group", requestheader_username_headers="X-Remote-User",
            proxy_client_cert_file=pki / "front-proxy-client.crt", proxy_client_key_file=pki / "front-proxy-client.key",
            **options,
        )  # fmt: skip
        self._secure = free_port()
        # What was said of the last object that would not be taken.
        self.refused = ""

    def serve(self) -> None:
        """Start gardener-apiserver and have kube-apiserver pass Gardener's groups on to it."""
        self.await_ready()
        self.start_gardener()
        self._register()
        self.await_served()

    def start_gardener(self) -> None:
        options = {
            "bind-address": "127.0.0.1", "secure-port": self._secure, "etcd-servers": self.etcd.url,
            "etcd-prefix": "/gardener", "tls-cert-file": self._pki / "tls.crt",
            "tls-private-key-file": self._pki / "tls.key", "cluster-identity": "test",
            "authorization-always-allow-paths": "/healthz", "kubeconfig": self.kubeconfig,
            "authentication-kubeconfig": self.kubeconfig, "authorization-kubeconfig": self.kubeconfig,
            # Alpha, and what an operation and a guard are about.
            "feature-gates": "InPlaceNodeUpdates=true",
        }  # fmt: skip
        program = programs("gardener-apiserver") / "gardener-apiserver"
        with (self.directory / "gardener.log").open("a") as log:
            self._gardener = subprocess.Popen(
                [program, *(f"--{name}={value}" for name, value in options.items())],
                stdout=log, stderr=log, env={**os.environ, "GOMAXPROCS": "2"},
            )  # fmt: skip

    def stop_gardener(self) -> None:
        """Have its groups answer 503, as while it is rolled out anew."""
        if self._gardener is not None:
            self._gardener.kill()
            self._gardener.wait()
            self._gardener = None

    def await_served(self) -> None:
        """Wait until gardener-apiserver answers through kube-apiserver."""
        self.until(lambda: all(self._available(f"{version}.{group}") for group, version in GROUPS), "all is served")
        paths = [f"/apis/{group}/{version}" for group, version in GROUPS]
        paths.append("/apis/core.gardener.cloud/v1beta1/shoots")
        self.until(lambda: all(self.find(path) is not None for path in paths), "all groups answer")

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Without gardener-apiserver."""
        self.stop_gardener()
        try:
            yield
        finally:
            self.start_gardener()
            self.await_served()

    def stop(self) -> None:
        self.stop_gardener()
        super().stop()

    def request(
        self, path: str, method: str = "GET", body: Any = None, content: str = "application/json", raw: bool = False
    ) -> Any:
        """What the cluster does; a refusal has the server's reason in its message as well.

        On a busy machine kube-apiserver takes gardener-apiserver for one that is gone now and then, and passes nothing
        on to it until it has looked again.
        """
        end = time.monotonic() + SECONDS
        while True:
            try:
                return super().request(path, method, body, content, raw)
            except urllib.error.HTTPError as error:
                said = error.read()
                if error.code != UNAVAILABLE or not self._runs() or time.monotonic() >= end:
                    raise urllib.error.HTTPError(
                        error.url, error.code, f"{error.msg}: {said.decode()}", error.headers, io.BytesIO(said)
                    ) from None
            time.sleep(0.3)

    def apply(self, wanted: Object, plural: str) -> Object:
        """Have an object, whatever was there before."""
        path = f"{collection(wanted, plural)}/{wanted['metadata']['name']}?fieldManager=fixture&force=true"
        return dict(self.request(path, "PATCH", wanted, "application/apply-patch+yaml"))

    def until(self, reached: Any, what: str) -> None:
        """Wait for what becomes true."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if reached():
                    return
            assert self._gardener is None or self._gardener.poll() is None, self._last_words()
            time.sleep(0.3)
        raise AssertionError(f"never: {what}\n{self._last_words()}")

    def _runs(self) -> bool:
        return self._gardener is not None and self._gardener.poll() is None

    def _last_words(self) -> str:
        return f"{self.refused}\n{(self.directory / 'gardener.log').read_text()[-3000:]}"

    def _register(self) -> None:
        service: Object = {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE, "namespace": "kube-system"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        }  # fmt: skip
        self.apply(service, "services")
        for group, version in GROUPS:
            spec = {
                "group": group, "version": version, "groupPriorityMinimum": 9000, "versionPriority": 20,
                "service": {"name": SERVICE, "namespace": "kube-system", "port": self._secure},
                "caBundle": base64.b64encode(self.authority.pem.encode()).decode(),
            }  # fmt: skip
            served: Object = {
                "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                "metadata": {"name": f"{version}.{group}"}, "spec": spec,
            }  # fmt: skip
            self.apply(served, "apiservices")

    def _available(self, name: str) -> bool:
        found = self.find(f"/apis/apiregistration.k8s.io/v1/apiservices/{name}") or {}
        conditions = (found.get("status") or {}).get("conditions") or []
        return any(one["type"] == "Available" and one["status"] == "True" for one in conditions)


def collection(wanted: Object, plural: str) -> str:
    """Where objects of its kind are."""
    version, namespace = wanted["apiVersion"], wanted["metadata"].get("namespace")
    inside = f"/namespaces/{namespace}" if namespace else ""
    return f"/{'apis' if '/' in version else 'api'}/{version}{inside}/{plural}"


def write_pair(path: Path, pair: tuple[str, str]) -> None:
    """Write a certificate and its key beside each other."""
    for suffix, text in zip((".crt", ".key"), pair, strict=True):
        path.with_suffix(suffix).write_text(text)
