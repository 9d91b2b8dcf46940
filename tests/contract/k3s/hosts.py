"""Hosts of a lab of the suite's own, seen over SSH alone."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import settings
from lab.instance import Lab

TREE = Path(__file__).resolve().parents[3]
ADDRESSES = {"server1": "198.51.100.11", "server2": "198.51.100.12", "server3": "198.51.100.13",
             "agent1": "198.51.100.31"}  # fmt: skip
ENVIRONMENT = {
    **os.environ,
    "LAB_NAME": os.environ.get("K3S_CONTRACT_LAB", "contract"),
    "LAB_HOSTS": ",".join(ADDRESSES),
}
DATA = "/var/lib/rancher/k3s"
ETCD_TLS = f"{DATA}/server/tls/etcd"


def lab(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "lab", *arguments], cwd=TREE, env=ENVIRONMENT, check=True, timeout=1800)


def until(condition: Callable[[], Any], what: str, patience: float = 180) -> Any:
    """The first answer that is true; what raises an error meanwhile is asked again."""
    deadline = time.monotonic() + patience
    while True:
        try:
            answer = condition()
        except (AssertionError, LookupError, ValueError) as error:
            answer, what = None, f"{what} ({error})" if time.monotonic() > deadline else what
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {patience} s: {what}"
        time.sleep(0.3)


@dataclass(frozen=True)
class Done:
    status: int
    answer: str
    output: str  # the answer, and what was said beside it


class Host:
    def __init__(self, name: str) -> None:
        self.name, self.address = name, ADDRESSES[name]
        here = Lab.existing(settings.from_environment(ENVIRONMENT))
        self._ssh = here.ssh.command(here.machines[name].host)

    def attempt(self, script: str, stdin: bytes = b"", timeout: float = 180) -> Done:
        command = [*self._ssh, "--", f"sh -c {shlex.quote(script)}"]
        done = subprocess.run(command, input=stdin, timeout=timeout, capture_output=True, check=False)
        answer, errors = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
        return Done(done.returncode, answer, answer + errors)

    def run(self, script: str, stdin: bytes = b"", timeout: float = 180) -> str:
        done = self.attempt(script, stdin, timeout)
        assert done.status == 0, f"{self.name}: {script}: {done.output[-2000:]}"
        return done.answer

    def put(self, path: str, content: str | bytes, mode: str = "600") -> None:
        data = content.encode() if isinstance(content, str) else content
        place = shlex.quote(path)
        self.run(
            f"mkdir -p $(dirname {place}) && cat > {place}.new && chmod {mode} {place}.new && mv {place}.new {place}",
            data,
        )

    def configure(self, name: str = "config.yaml", **values: Any) -> None:
        """A configuration file; JSON is YAML."""
        content = {key.replace("_", "-"): value for key, value in values.items()}
        self.put(f"/etc/rancher/k3s/{name}", json.dumps(content))

    def kubectl(self, arguments: str, stdin: str = "") -> str:
        return self.run(f"k3s kubectl {arguments}", stdin.encode())

    def get(self, what: str) -> dict[str, Any]:
        return json.loads(self.kubectl(f"get {what} -o json"))

    def journal(self) -> str:
        """Of k3s, since it was last started by hand."""
        return self.run("journalctl --no-pager -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID k3s)")

    def etcd(self, method: str, **body: Any) -> dict[str, Any]:
        """An answer of the local etcd's JSON gateway."""
        tls = f"--cacert {ETCD_TLS}/server-ca.crt --cert {ETCD_TLS}/client.crt --key {ETCD_TLS}/client.key"
        return json.loads(self.run(f"curl -sS -m 5 {tls} https://127.0.0.1:2382/v3/{method} -d '{json.dumps(body)}'"))

    def members(self) -> dict[str, bool]:
        """Address of each etcd member, and whether it is a voter."""
        return {
            member["peerURLs"][0].split("/")[2].split(":")[0]: not member.get("isLearner", False)
            for member in self.etcd("cluster/member/list")["members"]
        }

    def condition(self, node: str, kind: str) -> dict[str, str]:
        found = [c for c in self.get(f"node {node}")["status"]["conditions"] if c["type"] == kind]
        return found[0] if found else {"status": "absent"}

    def await_node(self, node: str, voter: bool = True) -> None:
        for kind in ["Ready", *(["EtcdIsVoter"] if voter else [])]:
            until(lambda k=kind: self.condition(node, k)["status"] == "True", f"{node} is {kind}")

    def refused(self, command: str) -> str:
        """What k3s says, started in the foreground on an empty data directory, before it ends in failure."""
        self.run("rm -rf /var/lib/rancher/refused/server /var/lib/rancher/refused/agent")
        here = f"--data-dir /var/lib/rancher/refused --node-ip {self.address}"
        done = self.attempt(f"timeout 60 k3s {command} {here}", timeout=90)
        assert done.status not in (0, 124), f"not refused: {done.output[-2000:]}"
        return done.output
