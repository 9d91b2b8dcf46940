"""`k3s agent`: a node without a control plane."""

from __future__ import annotations

import asyncio

from . import agents, bootstrap_data, notify
from .api import UNREACHABLE, ApiError, Client
from .errors import Refusal
from .node import NodeRuntime
from .paths import write
from .process import Children
from .settings import Settings


class Agent:
    def __init__(self, settings: Settings, children: Children) -> None:
        self._settings, self._children = settings, children
        self._node = NodeRuntime(settings, children)

    async def run(self) -> None:
        runtime = asyncio.create_task(self._node.start_containerd())
        facts = await asyncio.to_thread(self._enrol)
        await runtime
        await self._node.start(self._settings.join_url, facts)
        notify.ready()
        agent = self._settings.paths.agent
        # Not the kubelet's certificate: it may list no node but its own.
        api = Client(self._settings.join_url, agent / "server-ca.crt", agent / "client-kube-proxy")
        await asyncio.gather(self._node.keep_network(api), self._node.keep_images())

    async def stop(self) -> None:
        await self._children.stop("kubelet", "kube-proxy")

    def _enrol(self) -> dict[str, str]:
        try:
            cluster, facts = bootstrap_data.facts(self._settings)
            for ca in ("client-ca", "server-ca"):
                write(self._settings.paths.agent / f"{ca}.crt", facts[ca])
            agents.request_certificates(self._settings, cluster)
        except (*UNREACHABLE, ApiError) as error:
            raise Refusal(f"failed to retrieve configuration from server: {bootstrap_data.explain(error)}") from None
        return facts
