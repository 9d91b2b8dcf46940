# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services beside the cluster, names, time, backups and monitoring, and whether they are as they should be."""

from __future__ import annotations

import typing as t

from . import backup_status, database_status, dns_status, monitoring_status, recovery_status, time_status
from .model import Site

Found = t.Mapping[str, t.Mapping[str, t.Any]]


def describe(site: Site, hosts: Found, dns: Found, time: Found, backups: Found, monitoring: Found) -> dict[str, t.Any]:
    """Return the state of all; nothing that restarts a server waits for what is found here.

    C(hosts) is what k3s_info found.
    """
    addresses = {
        host: [address for held in found["system"]["addresses"].values() for address in held]
        for host, found in hosts.items()
    }
    names, wrong_names = dns_status.describe(site, dns, addresses)
    clocks, wrong_clocks = time_status.describe(site, time)
    sets, wrong_sets = backup_status.describe(site, backups)
    databases, wrong_databases = database_status.describe(site, backups)
    alerts, wrong_alerts, warnings = monitoring_status.describe(site, monitoring)
    wrong = [*wrong_names, *wrong_clocks, *wrong_sets, *wrong_databases, *wrong_alerts]
    warnings = [*recovery_status.warnings(site, hosts), *warnings]
    services = judge(wrong, warnings, list(backup_status.notes(site)))
    told = {"dns": names, "time": clocks, "backups": sets, "monitoring": alerts, "services": services}
    return {**told, "databases": databases, "held": recovery_status.held(hosts)}


def judge(
    findings: list[dict[str, str]], warnings: list[dict[str, str]], notes: list[dict[str, str]]
) -> dict[str, t.Any]:
    """Return the verdict with what it comes from; a warning and a note are no failure, and nothing to call green."""
    verdict = "red" if findings else "yellow" if warnings or notes else "green"
    return {"verdict": verdict, "findings": findings, "warnings": warnings, "notes": notes}
