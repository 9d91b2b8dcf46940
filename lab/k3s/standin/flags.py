"""The flags of `k3s server`, `agent` and `etcd-snapshot`: their names, which take effect and which are refused.

Those of the commands that manage tokens, certificates and keys are in `subcommands`, and are read here too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import subcommands
from .errors import Refusal, outside
from .subcommands import LIST, SWITCH, TEXT

SHARED = {
    "config": TEXT, "data-dir": TEXT, "token": TEXT, "token-file": TEXT, "server": TEXT, "node-name": TEXT,
    "node-ip": LIST, "node-label": LIST, "node-taint": LIST, "kubelet-arg": LIST, "kube-proxy-arg": LIST,
    "protect-kernel-defaults": SWITCH, "private-registry": TEXT, "pause-image": TEXT, "resolv-conf": TEXT,
}  # fmt: skip
SERVER_ONLY = {
    "agent-token": TEXT, "agent-token-file": TEXT, "cluster-init": SWITCH, "cluster-cidr": TEXT,
    "service-cidr": TEXT, "cluster-dns": TEXT, "cluster-domain": TEXT, "service-node-port-range": TEXT,
    "tls-san": LIST, "disable": LIST, "advertise-address": TEXT, "bind-address": TEXT, "https-listen-port": TEXT,
    "write-kubeconfig": TEXT, "write-kubeconfig-mode": TEXT, "secrets-encryption": SWITCH,
    "default-local-storage-path": TEXT, "kube-apiserver-arg": LIST, "kube-controller-manager-arg": LIST,
    "kube-scheduler-arg": LIST, "etcd-arg": LIST, "etcd-expose-metrics": SWITCH,
    "disable-kube-proxy": SWITCH, "disable-agent": SWITCH, "disable-controller-manager": SWITCH,
    "disable-scheduler": SWITCH, "cluster-reset": SWITCH, "cluster-reset-restore-path": TEXT,
}  # fmt: skip
# What only a part that the stand-in does not have would read.
WITHOUT_EFFECT = {
    "debug": SWITCH, "v": TEXT, "vmodule": TEXT, "log": TEXT, "alsologtostderr": SWITCH, "tls-san-security": SWITCH,
    "flannel-backend": TEXT, "flannel-iface": TEXT, "flannel-ipv6-masq": SWITCH, "flannel-external-ip": SWITCH,
    "egress-selector-mode": TEXT, "servicelb-namespace": TEXT, "helm-job-image": TEXT,
    "kube-cloud-controller-manager-arg": LIST, "disable-cloud-controller": SWITCH, "disable-network-policy": SWITCH,
    "disable-helm-controller": SWITCH, "etcd-disable-snapshots": SWITCH, "etcd-snapshot-name": TEXT,
    "etcd-snapshot-schedule-cron": TEXT, "etcd-snapshot-reconcile-interval": TEXT, "etcd-snapshot-retention": TEXT,
    "etcd-snapshot-dir": TEXT, "etcd-snapshot-compress": SWITCH, "lb-server-port": TEXT, "snapshotter": TEXT,
    "disable-default-registry-endpoint": SWITCH, "selinux": SWITCH, "prefer-bundled-bin": SWITCH,
    "image-credential-provider-bin-dir": TEXT, "image-credential-provider-config": TEXT,
}  # fmt: skip
S3 = {"", "-access-key", "-bucket", "-bucket-lookup-type", "-config-secret", "-endpoint", "-endpoint-ca", "-folder",
      "-insecure", "-proxy", "-region", "-retention", "-secret-key", "-session-token", "-skip-ssl-verify",
      "-timeout"}  # fmt: skip
REFUSED = {
    "advertise-port", "airgap-extra-registry", "apiserver-bind-address", "apiserver-port", "container-runtime-endpoint",
    "datastore-cafile", "datastore-certfile", "datastore-endpoint", "datastore-keyfile", "default-runtime",
    "disable-apiserver", "disable-apiserver-lb", "disable-etcd", "docker",
    "embedded-registry", "enable-pprof", "flannel-cni-conf", "flannel-conf",
    "image-service-endpoint", "kine-tls", "kube-cloud-controller-arg", "kube-controller-arg", "node-external-dns",
    "node-external-ip", "node-internal-dns", "nonroot-devices", "rootless", "secrets-encryption-provider",
    "supervisor-metrics", "supervisor-port", "system-default-registry", "vpn-auth", "vpn-auth-file", "with-node-id",
    "write-kubeconfig-group", *(f"etcd-s3{name}" for name in S3),
}  # fmt: skip
SNAPSHOT = {
    "config": TEXT, "debug": SWITCH, "log": TEXT, "alsologtostderr": SWITCH, "node-name": TEXT, "data-dir": TEXT,
    "dir": TEXT, "name": TEXT, "snapshot-compress": SWITCH, "snapshot-retention": TEXT,
}  # fmt: skip
SNAPSHOT_REFUSED = {"etcd-token", "etcd-server", *(f"s3{name}" for name in S3)}
ALIASES = {"t": "token", "s": "server", "d": "data-dir", "i": "node-ip", "o": "write-kubeconfig", "c": "config",
           "l": "log"}  # fmt: skip
SNAPSHOT_ALIASES = {
    "t": "etcd-token", "s": "etcd-server", "d": "data-dir", "c": "config", "l": "log", "o": "output",
    "etcd-snapshot-dir": "dir", "etcd-snapshot-compress": "snapshot-compress",
    "etcd-snapshot-retention": "snapshot-retention", **{f"etcd-s3{name}": f"s3{name}" for name in S3},
}  # fmt: skip
ENVIRONMENT = {
    "K3S_TOKEN": "token", "K3S_TOKEN_FILE": "token-file", "K3S_AGENT_TOKEN": "agent-token",
    "K3S_AGENT_TOKEN_FILE": "agent-token-file", "K3S_URL": "server", "K3S_CLUSTER_INIT": "cluster-init",
    "K3S_CLUSTER_RESET": "cluster-reset",
    "K3S_NODE_NAME": "node-name", "K3S_DATA_DIR": "data-dir", "K3S_KUBECONFIG_OUTPUT": "write-kubeconfig",
    "K3S_KUBECONFIG_MODE": "write-kubeconfig-mode", "K3S_RESOLV_CONF": "resolv-conf",
}  # fmt: skip
TRUE = ("true", "1", "t", "T", "TRUE", "True")


@dataclass
class Options:
    """What a command was told, by flag name. A flag that was not given reads as '', [] or False."""

    kinds: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    operands: list[str] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name) or default

    def many(self, name: str, split: bool = False) -> list[str]:
        values = self.values.get(name, [])
        return [part.strip() for value in values for part in value.split(",")] if split else values

    def on(self, name: str) -> bool:
        return self.values.get(name, False)

    def put(self, name: str, value: str) -> None:
        kind = self.kinds[name]
        if kind == LIST:
            self.values.setdefault(name, []).append(value)
        else:
            self.values[name] = value in TRUE if kind == SWITCH else value


def kinds(command: str) -> dict[str, str]:
    if command in subcommands.FLAGS:
        return subcommands.FLAGS[command]
    if command.startswith("etcd-snapshot"):
        return SNAPSHOT | ({"output": TEXT} if command.endswith(" ls") else {})
    return {**SHARED, **WITHOUT_EFFECT, **(SERVER_ONLY if command == "server" else {})}


def refused(command: str) -> set[str]:
    if command in subcommands.FLAGS:
        return set()
    return SNAPSHOT_REFUSED if command.startswith("etcd-snapshot") else REFUSED


def name_of(command: str, argument: str) -> str:
    name = argument.partition("=")[0].lstrip("-")
    if command in subcommands.FLAGS:
        return subcommands.aliases(command).get(name, name)
    return (SNAPSHOT_ALIASES if command.startswith("etcd-snapshot") else ALIASES).get(name, name)


def known(command: str, configured: list[str]) -> list[str]:
    """All but an agent skip what they do not know in config.yaml, as k3s does; an agent is refused it."""
    if command == "agent":
        return configured
    accepted = []
    for argument in configured:
        if name_of(command, argument) in kinds(command).keys() | refused(command):
            accepted.append(argument)
        else:
            logging.warning("Unknown flag %s found in config.yaml, skipping", argument.partition("=")[0])
    return accepted


def parse(command: str, argv: list[str], environ: Mapping[str, str]) -> Options:
    options = Options(kinds(command))
    for variable, name in ENVIRONMENT.items():
        if environ.get(variable) and name in options.kinds:
            options.put(name, environ[variable])
    pending = list(argv)
    while pending:
        argument = pending.pop(0)
        if not argument.startswith("-"):
            options.operands.append(argument)
            continue
        name, (_, equals, value) = name_of(command, argument), argument.partition("=")
        if name in refused(command):
            raise outside(f"flag --{name}")
        if name not in options.kinds:
            raise Refusal(f"flag provided but not defined: -{name}")
        if not equals and options.kinds[name] == SWITCH:
            value = "true"
        elif not equals:
            if not pending:
                raise Refusal(f"flag needs an argument: --{name}")
            value = pending.pop(0)
        options.put(name, value)
    if options.operands and command in ("server", "agent"):
        raise Refusal(f"unexpected argument {options.operands[0]}")
    return options
