"""The flags of `k3s server` and `k3s agent`: what they are called, which take effect and which are refused."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import Refusal, outside

TEXT, LIST, SWITCH = "text", "list", "switch"

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
    "disable-kube-proxy": SWITCH,
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
REFUSED = {
    "advertise-port", "airgap-extra-registry", "apiserver-bind-address", "apiserver-port", "cluster-reset",
    "cluster-reset-restore-path", "container-runtime-endpoint", "datastore-cafile", "datastore-certfile",
    "datastore-endpoint", "datastore-keyfile", "default-runtime", "disable-agent", "disable-apiserver",
    "disable-apiserver-lb", "disable-controller-manager", "disable-etcd", "disable-scheduler", "docker",
    "embedded-registry", "enable-pprof", "etcd-s3", "etcd-s3-access-key", "etcd-s3-bucket",
    "etcd-s3-bucket-lookup-type", "etcd-s3-config-secret", "etcd-s3-endpoint", "etcd-s3-endpoint-ca", "etcd-s3-folder",
    "etcd-s3-insecure", "etcd-s3-proxy", "etcd-s3-region", "etcd-s3-retention", "etcd-s3-secret-key",
    "etcd-s3-session-token", "etcd-s3-skip-ssl-verify", "etcd-s3-timeout", "flannel-cni-conf", "flannel-conf",
    "image-service-endpoint", "kine-tls", "kube-cloud-controller-arg", "kube-controller-arg", "node-external-dns",
    "node-external-ip", "node-internal-dns", "nonroot-devices", "rootless", "secrets-encryption-provider",
    "supervisor-metrics", "supervisor-port", "system-default-registry", "vpn-auth", "vpn-auth-file", "with-node-id",
    "write-kubeconfig-group",
}  # fmt: skip
ALIASES = {"t": "token", "s": "server", "d": "data-dir", "i": "node-ip", "o": "write-kubeconfig", "c": "config",
           "l": "log"}  # fmt: skip
ENVIRONMENT = {
    "K3S_TOKEN": "token", "K3S_TOKEN_FILE": "token-file", "K3S_AGENT_TOKEN": "agent-token",
    "K3S_AGENT_TOKEN_FILE": "agent-token-file", "K3S_URL": "server", "K3S_CLUSTER_INIT": "cluster-init",
    "K3S_NODE_NAME": "node-name", "K3S_DATA_DIR": "data-dir", "K3S_KUBECONFIG_OUTPUT": "write-kubeconfig",
    "K3S_KUBECONFIG_MODE": "write-kubeconfig-mode", "K3S_RESOLV_CONF": "resolv-conf",
}  # fmt: skip
TRUE = ("true", "1", "t", "T", "TRUE", "True")


@dataclass
class Options:
    """What a command was told, by flag name. A flag that was not given reads as '', [] or False."""

    kinds: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)

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
    return {**SHARED, **WITHOUT_EFFECT, **(SERVER_ONLY if command == "server" else {})}


def name_of(argument: str) -> str:
    name = argument.partition("=")[0].lstrip("-")
    return ALIASES.get(name, name)


def known(command: str, configured: list[str]) -> list[str]:
    """A server skips what it does not know in config.yaml, as k3s does; an agent is refused it."""
    if command != "server":
        return configured
    accepted = []
    for argument in configured:
        if name_of(argument) in kinds(command) or name_of(argument) in REFUSED:
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
            raise Refusal(f"unexpected argument {argument}")
        name, (_, equals, value) = name_of(argument), argument.partition("=")
        if name in REFUSED:
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
    return options
