"""`k3s server`: etcd, control plane and node, in the order that gets the API up soonest."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from . import (
    agents,
    bootstrap_data,
    bootstrap_store,
    bundle,
    components,
    encryption,
    etcd,
    identity,
    local,
    nodes,
    notify,
    pki,
    supervisor,
    tokens,
)
from .api import UNREACHABLE, ApiError, Client
from .errors import Refusal
from .manifests import Manifests
from .members import Members
from .node import NodeRuntime
from .process import Children
from .settings import Settings
from .version import ETCD, KUBERNETES
from .waiting import POLL, until

ANNOUNCED = 3.0  # seconds within which a learner serves, if it does so at all
API = "https://127.0.0.1:6443"
PREPARING = "preparing server: failed to bootstrap cluster data"


class Server:
    def __init__(self, settings: Settings, children: Children) -> None:
        self._settings, self._children = settings, children
        self._paths = settings.paths
        self._node = NodeRuntime(settings, children)
        self._begun = time.monotonic()
        self._stage_said = False

    async def run(self) -> None:
        agent = not self._settings.options.on("disable-agent")
        runtime = asyncio.create_task(self._node.start_containerd() if agent else asyncio.sleep(0))
        passwords = await asyncio.to_thread(self._prepare)
        gateway = await self._start_etcd(passwords)
        identity.publish_files(self._settings, passwords)
        sealed = await self._save(gateway, passwords)
        api = await self._start_apiserver()
        cluster = (await until(gateway.status))["header"]["cluster_id"]
        await until(lambda: bootstrap_data.publish(api, self._settings, passwords, sealed, cluster))
        local.remember(passwords)
        await supervisor.serve(self._settings, passwords)
        self._say("k3s is up and running")
        notify.ready()
        await asyncio.gather(self._controllers(), *([self._start_node(api, runtime)] if agent else []))
        await asyncio.gather(
            self._keep_cluster(api, gateway),
            self._keep_manifests(api),
            *([self._node.keep_network(api), self._node.keep_images()] if agent else []),
        )

    async def stop(self) -> None:
        await self._children.stop("kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager", "etcd")

    def _prepare(self) -> bootstrap_data.Passwords:
        try:
            return identity.establish(self._settings)
        except (*UNREACHABLE, ApiError) as error:
            reason = bootstrap_data.explain(error)
            raise Refusal(f"{PREPARING}: {reason}") from None
        except Refusal as error:
            raise Refusal(f"{PREPARING}: {error}") from None

    def _say(self, what: str) -> None:
        logging.info("%s (%.1f s after the start)", what, time.monotonic() - self._begun)

    async def _start_etcd(self, passwords: bootstrap_data.Passwords) -> etcd.Gateway:
        name, address = etcd.member_name(self._paths, self._settings.node), self._settings.address
        if self._paths.has_datastore:
            initial: dict[str, str] = {}
        elif self._settings.join_url:
            members = await self._join_etcd(name)
            initial = etcd.joining(name, address, members)
        else:
            initial = etcd.founding(name, address)
        self._paths.etcd.chmod(0o700)
        arguments = components.etcd_member(self._settings, name, initial)
        await self._children.start("etcd", ETCD / "etcd", *arguments, said=self._listen_for_removal)
        gateway = etcd.Gateway(self._paths)
        if not initial:
            gateway = await self._reconcile(gateway, passwords)
        elif "existing" in initial.values():
            await self._announce(gateway)
        await until(lambda: _is_voter(gateway.status()))
        await until(gateway.defragment)
        await until(gateway.disarm)
        self._say("ETCD server is now running")
        return gateway

    async def _reconcile(self, gateway: etcd.Gateway, passwords: bootstrap_data.Passwords) -> etcd.Gateway:
        """Compare the files with the datastore, and go on with its own."""
        try:
            sealed = await until(lambda: bootstrap_store.load(gateway, passwords.server))
            kept = bundle.read(tokens.decrypt(passwords.server, sealed)) if sealed else {}
            changed = bundle.reconcile(self._paths, kept)
            identity.check_encryption(self._settings)
        except Refusal as error:
            raise Refusal(f"{PREPARING}: failed to reconcile with local datastore: {error}") from None
        await asyncio.to_thread(identity.complete, self._settings)
        if not changed:
            return gateway
        logging.warning("Updating bootstrap data on disk from datastore")
        await self._children.restart("etcd")
        return etcd.Gateway(self._paths)

    async def _save(self, gateway: etcd.Gateway, passwords: bootstrap_data.Passwords) -> str:
        try:
            return await until(lambda: bootstrap_store.save(gateway, passwords.server, bundle.pack(self._paths)))
        except Refusal as error:
            raise Refusal(f"failed to save bootstrap data: {error}") from None

    async def _announce(self, gateway: etcd.Gateway) -> None:
        """Help a learner to serve: etcd loses its announcement when a snapshot arrives, and repeats it after 15 s only.

        Starting it again announces it anew; no quorum depends on it yet.
        """
        while True:
            try:
                await asyncio.wait_for(until(gateway.status), ANNOUNCED)
                return
            except TimeoutError:
                await self._children.restart("etcd")

    async def _join_etcd(self, name: str) -> list[etcd.Member]:
        """Become a learner of the cluster at --server, one at a time with the other joiners."""
        supervisor = Client(self._settings.join_url, self._paths.tls / "server-ca.crt",
                            self._paths.tls / "client-supervisor")  # fmt: skip

        own = self._settings.address

        def attempt() -> Any:
            known = [nodes.annotations_of(node) for node in supervisor.get(nodes.NODES)["items"]]
            addresses = [a[nodes.ADDRESS] for a in known if a.get(nodes.ADDRESS, own) != own]
            addresses.sort(key=lambda address: address not in self._settings.join_url)
            remotes = [etcd.Remote(self._paths, ETCD / "etcdctl", address) for address in addresses]
            found = etcd.answering(remotes, bootstrap_data.etcd_cluster(supervisor))
            if not found:
                return False
            remote, members = found
            etcd.refuse_duplicate(members, self._settings.node, name)
            if not etcd.is_member(members, name, own):
                remote.add_learner(name, own)
                logging.info("Added learner %s to the etcd cluster", name)
            return members

        try:
            return await until(attempt)
        except Refusal:
            (self._paths.etcd / "name").unlink(missing_ok=True)
            raise

    def _listen_for_removal(self, line: str) -> None:
        if etcd.REMOVED in line and not self._children.tolerant:
            self._children.tolerant = True
            (self._paths.etcd / identity.TOMBSTONE).touch()
            logging.info("This node has been removed from the cluster - please restart k3s to rejoin the cluster")

    async def _start_apiserver(self) -> Client:
        await self._children.start(
            "kube-apiserver", KUBERNETES / "kube-apiserver", *components.apiserver(self._settings)
        )  # fmt: skip
        api = Client(API, self._paths.tls / "server-ca.crt", self._paths.tls / "client-supervisor", timeout=10)
        await until(lambda: api.get("/readyz") == "ok")
        self._say("Kube API server is now running")
        return api

    async def _controllers(self) -> None:
        for name, switch, arguments in (
            ("kube-controller-manager", "disable-controller-manager", components.controller_manager(self._settings)),
            ("kube-scheduler", "disable-scheduler", components.scheduler(self._settings)),
        ):
            if self._settings.options.on(switch):
                continue
            await self._children.start(name, KUBERNETES / name, *arguments)

    async def _start_node(self, api: Client, runtime: asyncio.Task[None]) -> None:
        node, hashed = self._settings.node, nodes.fingerprint(nodes.own_password())
        if self._paths.reset_flag.exists():
            await until(lambda: nodes.forget_password(api, node))
        if not await until(lambda: nodes.password_accepted(api, node, hashed) or ()):
            # A server takes its own word for it: no node is kept from a cluster that was restored.
            logging.warning("Deferred node password secret validation failed: %s", nodes.REJECTED)
        await asyncio.to_thread(pki.node_certificates, self._paths, node, [self._settings.address])
        await runtime
        facts = self._settings.critical | {"disable-kube-proxy": str(self._settings.options.on("disable-kube-proxy"))}
        await self._node.start(API, facts)

    async def _keep_cluster(self, api: Client, gateway: etcd.Gateway) -> None:
        members = Members(api, gateway, self._paths.tls)
        name = etcd.member_name(self._paths, self._settings.node)
        while True:
            settled = False
            try:
                settled = await asyncio.to_thread(self._tick, api, members, name)
            except (*UNREACHABLE, ApiError) as error:
                logging.warning("cluster: %s", error)
                settled = True
            await asyncio.sleep(1 if settled else 2 * POLL)

    def _tick(self, api: Client, members: Members, name: str) -> bool:
        all_nodes = api.get(f"{nodes.NODES}?resourceVersion=0")["items"]
        own = nodes.named(all_nodes, self._settings.node)
        settled = own is not None and nodes.describe(api, own, name, self._settings.address)
        if own and not self._stage_said:
            self._say_stage(api, own)
        if own and self._paths.reset_flag.exists():
            nodes.cancel_removals(api, all_nodes)
            self._paths.reset_flag.unlink()
            return False  # what was read still says what was cancelled
        if members.leads():
            members.tick(all_nodes)
            agents.answer_requests(api)
        return settled

    def _say_stage(self, api: Client, own: nodes.Node) -> None:
        """Once: from then on the commands that change keys say it themselves."""
        if self._settings.options.on("secrets-encryption"):
            nodes.patch(api, own, annotations={encryption.HASH: self._paths.encryption_state.read_text()})
        self._stage_said = True

    async def _keep_manifests(self, api: Client) -> None:
        manifests = Manifests(self._settings, api)
        await until(manifests.stage)
        while True:
            try:
                await asyncio.to_thread(manifests.sync)
            except (*UNREACHABLE, ApiError) as error:
                logging.warning("manifests: %s", error)
            await asyncio.sleep(5)


def _is_voter(status: dict[str, Any]) -> bool:
    return not status.get("isLearner") and status.get("leader", "0") != "0"
