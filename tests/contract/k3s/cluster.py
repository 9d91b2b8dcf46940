"""The cluster that most cases look at, made step by step and only once."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

from hosts import DATA, Host

TOKEN, AGENT_TOKEN = secrets.token_hex(16), secrets.token_hex(16)
UNIT = """\
[Unit]
Description=Lightweight Kubernetes
[Service]
Type=notify
ExecStart=/usr/local/bin/k3s {command}
KillMode=process
Delegate=yes
LimitNOFILE=1048576
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=1s
"""
SYSCTLS = "vm.overcommit_memory=1 vm.panic_on_oom=0 kernel.panic=10 kernel.panic_on_oops=1"
COMMON = {
    "token_file": "/etc/rancher/k3s/token",
    "agent_token_file": "/etc/rancher/k3s/agent-token",
    "cluster_cidr": "198.18.0.0/16",
    "service_cidr": "198.19.0.0/16",
    "disable": ["traefik", "servicelb", "metrics-server"],
    "secrets_encryption": True,
    "protect_kernel_defaults": True,
    # The last three: how full the disk of the machine below is, is nothing to remove the images for.
    "kubelet_arg": [
        "fail-cgroupv1=false",
        "max-pods=256",
        "image-gc-high-threshold=100",
        "image-gc-low-threshold=99",
        "eviction-hard=memory.available<100Mi",
    ],
    "kube_controller_manager_arg": ["node-cidr-mask-size=23"],
}
AGENT = ("protect_kernel_defaults", "kubelet_arg")
AUDIT = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}
STORAGE = "/var/lib/contract-storage"


def pod(name: str) -> dict[str, Any]:
    """A pod that is bound to the first server, and stays."""
    container = {
        "name": "sleep", "image": "docker.io/rancher/mirrored-library-busybox:1.37.0", "imagePullPolicy": "Never",
        "command": ["sleep", "86400"],
    }  # fmt: skip
    spec = {"nodeName": "server1", "terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def install(host: Host, binary: Path, images: bytes) -> None:
    host.put("/usr/local/bin/k3s", binary.read_bytes(), "755")
    host.run("for tool in kubectl crictl ctr; do ln -sf k3s /usr/local/bin/$tool; done")
    host.run(f"sysctl -q -w {SYSCTLS}")
    host.put("/etc/rancher/k3s/token", f"{TOKEN}\n")
    host.put("/etc/rancher/k3s/agent-token", f"{AGENT_TOKEN}\n")
    host.put(f"{DATA}/agent/images/contract.tar", images)
    # It would unpack itself (the real one does): once, and not within the first case that happens to start it.
    host.run("k3s --data-dir /var/lib/rancher/refused --version >/dev/null 2>&1 || k3s --version >/dev/null")


def start(host: Host, command: str = "server", then: str = "true") -> str:
    host.put("/etc/systemd/system/k3s.service", UNIT.format(command=command))
    return host.run(f"systemctl daemon-reload && timeout 150 systemctl restart k3s && {then}")


def found(host: Host) -> str:
    """What the API says about itself the moment that systemd calls the first server started."""
    host.configure(
        **COMMON, cluster_init=True, node_ip=host.address, node_label=["contract/base=yes"],
        node_taint=["contract/taint=yes:PreferNoSchedule"], write_kubeconfig_mode="0644", tls_san=["replaced.example"],
        default_local_storage_path="/replaced", no_such_key="x",
    )  # fmt: skip
    host.configure(
        "config.yaml.d/10-first.yaml", **{"node_label+": ["contract/appended=yes"]}, write_kubeconfig_mode="0640",
        tls_san=["api.lab.example", "198.51.100.10"],
    )  # fmt: skip
    host.put("/etc/rancher/k3s/audit.yaml", json.dumps(AUDIT))
    audit = ["audit-log-path=/var/log/contract-audit.log", "audit-policy-file=/etc/rancher/k3s/audit.yaml"]
    host.configure("config.yaml.d/20-second.yaml", write_kubeconfig_mode="0600", kube_apiserver_arg=audit)
    host.configure("config.yaml.d/30-third.txt", **{"node_label+": ["contract/ignored=yes"]})
    said = start(host, f"server --default-local-storage-path={STORAGE}", then="k3s kubectl get --raw /readyz")
    host.await_node(host.name)
    return said


def join(host: Host, through: Host) -> None:
    host.configure(**COMMON, server=f"https://{through.address}:6443", node_ip=host.address)
    start(host)
    through.await_node(host.name)


def join_agent(host: Host, through: Host) -> None:
    host.configure(
        **{key: COMMON[key] for key in AGENT}, server=f"https://{through.address}:6443", node_ip=host.address,
        token_file="/etc/rancher/k3s/agent-token", node_label=["contract/kind=agent"],
    )  # fmt: skip
    start(host, "agent")
    through.await_node(host.name, voter=False)


def save(host: Host, options: str = "") -> str:
    """The name of a snapshot that the server has just taken."""
    done = host.attempt(f"k3s etcd-snapshot save {options}")
    names = re.findall(r"Snapshot (\S+) saved\.", done.output)
    assert done.status == 0 and len(names) == 1, done.output[-2000:]
    return names[0]


def binary() -> Path | None:
    given = os.environ.get("K3S_CONTRACT_BINARY")
    return Path(given).resolve() if given else None
