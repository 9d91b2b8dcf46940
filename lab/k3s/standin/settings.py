"""What one node shall be: the options, completed with what k3s derives from them."""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from . import tokens
from .errors import Refusal, outside
from .flags import Options
from .paths import Paths

# What all servers of a cluster must have in common, besides the networks.
CRITICAL_SWITCHES = ("secrets-encryption", "disable-network-policy", "disable-cloud-controller",
                     "disable-helm-controller", "flannel-ipv6-masq", "flannel-external-ip")  # fmt: skip
CRITICAL_TEXTS = {"flannel-backend": "vxlan", "egress-selector-mode": "agent"}


@dataclass(frozen=True)
class Settings:
    options: Options
    paths: Paths
    node: str
    address: str
    token: str
    agent_token: str

    @property
    def join_url(self) -> str:
        return self.options.text("server").rstrip("/")

    @property
    def resets(self) -> bool:
        return self.options.on("cluster-reset")

    @property
    def restore_path(self) -> str:
        return self.options.text("cluster-reset-restore-path")

    @property
    def port(self) -> int:
        return int(self.options.text("https-listen-port", "6443"))

    @property
    def cluster_cidr(self) -> str:
        return self.options.text("cluster-cidr", "10.42.0.0/16")

    @property
    def service_cidr(self) -> str:
        return self.options.text("service-cidr", "10.43.0.0/16")

    @property
    def domain(self) -> str:
        return self.options.text("cluster-domain", "cluster.local")

    @property
    def dns(self) -> str:
        return self.options.text("cluster-dns", str(_host(self.service_cidr, 10)))

    @property
    def disabled(self) -> set[str]:
        return set(self.options.many("disable", split=True))

    @property
    def storage_path(self) -> str:
        return self.options.text("default-local-storage-path", str(self.paths.data / "storage"))

    @property
    def api_names(self) -> list[str]:
        """Every name and address a server certificate of this node must hold."""
        return sorted({
            *self.options.many("tls-san", split=True), "127.0.0.1", "::1", "localhost", self.node,
            self.node.partition(".")[0], self.address, str(_host(self.service_cidr, 1)),
            "kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{self.domain}",
        })  # fmt: skip

    @property
    def critical(self) -> dict[str, str]:
        texts = {name: self.options.text(name, default) for name, default in CRITICAL_TEXTS.items()}
        switches = {name: str(self.options.on(name)) for name in CRITICAL_SWITCHES}
        return texts | switches | {
            "cluster-cidr": self.cluster_cidr, "service-cidr": self.service_cidr, "cluster-dns": self.dns,
            "cluster-domain": self.domain, "disable-service-lb": str("servicelb" in self.disabled),
        }  # fmt: skip


def _host(cidr: str, index: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_network(cidr)[index]


def settle(options: Options) -> Settings:
    return Settings(
        options=options,
        paths=Paths(Path(options.text("data-dir", "/var/lib/rancher/k3s"))),
        node=options.text("node-name", socket.gethostname()).lower(),
        address=(options.many("node-ip", split=True) or [_own_address()])[0],
        token=_secret(options, "token"),
        agent_token=_secret(options, "agent-token") if "agent-token" in options.kinds else "",
    )


def _secret(options: Options, name: str) -> str:
    file = options.text(f"{name}-file")
    if not file:
        return options.text(name)
    while not Path(file).exists():
        logging.info('Waiting for file "%s" to be created', file)
        time.sleep(2)
    return Path(file).read_text().strip()


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.255", 9))  # nothing is sent: the kernel only chooses the source address
        except OSError:
            raise Refusal("failed to get node name and addresses: no default route, and no node-ip given") from None
        return probe.getsockname()[0]


def check_server(settings: Settings) -> None:
    """What a server refuses before it touches anything."""
    if settings.port != 6443:
        raise outside("an https-listen-port other than 6443")
    if settings.token:
        tokens.parse(settings.token)
    if settings.restore_path and not settings.resets:
        raise Refusal("invalid flag use; --cluster-reset required with --cluster-reset-restore-path")
    if settings.resets:
        _check_reset(settings)
        return
    if settings.paths.has_datastore:
        return
    if settings.join_url:
        if not settings.token:
            raise Refusal("token is required to join a cluster")
        if not settings.join_url.startswith("https://"):
            raise Refusal(f"only https:// URLs are supported, invalid scheme: {settings.join_url}")
    elif not settings.options.on("cluster-init"):
        raise outside("a server with neither --cluster-init nor --server (SQLite)")


def _check_reset(settings: Settings) -> None:
    if settings.join_url:
        raise Refusal(
            "cannot perform cluster-reset while server URL is set - remove server from configuration before resetting"
        )
    token = settings.paths.server / "token"
    # A file of it does not count.
    if settings.restore_path and not settings.options.text("token") and not token.exists():
        raise Refusal(f"{token} does not exist, please pass --token to complete the restoration")
    if not settings.restore_path and not settings.paths.has_datastore:
        raise outside("--cluster-reset of a host without a datastore")


def check_agent(settings: Settings) -> None:
    if not settings.token:
        raise Refusal("--token is required")
    if not settings.join_url:
        raise Refusal("--server is required")
    tokens.parse(settings.token)
