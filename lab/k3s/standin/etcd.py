"""etcd: how it is started, and a client of its JSON gateway."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .api import Client
from .errors import Withdrawn
from .paths import Paths, write

GATEWAY = "https://127.0.0.1:2382"
REMOVED = "the member has been permanently removed from the cluster"


@dataclass(frozen=True)
class Member:
    id: str
    name: str
    peer: str
    learner: bool

    @property
    def address(self) -> str:
        return urlsplit(self.peer).hostname or ""

    @property
    def node(self) -> str:
        """k3s names a member <node>-<eight hex digits>."""
        return self.name.rpartition("-")[0] or self.name

    @staticmethod
    def of(answer: dict[str, Any]) -> Member:
        return Member(
            str(answer["ID"]), answer.get("name", ""), answer.get("peerURLs", [""])[0], answer.get("isLearner", False)
        )


def member_name(paths: Paths, node: str) -> str:
    """This member's name, chosen once and kept beside its data."""
    file = paths.etcd / "name"
    if not file.exists():
        write(file, f"{node}-{uuid.uuid4().hex[:8]}")
    return file.read_text()


def arguments(paths: Paths, name: str, address: str, initial: dict[str, str], expose_metrics: bool) -> dict[str, str]:
    tls = paths.tls / "etcd"
    return {
        "name": name,
        "data-dir": str(paths.etcd),
        "listen-client-urls": f"https://127.0.0.1:2379,https://{address}:2379",
        "listen-client-http-urls": GATEWAY,
        "advertise-client-urls": f"https://{address}:2379",
        "listen-peer-urls": f"https://127.0.0.1:2380,https://{address}:2380",
        "listen-metrics-urls": "http://127.0.0.1:2381" + (f",http://{address}:2381" if expose_metrics else ""),
        "client-cert-auth": "true",
        "trusted-ca-file": str(tls / "server-ca.crt"),
        "cert-file": str(tls / "server-client.crt"),
        "key-file": str(tls / "server-client.key"),
        "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": str(tls / "peer-ca.crt"),
        "peer-cert-file": str(tls / "peer-server-client.crt"),
        "peer-key-file": str(tls / "peer-server-client.key"),
        "snapshot-count": "10000",
        "heartbeat-interval": "500",
        "election-timeout": "5000",
        "log-level": "warn",
        "socket-reuse-address": "true",
        "socket-reuse-port": "true",
        **initial,
    }


def founding(name: str, address: str) -> dict[str, str]:
    return {
        "initial-advertise-peer-urls": f"https://{address}:2380",
        "initial-cluster": f"{name}=https://{address}:2380",
        "initial-cluster-state": "new",
    }


def joining(name: str, address: str, members: list[Member]) -> dict[str, str]:
    mine = f"https://{address}:2380"
    others = [f"{member.name}={member.peer}" for member in members if member.name and member.peer != mine]
    return {
        "initial-advertise-peer-urls": mine,
        "initial-cluster": ",".join([*others, f"{name}={mine}"]),
        "initial-cluster-state": "existing",
    }


class Gateway:
    """The local member."""

    def __init__(self, paths: Paths) -> None:
        self._client = Client(GATEWAY, paths.tls / "etcd/server-ca.crt", paths.tls / "etcd/client", timeout=10)

    def _call(self, method: str, **body: Any) -> dict[str, Any]:
        return self._client.call("POST", f"/v3/{method}", body)

    def status(self) -> dict[str, Any]:
        return self._call("maintenance/status")

    def members(self) -> list[Member]:
        return [Member.of(answer) for answer in self._call("cluster/member/list").get("members", [])]

    def promote(self, member: Member) -> None:
        self._call("cluster/member/promote", ID=member.id)

    def remove(self, member: Member) -> None:
        self._call("cluster/member/remove", ID=member.id)

    def hand_over(self, to: Member) -> None:
        self._call("maintenance/transfer-leadership", targetID=to.id)


class Remote:
    """Members elsewhere, by way of etcdctl: only the loopback address has a JSON gateway."""

    def __init__(self, paths: Paths, etcdctl: Path, addresses: list[str]) -> None:
        tls = paths.tls / "etcd"
        self._command = [
            str(etcdctl), f"--endpoints={','.join(f'https://{a}:2379' for a in addresses)}",
            f"--cacert={tls / 'server-ca.crt'}", f"--cert={tls / 'client.crt'}", f"--key={tls / 'client.key'}",
            "--write-out=json",
        ]  # fmt: skip

    def _run(self, *arguments: str) -> dict[str, Any]:
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, timeout=20, check=False)
        if done.returncode:
            raise OSError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "etcdctl failed")
        return json.loads(done.stdout)

    def members(self) -> list[Member]:
        return [Member.of(answer) for answer in self._run("member", "list").get("members", [])]

    def add_learner(self, name: str, address: str) -> None:
        self._run("member", "add", name, "--learner", f"--peer-urls=https://{address}:2380")


def refuse_duplicate(members: list[Member], node: str, name: str) -> None:
    """A node that lost its data still has its old member: k3s refuses until the node object is deleted."""
    for member in members:
        if member.name and member.name != name and member.node == node:
            raise Withdrawn(
                "etcd cluster join failed: duplicate node name found, please use a unique name for this node"
            )


def is_member(members: list[Member], name: str, address: str) -> bool:
    return any(m.address == address and m.name in ("", name) for m in members)
