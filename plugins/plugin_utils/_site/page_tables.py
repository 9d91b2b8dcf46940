# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of a site shows below its tiles."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._site import monitoring_status, status_text

from .page_words import BAD, GOOD, WARNING, ago, small

State = t.Mapping[str, t.Any]

NOTHING = "-"


class Cell(t.NamedTuple):
    """A value of a table, and the page on the web that says more."""

    text: str
    verdict: str = ""
    link: str = ""


class Table(t.NamedTuple):
    """Rows whose first cell names what they are about."""

    anchor: str
    title: str
    columns: t.Sequence[str]
    rows: t.Sequence[t.Sequence[Cell]]


def tables(state: State) -> list[Table]:
    """Return everything else."""
    dns, backups = state["dns"], state["backups"]
    return [
        Table(
            "alerts",
            "Alerts that fire",
            ("Alert", "Severity", "About", "Since", "Told by", "Says", "Runbook"),
            [_alert(row) for row in state["monitoring"]["alerts"]],
        ),
        Table(
            "hosts",
            "Hosts",
            (
                "Host",
                "Role",
                "Version",
                "k3s",
                "Ready",
                "Votes",
                "Leads",
                "API address",
                "Certificates",
                "etcd",
                "Free",
            ),
            [_host(row) for row in state["hosts"]],
        ),
        Table(
            "upgrade",
            "What an upgrade would do",
            ("Host", "From", "To"),
            [[Cell(row["host"]), Cell(row["from"]), Cell(row["to"])] for row in state["versions"]["upgrades"]],
        ),
        Table(
            "programs",
            "Programs beside k3s",
            ("Program", "Version", "Wanted"),
            [_program(row) for row in state["programs"]],
        ),
        Table(
            "dns",
            "Name servers",
            ("Host", "Role", "Address of the primary", "Version", "Zones", "Missing", "Other serials", "Other records"),
            [_name_server(row) for row in dns["servers"]],
        ),
        Table(
            "time",
            "Time servers",
            ("Host", "Source", "Stratum", "Offset", "Leap second", "Wrong sources"),
            [_time_server(row) for row in state["time"]["servers"]],
        ),
        Table(
            "backups",
            "Backups",
            (
                "Component",
                "Newest set",
                "Age",
                "At most",
                "Verified to level",
                "Verified",
                "Size",
                "Change",
                "Sets",
                "Rehearsed",
                "Took",
                "Result",
            ),
            [_component(row) for row in backups["components"]],
        ),
        Table(
            "sets",
            "Newest sets",
            ("Set", "Age", "Generation", "Components"),
            [_set(row) for row in reversed(backups["sets"])],
        ),
        Table(
            "databases",
            "Databases of metal-stack",
            ("Database", "Newest backup", "Size", "Change", "Backups", "Counted", "Result"),
            [_database(row) for row in state["databases"]],
        ),
        Table(
            "monitoring",
            "Monitoring servers",
            ("Host", "Alertmanager", "vmalert", "Watchdog", "Rules", "Failing rules", "Firing", "Pending"),
            [_monitor(row) for row in state["monitoring"]["servers"]],
        ),
        Table(
            "escrow",
            "Copies of secrets kept elsewhere",
            ("Secret", "Copy"),
            [
                [Cell(name), Cell(said, GOOD if said == "confirmed" else WARNING)]
                for name, said in state["escrow"].items()
            ],
        ),
    ]


def _host(row: State) -> list[Cell]:
    server = row["role"] == "server"
    return [
        Cell(row["host"]),
        Cell(row["role"]),
        Cell(row["version"] or NOTHING),
        Cell(row["k3s"], GOOD if row["k3s"] == "active" else BAD),
        _yes(row["ready"] == "True", bad=True),
        _yes(row["voter"] == "True", bad=True) if server else Cell(NOTHING),
        _yes(row["leader"] is True) if server else Cell(NOTHING),
        _yes(row["vip"] is True) if row["vip"] is not None else Cell(NOTHING),
        _measured(row["certificates"], "d"),
        _measured(row["database"], "%"),
        _measured(row["free"], "%"),
    ]


def _yes(holds: bool, bad: bool = False) -> Cell:
    return Cell("yes", GOOD if bad else "") if holds else Cell("no", BAD if bad else "")


def _measured(value: float | None, unit: str) -> Cell:
    return Cell(NOTHING if value is None else f"{value} {unit}")


def _program(row: State) -> list[Cell]:
    verdict = WARNING if row["behind"] or row["newer"] else ""
    return [
        Cell(row["program"]),
        Cell(_versions_told(row["places"]), verdict),
        Cell(row["wanted"] or "what Debian has"),
    ]


def _versions_told(places: t.Mapping[str, t.Sequence[str]]) -> str:
    """Say a version once where all places have the same, else which have which."""
    having: dict[str, list[str]] = {}
    for place, found in places.items():
        having.setdefault(", ".join(found) or "none", []).append(place)
    if len(having) < 2:
        return next(iter(having), NOTHING)
    return "; ".join(f"{version} on {', '.join(where)}" for version, where in having.items())


