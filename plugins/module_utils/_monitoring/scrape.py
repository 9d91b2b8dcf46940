# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vmagent scrapes on a host. Private to this collection."""

from __future__ import annotations

import typing as t

from . import settings as given
from .settings import Settings

TIMEOUT_SECONDS = 10
KUBELET_PORT = 10250
# The programs of a host with a store by the names of their jobs, on which rules depend.
SERVING = {
    "victoria_metrics": given.STORE,
    "vmauth": given.ACCESS,
    "vmalert": given.ALERT,
    "alertmanager": given.ALERTMANAGER,
}
# In a cluster the store is told by the same name.
CLUSTERED = {**SERVING, "victoria_metrics": given.STORAGE, "vmselect": given.SELECT, "vminsert": given.INSERT}


def config(settings: Settings) -> dict[str, t.Any]:
    """Compose the configuration; every series tells its site and, as C(instance), the host's name in the inventory."""
    ports = {"node": given.NODE, "vmagent": given.AGENT, **serving(settings)}
    own: list[dict[str, t.Any]] = [
        {"job_name": job, "static_configs": [{"targets": [f"{settings['local']}:{port}"]}], **_way(settings, job)}
        for job, port in ports.items()
    ]
    interval = settings["scrape_interval"]
    return {
        "global": {
            "scrape_interval": interval,
            "scrape_timeout": f"{min(TIMEOUT_SECONDS * 1000, round(given.seconds(interval) * 1000))}ms",
            "external_labels": {"site": settings["site"]},
        },
        "scrape_configs": [_named(settings["host"], job) for job in (*own, *settings["scrape_configs"])],
    }


def serving(settings: Settings) -> dict[str, int]:
    if not settings["serves"]:
        return {}
    return CLUSTERED if given.clustered(settings) else SERVING


def _way(settings: Settings, job: str) -> dict[str, t.Any]:
    """vmauth has one certificate for all that it listens at, that for the host's address."""
    if job != "vmauth":
        return {}
    names = {"ca_file": f"{settings['directory']}/ca.crt", "server_name": settings["servers"][settings["host"]]}
    return {"scheme": "https", "tls_config": names}


def _named(host: str, job: dict[str, t.Any]) -> dict[str, t.Any]:
    """A target that does not say whose it is, is this host's; what is found by discovery is left as it is."""
    fixed = job.get("static_configs")
    if not fixed:
        return job
    return {
        **job,
        "static_configs": [{**one, "labels": {"instance": host, **(one.get("labels") or {})}} for one in fixed],
    }


def kubelets(agents: t.Mapping[str, str], servers: t.Sequence[str], host: str) -> list[dict[str, t.Any]]:
    """Compose the targets of those agents, names and addresses, that it is this server's turn to ask."""
    if host not in servers:
        raise ValueError(f"{host} is none of the servers {', '.join(servers)}")
    mine = sorted(agents)[list(servers).index(host) :: len(servers)]
    return [
        {"targets": [f"{given.bracketed(agents[name])}:{KUBELET_PORT}"], "labels": {"instance": name}} for name in mine
    ]
