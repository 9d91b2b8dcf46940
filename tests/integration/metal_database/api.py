"""A real kube-apiserver with a real etcd, as in a cluster with RBAC; nobody but the tests makes anything of objects."""

from __future__ import annotations

import contextlib
import csv
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kubernetes import client, config
from servers import until

from lab import debian

ADMIN, STRANGER = "admin", "stranger"
_ETCD, _PEER, _PORT = 20379, 20380, 20443
# No controller is there to do their part.
_WITHOUT = "ServiceAccount,StorageObjectInUseProtection"


class Server(NamedTuple):
    """kubeconfig: of one who may do all. stranger: of one who may do nothing. certificate, key: the server's own."""

    kubeconfig: Path
    stranger: Path
    certificate: Path
    key: Path


@contextlib.contextmanager
def running(programs: Mapping[str, Path], home: Path) -> Iterator[Server]:
    with contextlib.ExitStack() as stack:
        _start(
            stack, home / "etcd.log", programs["etcd"] / "etcd", data_dir=home / "etcd", unsafe_no_fsync="true",
            listen_client_urls=f"http://127.0.0.1:{_ETCD}", advertise_client_urls=f"http://127.0.0.1:{_ETCD}",
            listen_peer_urls=f"http://127.0.0.1:{_PEER}", initial_advertise_peer_urls=f"http://127.0.0.1:{_PEER}",
            initial_cluster=f"default=http://127.0.0.1:{_PEER}",
        )  # fmt: skip
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        (home / "accounts.key").write_bytes(key)
        with (home / "tokens").open("w") as file:
            csv.writer(file).writerows([[ADMIN, ADMIN, "1", "system:masters"], [STRANGER, STRANGER, "2", ""]])
        process = _start(
            stack, home / "apiserver.log", programs["kubernetes"] / "kube-apiserver", cert_dir=home / "certificates",
            etcd_servers=f"http://127.0.0.1:{_ETCD}", bind_address="127.0.0.1", advertise_address="127.0.0.1",
            secure_port=_PORT, endpoint_reconciler_type="none", authorization_mode="RBAC",
            token_auth_file=home / "tokens", service_account_issuer="https://test",
            service_account_key_file=home / "accounts.key", service_account_signing_key_file=home / "accounts.key",
            service_cluster_ip_range="10.96.0.0/16", disable_admission_plugins=_WITHOUT,
            # It would speak SPDY to the kubelet, which the stand-in does not; a client of protocol 4 has it so, too.
            feature_gates="TranslateStreamCloseWebsocketRequests=false",
        )  # fmt: skip
        own = home / "certificates"
        until((own / "apiserver.crt").exists, "kube-apiserver has a certificate")
        files = {name: _kubeconfig(home / name, own / "apiserver.crt", name) for name in (ADMIN, STRANGER)}
        server = Server(files[ADMIN], files[STRANGER], own / "apiserver.crt", own / "apiserver.key")
        until(lambda: process.poll() is not None or _ready(server), f"kube-apiserver is ready: {home}")
        assert process.poll() is None, (home / "apiserver.log").read_text()
        yield server


def _start(stack: contextlib.ExitStack, log: Path, program: Path, **flags: object) -> subprocess.Popen[bytes]:
    options = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
    written = stack.enter_context(log.open("wb"))
    process = subprocess.Popen([*debian.DIE_WITH_PARENT, program, *options], stdout=written, stderr=written)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def _kubeconfig(file: Path, authority: Path, token: str) -> Path:
    cluster = {"server": f"https://127.0.0.1:{_PORT}", "certificate-authority": str(authority)}
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": "test",
                "clusters": [{"name": "test", "cluster": cluster}],
                "users": [{"name": "test", "user": {"token": token}}],
                "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            }
        )
    )  # fmt: skip
    return file


def _ready(server: Server) -> bool:
    try:
        core = client.CoreV1Api(config.new_client_from_config(str(server.kubeconfig)))
        core.read_namespace("kube-system")
    except Exception:
        return False
    return True
