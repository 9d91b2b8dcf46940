# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site as text: a table of each of its parts, and what does not hold."""

from __future__ import annotations

import typing as t

from .text import table

State = t.Mapping[str, t.Any]

HOSTS = ("host", "role", "version", "k3s", "ready", "voter", "leader", "vip", "certificates", "database", "free")
DNS = ("role", "holder", "version", "zones", "members", "missing", "skewed", "different")
TIME = ("source", "stratum", "offset", "leap", "falsetickers")
BACKUPS = ("set", "age", "rpo", "level", "verified", "size", "change", "sets", "rehearsed", "took", "result")
DATABASES = ("backup", "size", "change", "backups", "counted", "result")
MONITORING = ("alertmanager", "vmalert", "watchdog", "rules", "failing", "firing", "pending")
ALERTS = ("alert", "severity", "scenario", "instance", "since", "servers", "summary")
SUMMARY_WIDTH = 60
UNKNOWN = "-"


def render(state: State) -> str:
    """Render the state as tables, followed by what does not hold."""
    lines = [f"site {state['site']}, lineage {state['lineage'] or UNKNOWN}", ""]
    lines.extend([table(HOSTS, [[_cell(row[column]) for column in HOSTS] for row in map(_host, state["hosts"])]), ""])
    lines.extend(_services("DNS server", DNS, [_dns(row) for row in state["dns"]["servers"]]))
    lines.extend(_services("time server", TIME, [_time(row) for row in state["time"]["servers"]]))
    backups = [{**_backup(row), "host": row["component"]} for row in state["backups"]["components"]]
    lines.extend(_services("backup", BACKUPS, backups))
    if backups:
        lines.extend([f"generation of the data: {state['backups']['generation'] or UNKNOWN}", ""])
    if "copied" in state["backups"]:
        lines.extend([f"in the second storage: {state['backups']['copied'] or 'none'}", ""])
    databases = [{**_database(row), "host": row["database"]} for row in state["databases"]]
    lines.extend(_services("database", DATABASES, databases))
    lines.extend(_monitoring(state["monitoring"]))
    lines.append(f"leader: {state['leader'] or UNKNOWN}")
    if state["vip"]:
        lines.append(f"VIP {state['vip']}: {', '.join(state['vip_holders']) or 'on no host'}")
    lines.append(f"alarms: {', '.join(state['alarms']) or 'none'}")
    lines.extend(f"escrow of {name}: {said}" for name, said in state["escrow"].items())
    lines.extend(_verdict("gate", state["gate"]["verdict"], state["gate"]["failures"]))
    services = state["services"]
    found = [*services["findings"], *services["warnings"], *services["notes"]]
    lines.extend(_verdict("services", services["verdict"], found))
    return "\n".join(lines)


def _services(heading: str, columns: t.Sequence[str], rows: t.Sequence[State]) -> list[str]:
    if not rows:
        return []
    cells = [[row["host"], *(_cell(row[column]) for column in columns)] for row in rows]
    return [table([heading, *columns], cells), ""]


def _host(row: State) -> State:
    shares = {name: None if row[name] is None else f"{row[name]} %" for name in ("database", "free")}
    return {**row, **shares}


def _dns(row: State) -> State:
    if not row["answers"]:
        return {**row, "version": "no answer", "missing": None, "skewed": None, "different": None}
    return {**row, **{name: len(row[name]) for name in ("missing", "skewed", "different")}}


def _time(row: State) -> State:
    if not row["answers"]:
        return {**row, "source": "no answer", "falsetickers": None}
    return {
        **row,
        "offset": f"{row['offset']:+.6f}",
        "falsetickers": ", ".join(row["falsetickers"]) or "none",
    }


