# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of a cluster of stores, and the ways between them. Private to this collection."""

from __future__ import annotations

from . import settings as given
from .mode import COPIES
from .settings import Settings

LINKS = "vmstorage-links"
# What stands between the programs of two hosts finds out that one of them is gone.
GONE = "3s"


def storage(settings: Settings) -> list[str]:
    """Its own protocol knows neither users nor TLS, so nobody but this host hears it."""
    return [
        f"-httpListenAddr={settings['local']}:{given.STORAGE}",
        f"-vminsertAddr={settings['local']}:{given.TAKES}",
        f"-vmselectAddr={settings['local']}:{given.GIVES}",
        f"-storageDataPath={settings['state']}/victoria-metrics/storage",
        f"-retentionPeriod={settings['retention']}",
        f"-storage.minFreeDiskSpaceBytes={settings['min_free_disk']}",
        f"-memory.allowedPercent={settings['memory_percent']}",
        # There are few others, and they take what comes meanwhile.
        "-storage.vminsertConnsShutdownDuration=5s",
        *_counted_once(),
    ]


def select(settings: Settings, latency: str) -> list[str]:
    return [
        f"-httpListenAddr={settings['local']}:{given.SELECT}",
        f"-cacheDataPath={settings['state']}/victoria-metrics/select",
        f"-storageNode={_stores(settings, given.TO_GIVE)}",
        f"-replicationFactor={COPIES}",
        # Without a store all is there yet. Without two of them something may be missing: that is said, and vmauth asks
        # another host, rather than an alert judged by half of it. Slow stores are waited for, since what was written
        # while a store was away, or went down with one, need not have a second copy.
        "-search.denyPartialResponse",
        f"-search.latencyOffset={latency}",
        f"-memory.allowedPercent={_some(settings)}",
        f"-vmalert.proxyURL={given.local(settings, given.ALERT)}",
        *_counted_once(),
    ]


def insert(settings: Settings) -> list[str]:
    """What a store that is away would have taken goes to the others; when all are, vmagent keeps it on its disk."""
    return [
        f"-httpListenAddr={settings['local']}:{given.INSERT}",
        f"-storageNode={_stores(settings, given.TO_TAKE)}",
        f"-replicationFactor={COPIES}",
        f"-memory.allowedPercent={_some(settings)}",
    ]


def links(settings: Settings) -> list[str]:
    return ["-db", "-f", f"{settings['directory']}/{LINKS}.cfg"]


def linked(settings: Settings) -> str:
    """Compose HAProxy's configuration: stores are reached from other hosts by TLS, with certificates on both sides."""
    own = f"{settings['credentials']}/{LINKS}.service/host.pem"
    proof = f"ssl crt {own} ca-file {settings['directory']}/ca.crt verify required tcp-ut {GONE}"
    address = given.bracketed(settings["servers"][settings["host"]])
    lines = [
        "global",
        "    log stderr format raw daemon notice",
        "    ssl-default-bind-options ssl-min-ver TLSv1.2",
        "    ssl-default-server-options ssl-min-ver TLSv1.2",
        "defaults",
        "    mode tcp",
        "    log global",
        f"    timeout connect {GONE}",
        # That a store is not there is said at once, so that another one takes its samples.
        "    retries 0",
        # Whoever ends a connection says so, or is found out by what goes unanswered.
        "    timeout client 1d",
        "    timeout server 1d",
    ]
    for name, port, local, after in (
        ("take", settings["insert_port"], given.TAKES, given.TO_TAKE),
        ("give", settings["select_port"], given.GIVES, given.TO_GIVE),
    ):
        lines += [f"listen {name}", f"    bind {address}:{port} {proof}", f"    server own {settings['local']}:{local}"]
        for number, host in enumerate(sorted(settings["servers"]), start=1):
            lines += [f"listen {name}-{number}", f"    bind {settings['local']}:{after + number}"]
            if host == settings["host"]:
                lines.append(f"    server own {settings['local']}:{local}")
            else:
                remote = f"{given.bracketed(settings['servers'][host])}:{port}"
                lines.append(f"    server {name}-{number} {remote} {proof}")
    return "\n".join(lines) + "\n"


def _stores(settings: Settings, after: int) -> str:
    """The same on every host, since the place of a series is found by them."""
    return ",".join(_reached(settings, after).values())


def taking(settings: Settings) -> dict[str, str]:
    """Where vminsert reaches the store of each host."""
    return _reached(settings, given.TO_TAKE) if given.clustered(settings) else {}


def _reached(settings: Settings, after: int) -> dict[str, str]:
    hosts = enumerate(sorted(settings["servers"]), start=1)
    return {host: f"{settings['local']}:{after + number}" for number, host in hosts}


def _counted_once() -> list[str]:
    """Copies of a sample, and those that were sent twice, have the same time."""
    return ["-dedup.minScrapeInterval=1ms"]


def _some(settings: Settings) -> int:
    return max(1, settings["memory_percent"] // 3)
