"""etcd: how it is started, and a client of its JSON gateway."""

from __future__ import annotations

import base64
import json
import logging
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
        return node_of(self.name)

    @staticmethod
    def of(answer: dict[str, Any]) -> Member:
        return Member(
            str(answer["ID"]), answer.get("name", ""), answer.get("peerURLs", [""])[0], answer.get("isLearner", False)
        )


def node_of(name: str) -> str:
    """k3s names a member <node>-<eight hex digits>."""
    return name.rpartition("-")[0] or name


def member_name(paths: Paths, node: str) -> str:
    """This member's name, chosen once and kept beside its data."""
    file = paths.etcd / "name"
    return file.read_text() if file.exists() else rename_member(paths, node)


def rename_member(paths: Paths, node: str) -> str:
    name = f"{node}-{uuid.uuid4().hex[:8]}"
    write(paths.etcd / "name", name)
    return name


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


def resetting(name: str, address: str) -> dict[str, str]:
    """The sole member from now on, and out of the reach of all others until that is done."""
    return founding(name, address) | {
        "force-new-cluster": "true",
        "listen-client-urls": "https://127.0.0.1:2379",
        "advertise-client-urls": "https://127.0.0.1:2379",
        "listen-peer-urls": "https://127.0.0.1:2380",
        "listen-metrics-urls": "http://127.0.0.1:2381",
    }


def joining(name: str, address: str, members: list[Member]) -> dict[str, str]:
    mine = f"https://{address}:2380"
    others = [f"{member.name}={member.peer}" for member in members if member.name and member.peer != mine]
    return {
        "initial-advertise-peer-urls": mine,
        "initial-cluster": ",".join([*others, f"{name}={mine}"]),
        "initial-cluster-state": "existing",
    }


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


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

    def move(self, member: Member, address: str) -> None:
        self._call("cluster/member/update", ID=member.id, peerURLs=[f"https://{address}:2380"])

    def under(self, prefix: str) -> dict[str, str]:
        """Keys and values below a prefix that ends in a slash, as this member has them: that needs no quorum."""
        end = prefix.removesuffix("/") + "0"  # the character after the slash
        answer = self._call("kv/range", key=_encoded(prefix), range_end=_encoded(end), serializable=True)
        return {_decoded(pair["key"]): _decoded(pair.get("value", "")) for pair in answer.get("kvs", [])}

    def create(self, key: str, value: str) -> None:
        """Nothing happens where the key is there already."""
        absent = {"key": _encoded(key), "target": "CREATE", "result": "EQUAL", "create_revision": "0"}
        put = {"request_put": {"key": _encoded(key), "value": _encoded(value)}}
        self._call("kv/txn", compare=[absent], success=[put])

    def exchange(self, old: str, new: str, value: str) -> None:
        """Write one key and delete another, or only write where they are the same."""
        steps: list[dict[str, Any]] = [{"request_put": {"key": _encoded(new), "value": _encoded(value)}}]
        if old != new:
            steps.append({"request_delete_range": {"key": _encoded(old)}})
        self._call("kv/txn", success=steps)

    def defragment(self) -> None:
        self._call("maintenance/defragment")

    def disarm(self) -> None:
        """Take all alarms back, those of other members too."""
        for alarm in self._call("maintenance/alarm", action="GET").get("alarms", []):
            logging.warning("Alarm on etcd member %s: %s", alarm["memberID"], alarm["alarm"])
            self._call("maintenance/alarm", action="DEACTIVATE", memberID=alarm["memberID"], alarm=alarm["alarm"])

    def promote(self, member: Member) -> None:
        self._call("cluster/member/promote", ID=member.id)

    def remove(self, member: Member) -> None:
        self._call("cluster/member/remove", ID=member.id)

    def hand_over(self, to: Member) -> None:
        self._call("maintenance/transfer-leadership", targetID=to.id)


class Remote:
    """A member by way of etcdctl: only the loopback address has a JSON gateway, and no snapshot comes from it."""

    def __init__(self, paths: Paths, etcdctl: Path, address: str) -> None:
        tls = paths.tls / "etcd"
        self._command = [
            str(etcdctl), f"--endpoints=https://{address}:2379",
            f"--cacert={tls / 'server-ca.crt'}", f"--cert={tls / 'client.crt'}", f"--key={tls / 'client.key'}",
            "--write-out=json",
        ]  # fmt: skip

    def _run(self, *arguments: str, patience: float = 20) -> str:
        return run([*self._command, *arguments], patience)

    def members(self) -> tuple[str, list[Member]]:
        """The cluster's id, and its members."""
        answer = json.loads(self._run("member", "list"))
        return str(answer["header"]["cluster_id"]), [Member.of(member) for member in answer.get("members", [])]

    def save(self, target: Path) -> None:
        self._run("snapshot", "save", str(target), patience=120)

    def add_learner(self, name: str, address: str) -> None:
        self._run("member", "add", name, "--learner", f"--peer-urls=https://{address}:2380")


def answering(remotes: list[Remote], cluster: str) -> tuple[Remote, list[Member]] | None:
    """The first that answers for this cluster; members of an older one may still run."""
    for remote in remotes:
        try:
            theirs, members = remote.members()
        except OSError as error:
            logging.debug("waiting: %s", error)
            continue
        if theirs == cluster:
            return remote, members
        logging.warning("etcd cluster ID mismatch: %s, expected %s", theirs, cluster)
    return None


def restore(etcdutl: Path, snapshot: Path, paths: Paths, name: str, address: str) -> None:
    """Make a datastore of one member from a snapshot, which must be whole."""
    initial = founding(name, address)
    run([
        str(etcdutl), "snapshot", "restore", str(snapshot), f"--name={name}", f"--data-dir={paths.etcd}",
        f"--wal-dir={paths.etcd / 'member/wal'}", f"--initial-cluster={initial['initial-cluster']}",
        f"--initial-advertise-peer-urls={initial['initial-advertise-peer-urls']}",
    ], patience=600)  # fmt: skip


def run(command: list[str], patience: float) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(str(error)) from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise OSError(said[-1].removeprefix("Error: ") if said else f"{Path(command[0]).name} failed")
    return done.stdout


def refuse_duplicate(members: list[Member], node: str, name: str) -> None:
    """A node that lost its data still has its old member: k3s refuses until the node object is deleted."""
    for member in members:
        if member.name and member.name != name and member.node == node:
            raise Withdrawn(
                "etcd cluster join failed: duplicate node name found, please use a unique name for this node"
            )


def is_member(members: list[Member], name: str, address: str) -> bool:
    return any(m.address == address and m.name in ("", name) for m in members)