def _backup(row: State) -> State:
    age, size, grown, took = row["age"], row["bytes"], row["change"], row["rehearsal_seconds"]
    return {
        **row,
        "age": None if age is None else f"{age // 60} min",
        "rpo": f"{row['rpo'] // 60} min{'' if row['in_time'] else ', missed'}",
        "rehearsed": "never" if row["rehearsed"] is None else f"{row['rehearsed'] // 3600} h ago",
        "verified": None if row["verified"] is None else f"{row['verified'] // 60} min ago",
        "change": None if grown is None else f"{100 * grown:+.1f} %",
        "took": None if took is None else f"{took:.0f} s",
        "result": rehearsal_result(row),
        "size": None if size is None else f"{size / 2**20:.1f} MiB",
    }


def _database(row: State) -> State:
    age, size, grown, counted = row["age"], row["bytes"], row["change"], row["saved_age"]
    return {
        "backup": "never"
        if age is None and not (row["unanswered"] or row["wrong"])
        else None
        if age is None
        else f"{age // 60} min ago",
        "size": None if size is None else f"{size / 2**20:.1f} MiB",
        "change": None if grown is None else f"{100 * grown:+.1f} %",
        "backups": row["count"],
        "counted": None if counted is None else f"{counted // 3600} h ago",
        "result": database_result(row),
    }


def database_result(row: State) -> str:
    """Say in a word how a database's backups are."""
    told = {"wrong": "not found", "waits": "waits", "unanswered": "no answer", "suspect": "suspect", "error": "failed"}
    return next((word for name, word in told.items() if row[name]), "good")


def _monitoring(state: State) -> list[str]:
    """Show who monitors, and one alert a line; without monitoring nothing is known of any."""
    if not state["on"]:
        return ["monitoring: none, since site_monitoring is off", ""]
    lines = _services("monitoring server", MONITORING, [_monitors(row) for row in state["servers"]])
    if state["alerts"]:
        cells = [[_cell(row[column]) for column in ALERTS] for row in map(_alert, state["alerts"])]
        lines.extend([table(ALERTS, cells, {"summary": SUMMARY_WIDTH}), ""])
    lines.append(f"alerts: {alerts_told(state)}")
    pending = ", ".join(f"{one['name']} of {one['instance'] or 'the site'}" for one in state["pending"])
    lines.extend([f"pending: {(pending or 'none') if state['known'] else 'unknown'}", ""])
    return lines


def alerts_told(state: State) -> str:
    """Say how many fire, as far as that is known."""
    silenced = sum(1 for one in state["alerts"] if one["silenced"])
    number = len(state["alerts"]) - silenced
    told = f"{number or 'none'}{f', {silenced} silenced' if silenced else ''}"
    if state["known"]:
        return told
    return f"unknown, since no rule is judged{f' (told before: {told})' if state['alerts'] else ''}"


def _monitors(row: State) -> State:
    if not row["answers"]:
        return {**row, "alertmanager": "no answer", **dict.fromkeys(MONITORING[1:])}
    programs = {name: "answers" if row[name] else "no answer" for name in ("alertmanager", "vmalert")}
    judged = {} if row["vmalert"] else dict.fromkeys(("rules", "failing"))
    return {**row, **programs, **judged}


def _alert(row: State) -> State:
    return {
        **row,
        "alert": row["name"],
        "severity": f"{row['severity'] or UNKNOWN}{', silenced' if row['silenced'] else ''}",
        "since": moment(row["since"]),
        "servers": ", ".join(row["servers"]),
    }


def moment(since: str) -> str:
    """Say when in a form that people read, to the minute."""
    return since[:16].replace("T", " ")


def rehearsal_result(row: State) -> str | None:
    """Say what the last rehearsal of a restore has come to; the table has no room for more than a word."""
    if row["rehearsal_error"]:
        return "failed"
    return None if row["rehearsed"] is None else "whole"


def _verdict(what: str, verdict: str, failures: t.Sequence[State]) -> t.Iterator[str]:
    yield f"{what}: {verdict}"
    for failure in failures:
        yield f"  {failure['host']}: {failure['condition']}"
        yield f"    found {failure['seen']}, expected {failure['expected']}; {failure['remedy']}"


def _cell(value: t.Any) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return {"True": "yes", "False": "no"}.get(str(value), str(value))
