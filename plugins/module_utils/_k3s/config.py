# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""k3s's configuration: what a host should have, from the role's settings and what the host looks like."""

from __future__ import annotations

import hashlib
import json
import typing as t

from . import layout

# Forward secrecy and AEAD only; the two ECDHE AES128 ones are what HTTP/2 asks for.
CIPHER_SUITES = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
)
TLS_FLOOR = ("tls-min-version=VersionTLS12", "tls-cipher-suites=" + ",".join(CIPHER_SUITES))
SYSCTLS = {"vm.panic_on_oom": "0", "vm.overcommit_memory": "1", "kernel.panic": "10", "kernel.panic_on_oops": "1"}

# The API alone, for this host alone: nothing makes a pod or runs one, nobody else reads or writes, and no webhook is
# asked, whose pods do not run.
QUIET = {
    "disable-agent": True,
    "disable-controller-manager": True,
    "disable-scheduler": True,
    "bind-address": "127.0.0.1",
    "kube-apiserver-arg+": [
        "disable-admission-plugins=MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ValidatingAdmissionPolicy"
    ],
}

Config = dict[str, t.Any]

NODE_KEYS = frozenset({"protect-kernel-defaults", "kubelet-arg", "flannel-iface", "tls-san"})
# What the role has variables for, or decides by itself.
RESERVED = frozenset(
    {"node-name", "node-ip", "server", "cluster-init", "token", "token-file", "agent-token", "agent-token-file"}
).union(layout.IMMUTABLE)


def node_address(settings: Config, system: Config) -> str:
    """The address that the node has in the cluster: given, or the first on the interface that is not the VIP's."""
    if settings["node_ip"]:
        return str(settings["node_ip"])
    interface = settings["interface"] or system["default_interface"]
    candidates = system["addresses"].get(interface, [])
    return next((address for address in candidates if address != settings["api_vip"] and ":" not in address), "")


def _hardened_api_server() -> list[str]:
    return [
        f"audit-policy-file={layout.AUDIT_POLICY_FILE}",
        f"audit-log-path={layout.LOG_DIR}/audit.log",
        "audit-log-maxage=30",
        "audit-log-maxbackup=5",
        "audit-log-maxsize=100",
        f"admission-control-config-file={layout.ADMISSION_FILE}",
        *TLS_FLOOR,
    ]


def _api_server(settings: Config) -> list[str]:
    arguments = _hardened_api_server() if settings["hardening"] else []
    if settings["oidc_issuers"]:
        arguments.append(f"authentication-config={layout.AUTHENTICATION_FILE}")
    return arguments


def merge(base: Config, extra: Config) -> Config:
    """Lists grow, everything else is replaced, as a later drop-in with key+ has it in k3s."""
    merged = dict(base)
    for key, value in extra.items():
        old = merged.get(key)
        merged[key] = [*old, *value] if isinstance(old, list) and isinstance(value, list) else value
    return merged


def _extra(settings: Config, of_node: bool) -> Config:
    """Extra settings for the drop-in that sets the same key: of two files the last one wins, whole."""
    return {key: value for key, value in settings["extra_config"].items() if (key in NODE_KEYS) == of_node}


def cluster_config(settings: Config) -> Config:
    """What is the same on every host of a kind."""
    if settings["role"] == "agent":
        return {"token-file": layout.AGENT_TOKEN_FILE}
    config: Config = {
        "token-file": layout.TOKEN_FILE,
        "agent-token-file": layout.AGENT_TOKEN_FILE,
        "cluster-cidr": settings["cluster_cidr"],
        "service-cidr": settings["service_cidr"],
        "cluster-dns": settings["cluster_dns"],
        "cluster-domain": settings["cluster_domain"],
        "disable": list(settings["disable"]),
        "secrets-encryption": settings["secrets_encryption"],
        "default-local-storage-path": settings["local_storage_path"],
        "write-kubeconfig-mode": "0600",
        "etcd-expose-metrics": True,
        "kube-controller-manager-arg": [f"node-cidr-mask-size={settings['node_cidr_mask']}"],
        "kube-apiserver-arg": _api_server(settings),
    }
    return merge(config, _extra(settings, of_node=False))


def node_config(settings: Config, system: Config) -> Config:
    """What belongs to one host."""
    address = node_address(settings, system)
    kubelet = [f"max-pods={settings['max_pods']}"]
    if settings["hardening"]:
        kubelet += ["streaming-connection-idle-timeout=5m", *TLS_FLOOR]
    if system["cgroup"] == 1 and settings["allow_cgroup_v1"]:
        kubelet.append("fail-cgroupv1=false")
    config: Config = {
        "node-name": settings["name"],
        "node-ip": address,
        "protect-kernel-defaults": settings["hardening"],
        "kubelet-arg": kubelet,
    }
    if settings.get("resolv_conf"):
        config["resolv-conf"] = settings["resolv_conf"]
    if settings["interface"]:
        config["flannel-iface"] = settings["interface"]
    if settings["role"] == "server":
        names = [address, settings["api_vip"], settings["api_name"], *settings["tls_sans"]]
        config["tls-san"] = list(dict.fromkeys(name for name in names if name))
    return merge(config, _extra(settings, of_node=True))


def join_config(settings: Config, server: str) -> Config:
    """How a node enters the cluster: through a server, or, without one, by founding it. Read only then."""
    config: Config = {"server": f"https://{server}:{layout.API_PORT}"} if server else {"cluster-init": True}
    if settings["node_labels"]:
        config["node-label"] = list(settings["node_labels"])
    if settings["node_taints"]:
        config["node-taint"] = list(settings["node_taints"])
    return config


def quiet_file() -> str:
    """A drop-in after all others; JSON is YAML."""
    return json.dumps(QUIET, indent=1) + "\n"


def sysctl_file() -> str:
    lines = ["# What k3s expects of the kernel with protect-kernel-defaults."]
    return "\n".join(lines + [f"{key} = {value}" for key, value in SYSCTLS.items()]) + "\n"


def checksums(files: dict[str, str]) -> dict[str, str]:
    """Of the files that decide on restarts."""
    return {path: hashlib.sha256(files[path].encode()).hexdigest() for path in layout.RESTART_FILES if files.get(path)}
