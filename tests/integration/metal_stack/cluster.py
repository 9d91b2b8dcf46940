"""A real kube-apiserver on a real etcd, on loopback, and nothing else of Kubernetes.

No controller runs and no kubelet: what these would make of a workload is made by the stand-in in C(controllers.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab import build, settings

# Machines of tests may be busy.
SECONDS = 300
CRD_GROUP = "gateway.networking.k8s.io"
CRD_KINDS = {"GatewayClass": "gatewayclasses", "HTTPRoute": "httproutes", "TCPRoute": "tcproutes"}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def programs(name: str) -> Path:
    return build.ensure(name, settings.from_environment().cache)


class Etcd:
    def __init__(self, directory: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        peer = f"http://127.0.0.1:{free_port()}"
        options = {
            "data-dir": directory / "data", "listen-client-urls": self.url, "advertise-client-urls": self.url,
            "listen-peer-urls": peer, "initial-advertise-peer-urls": peer, "initial-cluster": f"default={peer}",
            "unsafe-no-fsync": "true", "log-level": "error",
        }  # fmt: skip
        command = [programs("etcd") / "etcd", *(f"--{name}={value}" for name, value in options.items())]
        directory.mkdir(parents=True)
        with (directory / "log").open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class Cluster:
    """One API server, with a part of an etcd that is its own. options: flags of kube-apiserver beside those here."""

    def __init__(self, directory: Path, etcd: Etcd, name: str, **options: object) -> None:
        directory.mkdir(parents=True)
        self.directory, self.port, self.name = directory, free_port(), name
        self.token = secrets.token_hex(16)
        # Without the system's authorities, which take longer to read than most requests.
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        (directory / "sa.key").write_bytes(pem)
        (directory / "tokens.csv").write_text(f"{self.token},admin,admin,system:masters\n")
        self._options = {
            "etcd-servers": etcd.url, "etcd-prefix": f"/{name}", "service-cluster-ip-range": "198.19.0.0/16",
            "bind-address": "127.0.0.1", "advertise-address": "127.0.0.1", "secure-port": self.port,
            "cert-dir": directory, "allow-privileged": "true",
            "token-auth-file": directory / "tokens.csv", "authorization-mode": "RBAC",
            "service-account-issuer": "https://test.example", "service-account-key-file": directory / "sa.key",
            "service-account-signing-key-file": directory / "sa.key", "disable-admission-plugins": "ServiceAccount",
            "endpoint-reconciler-type": "none",
            # It would speak SPDY to a kubelet, which stand-ins of one do not; a client of protocol 4 has it so, too.
            "feature-gates": "TranslateStreamCloseWebsocketRequests=false",
            **{flag.replace("_", "-"): value for flag, value in options.items()},
        }  # fmt: skip
        self.start()
        self.kubeconfig = directory / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(self._config()))
        self.kubeconfig.chmod(0o600)

    def start(self) -> None:
        command = [
            programs("kubernetes") / "kube-apiserver", *(f"--{name}={value}" for name, value in self._options.items())
        ]  # fmt: skip
        with (self.directory / "log").open("a") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "GOMAXPROCS": "2"})

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def await_ready(self) -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError, urllib.error.HTTPError):
                if self.request("/readyz", raw=True) == "ok":
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.3)
        raise AssertionError((self.directory / "log").read_text()[-3000:])

    def request(
        self, path: str, method: str = "GET", body: Any = None, content: str = "application/json", raw: bool = False
    ) -> Any:
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": content},
        )
        with urllib.request.urlopen(request, timeout=20, context=self._context) as answer:
            text = answer.read().decode()
        return text if raw else json.loads(text)

    def find(self, path: str) -> dict[str, Any] | None:
        try:
            return dict(self.request(path))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def define_gateways(self) -> None:
        """The kinds of the Gateway API, with schemas that take anything."""
        for kind, plural in CRD_KINDS.items():
            schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
            version = {"name": "v1", "served": True, "storage": True, "schema": schema}
            alpha = {**version, "name": "v1alpha2", "storage": False}
            names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
            scope = "Cluster" if kind == "GatewayClass" else "Namespaced"
            annotations = {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api"}
            self.request(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                "POST",
                {
                    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                    "metadata": {"name": f"{plural}.{CRD_GROUP}", "annotations": annotations},
                    "spec": {"group": CRD_GROUP, "names": names, "scope": scope, "versions": [version, alpha]},
                },
            )  # fmt: skip

    def define_storage_class(self) -> None:
        self.request(
            "/apis/storage.k8s.io/v1/storageclasses",
            "POST",
            {
                "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "test.example/none",
                "metadata": {
                    "name": "local-path", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
                },
            },
        )  # fmt: skip

    def _config(self) -> dict[str, Any]:
        server = {
            "server": f"https://127.0.0.1:{self.port}",
            "certificate-authority": str(self.directory / "apiserver.crt"),
        }
        return {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        }  # fmt: skip
