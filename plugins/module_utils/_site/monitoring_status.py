# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alerts of a site as data, out of what monitoring_info found on each of its servers that monitor."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring.alerting import WATCHDOG

from .failure import failure
from .model import Host, Site

Found = t.Mapping[str, t.Any]
Failures = list[dict[str, str]]

CRITICAL, WARNING, INFO = "critical", "warning", "info"
# A severity of the site's own, or none, is not known to be harmless.
RANKS = {CRITICAL: 0, WARNING: 1, INFO: 2, "none": 3}
UNKNOWN_RANK = RANKS[WARNING]
PROGRAMS = {"alertmanager": "prometheus-alertmanager", "vmalert": "vmalert"}


def describe(site: Site, found: t.Mapping[str, Found]) -> tuple[dict[str, t.Any], Failures, Failures]:
    """Return the state, what does not hold, and what warns; a host that is not in C(found) did not answer."""
    if not site.value("site_monitoring"):
        return {"on": False, "known": False, "servers": [], "alerts": [], "pending": []}, [], []
    hosts = site.monitoring_servers
    rows = [_row(host, found.get(host.name)) for host in hosts]
    by_server = {host.name: found[host.name] for host in hosts if host.name in found}
    firing = _merged({name: one["alerts"] for name, one in by_server.items()})
    alerts = sorted((one for one in firing if one["name"] != WATCHDOG), key=_worst_first)
    state = {
        "on": True,
        # What others have told an Alertmanager is not all that there is.
        "known": any(row["rules"] > row["failing"] for row in rows),
        "servers": rows,
        "alerts": alerts,
        "pending": sorted(_merged({name: one["pending"] for name, one in by_server.items()}), key=_worst_first),
    }
    findings = [each for host, row in zip(hosts, rows, strict=True) for each in _findings(host, row)]
    findings += [_told(one) for one in alerts if counts(one) and rank(one) == RANKS[CRITICAL]]
    warnings = [each for host, row in zip(hosts, rows, strict=True) for each in _warnings(host, row)]
    warnings += [_told(one) for one in alerts if counts(one) and rank(one) == RANKS[WARNING]]
    return state, findings, warnings


def rank(alert: Found) -> int:
    """How bad it is; the worst is 0."""
    return RANKS.get(alert["severity"], UNKNOWN_RANK)


def counts(alert: Found) -> bool:
    """Tell whether somebody has to look at it, who has not said already that they know."""
    return not alert["silenced"] and rank(alert) < RANKS[INFO]


def _worst_first(alert: Found) -> tuple[t.Any, ...]:
    return bool(alert["silenced"]), rank(alert), alert["since"], alert["name"], alert["instance"], alert["summary"]


def _row(host: Host, seen: Found | None) -> dict[str, t.Any]:
    if seen is None:
        return {
            "host": host.name,
            "answers": False,
            "alertmanager": False,
            "vmalert": False,
            "watchdog": "",
            "rules": 0,
            "failing": 0,
            "errors": {},
            "firing": None,
            "pending": None,
        }
    programs = {name: seen["programs"][name]["answers"] for name in PROGRAMS}
    errors = {**{name: one["error"] for name, one in seen["programs"].items()}, "rules": seen["rules"]["last_error"]}
    silenced = any(one["silenced"] for one in seen["alerts"] if one["name"] == WATCHDOG)
    return {
        "host": host.name,
        "answers": True,
        **programs,
        "watchdog": "no" if not seen["watchdog"] else "silenced" if silenced else "fires",
        "rules": seen["rules"]["judged"],
        "failing": seen["rules"]["failing"],
        "errors": {name: error for name, error in errors.items() if error},
        "firing": sum(1 for one in seen["alerts"] if one["name"] != WATCHDOG) if any(programs.values()) else None,
        "pending": len(seen["pending"]) if programs["vmalert"] else None,
    }


def _merged(by_server: t.Mapping[str, t.Sequence[Found]]) -> list[dict[str, t.Any]]:
    """Return each alert once with the servers whose own rules find it; who was told only is asked next."""
    alike: dict[tuple[t.Any, ...], dict[str, Found]] = {}
    for server, listed in by_server.items():
        for one in listed:
            labels = tuple(sorted(one["labels"].items()))
            key = (one["name"], one["severity"], one["scenario"], one["instance"], labels)
            alike.setdefault(key, {})[server] = one
    return [_one(said) for said in alike.values()]


def _one(said: t.Mapping[str, Found]) -> dict[str, t.Any]:
    judged = {server: one for server, one in said.items() if one["judged_here"]}
    best = next(iter((judged or said).values()))
    told = [one["silenced"] for one in said.values() if one["silenced"] is not None]
    return {
        **{name: best[name] for name in ("name", "severity", "scenario", "instance", "summary", "runbook")},
        "since": min(one["since"] for one in said.values()),
        # One that is told by a single Alertmanager is told.
        "silenced": bool(told) and all(told),
        "servers": list(judged or said),
    }


def _told(alert: Found) -> dict[str, str]:
    about = f"{alert['name']} ({alert['scenario']})" if alert["scenario"] else alert["name"]
    seen = f"{alert['summary'] or alert['name']}, since {alert['since']}"
    remedy = f"see {alert['runbook']}" if alert["runbook"] else "see the rule, which names no runbook"
    return failure(alert["instance"] or "the site", f"the alert {about} is silent", seen, "nothing of it", remedy)


def _findings(host: Host, row: Found) -> t.Iterator[dict[str, str]]:
    name = host.name
    if not row["answers"]:
        yield failure(name, "monitoring answers", "no answer", "an answer", f"start {name} or mend its network")
        return
    for program, unit in PROGRAMS.items():
        if not row[program]:
            remedy = f"run the bootstrap playbook, or read 'journalctl -u {unit}' on {name}"
            yield failure(name, f"{program} answers", row["errors"][program], "an answer", remedy)
    look = f"read 'journalctl -u vmalert -u victoria-metrics -u vmselect' on {name}"
    if row["vmalert"] and row["rules"] <= row["failing"]:
        seen = f"{row['failing']} of {row['rules']} fail: {row['errors']['rules']}" if row["rules"] else "none"
        yield failure(name, "vmalert judges its rules", seen, "all rules of the site", look)
    if row["watchdog"] == "silenced":
        remedy = f"expire its silence with amtool on {name}"
        yield failure(name, "the Watchdog is heard", "a silence", "nothing that keeps it from its receiver", remedy)
    elif row["watchdog"] == "no" and (row["alertmanager"] or row["vmalert"]):
        yield failure(name, "the Watchdog fires", "it does not", "the alert that always fires", look)


def _warnings(host: Host, row: Found) -> t.Iterator[dict[str, str]]:
    if 0 < row["failing"] < row["rules"]:
        seen = f"{row['failing']} of {row['rules']} fail: {row['errors']['rules']}"
        look = f"read 'journalctl -u vmalert' on {host.name}"
        yield failure(host.name, "vmalert can judge every rule", seen, "no error", look)
