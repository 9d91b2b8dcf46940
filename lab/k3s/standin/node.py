"""The node half of a server, and all of an agent: containerd, kubelet, kube-proxy, pod network."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

from . import components, images, network, nodes, pki
from .api import UNREACHABLE, ApiError, Client
from .paths import CONTAINERD_SOCKET, write
from .process import Children
from .settings import Settings
from .version import KUBERNETES

POLL = 0.1
FALLBACK_RESOLV_CONF = "nameserver 198.51.100.1\n"


class NodeRuntime:
    def __init__(self, settings: Settings, children: Children) -> None:
        self._settings, self._children = settings, children
        self._agent = settings.paths.agent

    async def start_containerd(self) -> None:
        """containerd with the images that lie ready for it."""
        configuration = self._agent / "etc/containerd/config.toml"
        write(configuration, components.containerd_config(self._settings, network.CNI_BINARIES))
        registries = Path(self._settings.options.text("private-registry", "/etc/rancher/k3s/registries.yaml"))
        images.registries(registries, self._agent / "etc/containerd/certs.d")
        for directory in ("containerd", "etc/cni/net.d", "etc/kubelet.conf.d", "pod-manifests"):
            (self._agent / directory).mkdir(parents=True, exist_ok=True, mode=0o700)
        CONTAINERD_SOCKET.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        CONTAINERD_SOCKET.unlink(missing_ok=True)
        await self._children.start("containerd", "/usr/bin/containerd", "--config", str(configuration))
        while not CONTAINERD_SOCKET.exists():
            await asyncio.sleep(POLL)
        await asyncio.to_thread(images.load, self._settings.paths)

    async def start(self, api_url: str, facts: dict[str, str]) -> None:
        """kubelet and kube-proxy, once their certificates are in place."""
        agent, ca = self._agent, self._agent / "server-ca.crt"
        for name, client in (("kubelet", "client-kubelet"), ("kubeproxy", "client-kube-proxy")):
            write(agent / f"{name}.kubeconfig", pki.kubeconfig(api_url, ca, agent / client))
        write(
            agent / "etc/kubelet.conf.d/00-k3s-defaults.conf",
            components.kubelet_config(
                self._settings, facts["cluster-dns"], facts["cluster-domain"], self._resolv_conf()
            ),
        )
        await asyncio.to_thread(network.prepare, facts["cluster-cidr"])
        await self._children.start("kubelet", KUBERNETES / "kubelet", *components.kubelet(self._settings))
        if facts["disable-kube-proxy"] != "True":
            arguments = components.kube_proxy(self._settings, facts["cluster-cidr"])
            await self._children.start("kube-proxy", KUBERNETES / "kube-proxy", *arguments)

    def _resolv_conf(self) -> str:
        if given := self._settings.options.text("resolv-conf"):
            return given
        for candidate in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
            if usable_resolv_conf(Path(candidate)):
                return candidate
        own = self._agent / "etc/resolv.conf"
        write(own, FALLBACK_RESOLV_CONF, 0o644)
        return str(own)

    async def keep_images(self) -> None:
        """What is put into agent/images later is imported as well."""
        while True:
            await asyncio.sleep(2)
            await asyncio.to_thread(images.load, self._settings.paths)

    async def keep_network(self, api: Client) -> None:
        """Give pods the range that the cluster gave this node, and routes to all others."""
        routes, configured = network.Routes(), False
        while True:
            try:
                all_nodes = await asyncio.to_thread(lambda: api.get(f"{nodes.NODES}?resourceVersion=0")["items"])
                own = nodes.named(all_nodes, self._settings.node)
                if own and own["spec"].get("podCIDR"):
                    network.configure(self._agent / "etc/cni/net.d", own["spec"]["podCIDR"])
                    configured = True
                await asyncio.to_thread(routes.set, network.wanted_routes(all_nodes, self._settings.node))
            except (*UNREACHABLE, ApiError) as error:
                logging.debug("pod network: %s", error)
            await asyncio.sleep(2 if configured else POLL)


def usable_resolv_conf(file: Path) -> bool:
    """Resolvers that pods can reach: at least one, and none on a loopback address."""
    if not file.exists():
        return False
    servers = re.findall(r"^nameserver\s+(\S+)", file.read_text(), re.MULTILINE)
    return bool(servers) and not any(s.startswith("127.") or s == "::1" for s in servers)
