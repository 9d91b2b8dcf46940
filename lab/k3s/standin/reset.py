"""`k3s server --cluster-reset`: etcd becomes a cluster of this host alone, with its own data or those of a snapshot."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from pathlib import Path

from . import bootstrap_store, bundle, components, etcd, identity, pki, tokens
from .errors import Refusal, Withdrawn
from .paths import write
from .process import Children
from .settings import Settings
from .version import ETCD
from .waiting import until

DONE = (
    "Managed etcd cluster membership has been reset, restart without --cluster-reset flag now. Backup and delete "
    "${datadir}/server/db on each peer etcd server and rejoin the nodes"
)


class Reset:
    def __init__(self, settings: Settings, children: Children) -> None:
        self._settings, self._children = settings, children
        self._paths = settings.paths

    async def run(self) -> None:
        await asyncio.to_thread(self._prepare)
        if self._settings.restore_path:
            await asyncio.to_thread(self._restore, Path(self._settings.restore_path))
        gateway = await self._start_etcd()
        await until(lambda: self._alone(gateway))
        password = identity.server_password(self._settings)
        sealed = await until(lambda: bootstrap_store.load(gateway, password))
        if sealed:
            await asyncio.to_thread(self._take_back, tokens.decrypt(password, sealed))
        self._children.tolerant = True
        await self.stop()
        raise Withdrawn(DONE)

    async def stop(self) -> None:
        await self._children.stop("etcd")

    def _prepare(self) -> None:
        flag = self._paths.reset_flag
        if flag.exists() and not self._settings.restore_path:
            raise Refusal(
                "Managed etcd cluster membership was previously reset, please remove the cluster-reset flag and start "
                "k3s normally. If you need to perform another cluster reset, you must first manually delete the file "
                f"at {flag}"
            )
        identity.directories(self._paths)
        identity.bury(self._settings)
        # On an empty host these serve until etcd says what the cluster's own are.
        pki.authorities(self._paths)
        pki.server_certificates(self._paths, self._settings.api_names)

    def _restore(self, snapshot: Path) -> None:
        if not snapshot.exists():
            raise Refusal(f"etcd: snapshot path does not exist: {snapshot}")
        if snapshot.is_dir():
            raise Refusal(f"etcd: snapshot path must be a file, not a directory: {snapshot}")
        name = etcd.member_name(self._paths, self._settings.node)
        old = self._paths.etcd.with_name(f"etcd-old-{int(time.time())}")
        self._paths.etcd.rename(old)
        logging.info("Pre-restore etcd database moved to %s", old)
        etcd.restore(ETCD / "etcdutl", snapshot, self._paths, name, self._settings.address)

    async def _start_etcd(self) -> etcd.Gateway:
        name = etcd.rename_member(self._paths, self._settings.node)
        write(self._paths.reset_flag, "")
        initial = etcd.resetting(name, self._settings.address)
        logging.info("Starting etcd for new cluster, cluster-reset=true")
        await self._children.start("etcd", ETCD / "etcd", *components.etcd_member(self._settings, name, initial))
        return etcd.Gateway(self._paths)

    def _alone(self, gateway: etcd.Gateway) -> bool:
        """Whether this host is the one member, under the name and address that it has now."""
        if gateway.status().get("leader", "0") == "0":
            return False
        name, members = etcd.member_name(self._paths, self._settings.node), gateway.members()
        if len(members) == 1 and members[0].address != self._settings.address:
            gateway.move(members[0], self._settings.address)
            return False
        return [member.name for member in members] == [name]

    def _take_back(self, packed: bytes) -> None:
        """The cluster's own secrets, whatever was there before."""
        backup = self._paths.tls.with_name(f"tls-{int(time.time())}")
        logging.info("Cluster reset: backing up certificates directory to %s", backup)
        shutil.copytree(self._paths.tls, backup)
        bundle.unpack(self._paths, bundle.read(packed))
        identity.publish_files(self._settings, identity.complete(self._settings))
