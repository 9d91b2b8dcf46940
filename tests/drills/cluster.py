"""The cluster of the lab as its hosts show it, asked over SSH and independent of the collection's own modules."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TREE = Path(__file__).resolve().parents[2]
GATEWAY = (
    "curl -s -m 5 --cacert {tls}/server-ca.crt --cert {tls}/client.crt --key {tls}/client.key "
    "-X POST -d '{{}}' https://127.0.0.1:2382/v3/cluster/member/list"
).format(tls="/var/lib/rancher/k3s/server/tls/etcd")
# A server of k3s beside the unit's, which is stopped: its arguments are hidden. The brackets keep the shell out of it.
RESETS = "test $(systemctl show -P MainPID k3s.service) = 0 && pgrep -f '[k]3s server'"


def lab(*arguments: str, timeout: float = 300, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a verb of the lab."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=TREE,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=check,
    )


def wait_until(what: str, holds: Callable[[], bool], timeout: float = 120, every: float = 0.5) -> float:
    """Return the seconds until C(holds) is true, or fail naming what was waited for."""
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() - begin < timeout, f"{what}: not within {timeout} s"
        time.sleep(every)
    return time.monotonic() - begin


@dataclass
class Cluster:
    """The servers of the lab's inventory, and the site's inputs (C(site_*)) as the first of them sees them."""

    servers: list[str]
    site: dict[str, Any] = field(repr=False)  # it holds secrets, and failures of tests are logged

    @property
    def vip(self) -> str:
        """Return the address of the API; it is empty where one server is all there is."""
        return str(self.site.get("site_api_vip", ""))

    def image(self, name: str) -> str:
        """Return the full name of one of the images that every node has, found by a part of it."""
        found: list[str] = []

        def told() -> bool:
            node = self.kubectl(self.servers[0], f"get node {self.servers[0]}")
            names = [each for image in node["status"].get("images", ()) for each in image["names"]]
            found.extend(each for each in names if name in each and "@" not in each)
            return bool(found)

        # A kubelet that was just started tells its images half a minute later.
        wait_until(f"the node tells its image {name}", told)
        return found[0]

    def on(self, host: str, command: str, timeout: float = 60, check: bool = True, stdin: str = "") -> str:
        """Run a shell command on a host and return what it printed."""
        return lab("ssh", host, "--", command, timeout=timeout, check=check, stdin=stdin).stdout

    def kubectl(self, host: str, arguments: str) -> Any:
        """Return what the host's own API server answers, as data."""
        return json.loads(self.on(host, f"k3s kubectl --request-timeout=10s {arguments} -o json"))

    def apply(self, host: str, manifest: str) -> None:
        """Apply a manifest through the host's own API server."""
        self.on(host, "k3s kubectl apply -f -", stdin=manifest)

    def succeeds(self, host: str, arguments: str) -> bool:
        """Tell whether kubectl succeeds on the host's own API server."""
        command = f"timeout 20 k3s kubectl --request-timeout=5s {arguments} >/dev/null 2>&1; echo rc=$?"
        return self.on(host, command).split()[-1] == "rc=0"

    def writes(self, host: str) -> bool:
        """Tell whether the host's own API server can write."""
        return self.succeeds(host, "annotate --overwrite namespace default written=$(date +%s%N)")

    def ready(self, host: str, node: str) -> bool:
        """Tell whether the host's own API server takes the node for ready."""
        conditions = self.kubectl(host, f"get node {node}")["status"]["conditions"]
        return {each["type"]: each["status"] for each in conditions}["Ready"] == "True"

    def phase(self, host: str, pod: str) -> str:
        """Return the phase of a pod in the default namespace, or nothing while it can't be read."""
        return self.on(host, f"k3s kubectl get pod {pod} -o jsonpath='{{.status.phase}}'", check=False).strip()

    def members(self) -> list[dict[str, Any]]:
        """Return the members of etcd as the first server that answers lists them; none where none answers."""
        for host in self.servers:
            try:
                return list(json.loads(self.on(host, GATEWAY, check=False))["members"])
            except (ValueError, KeyError):
                continue
        return []

    def identities(self) -> set[str]:
        """Return the identities of the clusters that the servers carry: one, if all is well."""
        found = set()
        for host in self.servers:
            found.add(self.kubectl(host, "get namespace kube-system")["metadata"]["uid"])
        return found

    def holders(self) -> list[str]:
        """Return the servers that have the address of the API on an interface."""
        return [host for host in self.servers if f" {self.vip}/" in self.on(host, "ip -o -4 address show", check=False)]

    def is_complete(self) -> bool:
        """Tell whether every server is a voter and one of them holds the address of the API."""
        voters = [member for member in self.members() if not member.get("isLearner")]
        return len(voters) == len(self.servers) and len(self.holders()) == 1


def described() -> Cluster:
    """Return the cluster that the lab's inventory describes."""
    tool = Path(sys.executable).parent / "ansible-inventory"
    done = subprocess.run(
        [str(tool), "-i", "inventories/lab", "--list"], cwd=TREE, stdout=subprocess.PIPE, check=True, timeout=60
    )
    inventory = json.loads(done.stdout)
    servers = sorted(inventory["k3s_servers"]["hosts"])
    return Cluster(servers, inventory["_meta"]["hostvars"][servers[0]])