def _name_server(row: State) -> list[Cell]:
    if not row["answers"]:
        return [Cell(row["host"]), Cell("no answer", BAD), *[Cell(NOTHING)] * 6]
    return [
        Cell(row["host"]),
        Cell(row["role"] or NOTHING),
        Cell(NOTHING) if row["holder"] is None else _yes(row["holder"]),
        Cell(row["version"]),
        Cell(str(row["zones"])),
        Cell(", ".join(row["missing"]) or "none", BAD if row["missing"] else ""),
        Cell(
            ", ".join(f"{name} {both['serial']} ({both['primary']})" for name, both in row["skewed"].items()) or "none",
            BAD if row["skewed"] else "",
        ),
        Cell(", ".join(row["different"]) or "none", BAD if row["different"] else ""),
    ]


def _time_server(row: State) -> list[Cell]:
    if not row["answers"]:
        return [Cell(row["host"]), Cell("no answer", BAD), *[Cell(NOTHING)] * 4]
    return [
        Cell(row["host"]),
        Cell(row["source"] or NOTHING, "" if row["synchronised"] else BAD),
        Cell(str(row["stratum"])),
        Cell(small(row["offset"])),
        Cell(row["leap"]),
        Cell(", ".join(row["falsetickers"]) or "none", BAD if row["falsetickers"] else ""),
    ]


def _alert(row: State) -> list[Cell]:
    verdict = {0: BAD, 1: WARNING}[monitoring_status.rank(row)] if monitoring_status.counts(row) else ""
    runbook = row["runbook"]
    return [
        Cell(row["name"]),
        Cell(f"{row['severity'] or NOTHING}{', silenced' if row['silenced'] else ''}", verdict),
        Cell(row["instance"] or "the site"),
        Cell(f"{status_text.moment(row['since'])} UTC"),
        Cell(", ".join(row["servers"])),
        Cell(row["summary"] or NOTHING),
        # Without a URL of the site's it is a path within the collection.
        Cell(row["scenario"] or "runbook", link=runbook)
        if runbook.startswith(("http://", "https://"))
        else Cell(runbook or NOTHING),
    ]


def _monitor(row: State) -> list[Cell]:
    if not row["answers"]:
        return [Cell(row["host"]), Cell("no answer", BAD), *[Cell(NOTHING)] * 6]
    judged = [Cell(str(row["rules"])), Cell(str(row["failing"]), WARNING if row["failing"] else "")]
    return [
        Cell(row["host"]),
        *(Cell("answers") if row[name] else Cell("no answer", BAD) for name in ("alertmanager", "vmalert")),
        Cell(row["watchdog"], "" if row["watchdog"] == "fires" else BAD),
        *(judged if row["vmalert"] else [Cell(NOTHING)] * 2),
        *(Cell(NOTHING if row[name] is None else str(row[name])) for name in ("firing", "pending")),
    ]


def _component(row: State) -> list[Cell]:
    size = NOTHING if row["bytes"] is None else f"{row['bytes'] / 2**20:.1f} MiB"
    return [
        Cell(row["component"]),
        Cell(row["set"] or "none", "" if row["set"] else BAD),
        Cell(ago(row["age"]), GOOD if row["in_time"] else BAD),
        Cell(ago(row["rpo"])),
        Cell(NOTHING if row["level"] is None else str(row["level"])),
        Cell(NOTHING if row["verified"] is None else f"{ago(row['verified'])} ago"),
        Cell(size, BAD if row["suspect"] else ""),
        Cell(NOTHING if row["change"] is None else f"{100 * row['change']:+.1f} %"),
        Cell(str(row["sets"])),
        Cell("never" if row["rehearsed"] is None else f"{ago(row['rehearsed'])} ago"),
        Cell(NOTHING if row["rehearsal_seconds"] is None else f"{row['rehearsal_seconds']:.0f} s"),
        _rehearsal(row),
    ]


def _rehearsal(row: State) -> Cell:
    if row["rehearsal_error"]:
        return Cell(row["rehearsal_error"], BAD)
    return Cell(NOTHING if row["rehearsed"] is None else "whole")


def _database(row: State) -> list[Cell]:
    result = status_text.database_result(row)
    return [
        Cell(row["database"]),
        Cell(NOTHING if row["unanswered"] or row["wrong"] else ago(row["age"]), "" if row["age"] is not None else BAD),
        Cell(NOTHING if row["bytes"] is None else f"{row['bytes'] / 2**20:.1f} MiB", BAD if row["suspect"] else ""),
        Cell(NOTHING if row["change"] is None else f"{100 * row['change']:+.1f} %"),
        Cell(NOTHING if row["count"] is None else str(row["count"])),
        Cell("never" if row["saved_age"] is None else f"{ago(row['saved_age'])} ago"),
        Cell(result, GOOD if result == "good" else BAD),
    ]


def _set(row: State) -> list[Cell]:
    parts = ", ".join(f"{name} (level {part['level']})" for name, part in sorted(row["components"].items()))
    return [Cell(row["set"]), Cell(ago(row["age"])), Cell(str(row["generation"])), Cell(parts)]
