# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks 60 to 62 and 64: who monitors the site, and what of it is told to whom."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import (
    alerting,
    mode,
    plan,
    settings,
)

from .finding import Finding, shown
from .model import MONITORING_SERVERS, Host, Site
from .versions import Controller, well_formed

# whose vmauth cannot keep its own commands from the network
TOO_OLD = "12"
# percent; an alert that fires after an hour would then do so in ten
MOST_PATIENT = 1000

MODE, VERSION = "site_monitoring_mode", "site_victoria_metrics_version"


def check(site: Site, controller: Controller) -> t.Iterator[Finding]:
    """Yield what is wrong with the inputs of a site that is monitored, and with the hosts that serve its page too."""
    if site.value("site_monitoring") or site.value("site_status_page"):
        yield from _servers(site)
    if not site.value("site_monitoring"):
        return
    yield from _mode(site, controller)
    retention = site.value("site_monitoring_retention")
    if not plan.RETENTION.fullmatch(retention):
        yield Finding(
            "V61", "site_monitoring_retention", shown(retention), "days, weeks or years, such as 90d", "Correct it."
        )
    for name in site.value("site_monitoring_writers"):
        if name in (settings.PEER, settings.READER):
            yield Finding(
                "V61",
                f"site_monitoring_writers.{name}",
                "(not shown)",
                "a name that is not one of the site's own",
                "Rename it.",
            )
    yield from _told(site)


def _servers(site: Site) -> t.Iterator[Finding]:
    ours = {host.name for host in site.hosts}
    strangers = [host.name for host in site.monitoring_servers if host.name not in ours]
    if strangers or not site.monitoring_servers:
        yield Finding(
            "V60",
            MONITORING_SERVERS,
            ", ".join(strangers) or "(empty)",
            "hosts of the site: one at least, each also a server, an agent, or one of dns_servers or time_servers",
            f"Take the group out of the inventory, and it is the cluster's servers; or correct {MONITORING_SERVERS}.",
        )


def _mode(site: Site, controller: Controller) -> t.Iterator[Finding]:
    wanted = site.value(MODE)
    if wanted not in mode.MODES:
        yield Finding("V64", MODE, shown(wanted), f"one of {', '.join(mode.MODES)}", "Correct it.")
    # Of a version that is none nothing can be known, which another check says.
    if wanted != mode.CLUSTER or not well_formed(site, VERSION):
        return
    for why in mode.unfit(_inputs(site, controller)):
        yield Finding(
            "V64",
            MODE,
            f"{wanted}, with {why}",
            f"{mode.LEAST} hosts or more of {MONITORING_SERVERS} in one location, and {', '.join(mode.PROGRAMS)} of"
            f" {site.value(VERSION)} with a checksum",
            "Give what is missing (url or path and sha256 in site_artifacts), or take replicated, or auto.",
        )


def _inputs(site: Site, controller: Controller) -> mode.Inputs:
    return {
        "mode": site.value(MODE),
        "servers": [host.name for host in site.monitoring_servers],
        "locations": {host.name: str(host.variables.get("site_location") or "") for host in site.monitoring_servers},
        "given": [name for name in mode.PROGRAMS if controller.checksums.get(name, {}).get(site.value(VERSION))],
    }


def artifacts(site: Site, host: Host, controller: Controller) -> t.Iterator[tuple[str, str, str]]:
    """Yield variable, name and version of what a host installs for it."""
    if not site.value("site_monitoring") or host not in site.monitoring_servers:
        return
    if mode.decided(_inputs(site, controller)) == mode.CLUSTER:
        yield from ((VERSION, name, str(site.value(VERSION))) for name in mode.PROGRAMS)


def _told(site: Site) -> t.Iterator[Finding]:
    receivers = site.value("site_monitoring_receivers")
    names = [str(one.get("name") or "") if isinstance(one, t.Mapping) else "" for one in receivers]
    own = (alerting.NOBODY, alerting.DEADMAN)
    if "" in names or len(set(names)) < len(names) or set(names) & set(own):
        yield Finding(
            "V61",
            "site_monitoring_receivers",
            "(not shown)",
            f"receivers as Alertmanager has them, each with a name of its own, none of {', '.join(own)}",
            "Correct it.",
        )
    url = site.value("site_monitoring_deadman_url")
    if url and not plan.URL.match(url):
        yield Finding("V61", "site_monitoring_deadman_url", "(not shown)", "a URL, http or https", "Correct it.")
    runbooks = site.value("site_monitoring_runbooks")
    if runbooks and not (plan.URL.match(runbooks) and runbooks.endswith("/")):
        yield Finding(
            "V61", "site_monitoring_runbooks", shown(runbooks), "a URL that ends in a slash", "Add what is missing."
        )
    patience = site.value("site_alert_patience_percent")
    if not 1 <= patience <= MOST_PATIENT:
        yield Finding(
            "V61", "site_alert_patience_percent", shown(patience), f"a number from 1 to {MOST_PATIENT}", "Correct it."
        )


def check_host(site: Site, host: Host, facts: t.Mapping[str, t.Any]) -> t.Iterator[Finding]:
    """Yield what keeps a host from having a store."""
    major = facts["os_version"].partition(".")[0]
    serves = site.value("site_monitoring") and host in site.monitoring_servers
    if serves and facts["os"] == "debian" and major == TOO_OLD:
        yield Finding(
            "V62",
            "host",
            f"Debian {major}, whose vmauth 1.79 cannot keep its own commands from the network",
            f"Debian 13 on every host of {MONITORING_SERVERS}",
            f"Install Debian 13, or name hosts that have it in {MONITORING_SERVERS}.",
        )
