# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site as one page of HTML, which needs no script, no network and no other file.

The state is what the action plugin site_status writes as JSON. Colours only repeat what a word says.
"""

from __future__ import annotations

import datetime
import math
import typing as t
from pathlib import Path

import jinja2
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import monitoring_status, status_text

State = t.Mapping[str, t.Any]

GOOD, WARNING, BAD = "good", "warning", "bad"
NOTHING = "-"
TEMPLATE = Path(__file__).with_name("status_page.html.j2")


class Tile(t.NamedTuple):
    """One thing to see at a glance, and the table that has the rest."""

    title: str
    value: str
    detail: str
    verdict: str
    anchor: str


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


def render(state: State, now: datetime.datetime) -> str:
    """Return the page; everything that comes out of the site is escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    problems = [*state["gate"]["failures"], *state["services"]["findings"]]
    warnings, notes = state["services"]["warnings"], state["services"]["notes"]
    return template.render(
        site=state["site"],
        lineage=state["lineage"],
        at=now.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        verdict=BAD if problems else WARNING if warnings or notes else GOOD,
        headline=headline(problems, warnings, notes),
        problems=problems,
        warnings=warnings,
        notes=notes,
        monitored=state["monitoring"]["on"],
        tiles=tiles(state),
        tables=[table for table in tables(state) if table.rows],
    )


def headline(problems: t.Sequence[State], warnings: t.Sequence[State], notes: t.Sequence[State]) -> str:
    """Say how the site is."""
    if problems:
        return "1 thing does not hold" if len(problems) == 1 else f"{len(problems)} things do not hold"
    if warnings:
        return f"All holds, with {_counted(len(warnings), 'warning')}"
    return "All that is on holds, not all is on" if notes else "All is well"


def ago(seconds: float | None) -> str:
    """Say a time span in its largest unit that makes two or more of it."""
    if seconds is None:
        return "never"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def small(seconds: float) -> str:
    """Say the offset of a clock."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if abs(seconds) >= size:
            return f"{seconds / size:+.1f} {unit}"
    return f"{seconds / 1e-6:+.0f} µs"


def tiles(state: State) -> list[Tile]:
    """Return what is seen first, as far as the site has it."""
    return [
        *_cluster(state),
        *_address(state),
        *_names(state["dns"]),
        *_clocks(state["time"]),
        *_backups(state["backups"]),
        *_alerts(state["monitoring"]),
        *_versions(state["versions"]),
    ]


def _share(part: int, of: int) -> str:
    return GOOD if part == of else BAD


def _cluster(state: State) -> t.Iterator[Tile]:
    hosts = state["hosts"]
    if not hosts:
        return
    servers = [row for row in hosts if row["role"] == "server"]
    ready, voting = _true(hosts, "ready"), _true(servers, "voter")
    yield Tile("Nodes", f"{ready} of {len(hosts)}", "are ready", _share(ready, len(hosts)), "hosts")
    leads = f"vote, {state['leader']} leads" if state["leader"] else "vote, nobody leads"
    verdict = BAD if state["alarms"] or not state["leader"] else _share(voting, len(servers))
    alarms = f", alarm {', '.join(state['alarms'])}" if state["alarms"] else ""
    yield Tile("etcd", f"{voting} of {len(servers)}", leads + alarms, verdict, "hosts")
    days = min((row["certificates"] for row in hosts if row["certificates"] is not None), default=None)
    if days is not None:
        yield Tile("Certificates", f"{days} d", "until the first one ends", GOOD if days >= 30 else BAD, "hosts")


def _true(rows: t.Iterable[State], key: str) -> int:
    return sum(1 for row in rows if row[key] == "True")


def _address(state: State) -> t.Iterator[Tile]:
    if state["vip"]:
        holders = state["vip_holders"]
        held = f"held by {', '.join(holders)}" if holders else "held by no host"
        yield Tile("API address", state["vip"], held, GOOD if len(holders) == 1 else BAD, "hosts")


def _names(dns: State) -> t.Iterator[Tile]:
    servers = dns["servers"]
    if not servers:
        return
    answering = [row for row in servers if row["answers"]]
    kinds = ("missing", "skewed", "different", "left_over")
    apart = sorted({zone for row in answering for kind in kinds for zone in row[kind]})
    detail = f"{_counted(len(apart), 'zone')} not the same everywhere" if apart else "answer, all zones the same"
    verdict = BAD if apart else _share(len(answering), len(servers))
    yield Tile("Name servers", f"{len(answering)} of {len(servers)}", detail, verdict, "dns")


def _clocks(time: State) -> t.Iterator[Tile]:
    servers = time["servers"]
    if not servers:
        return
    right = [row for row in servers if row["synchronised"]]
    farthest = max((row["offset"] for row in right), key=abs, default=None)
    detail = "are synchronised" + ("" if farthest is None else f", off by {small(farthest)} at most")
    verdict = GOOD if all(row["well"] for row in servers) else BAD
    yield Tile("Clocks", f"{len(right)} of {len(servers)}", detail, verdict, "time")


def _backups(backups: State) -> t.Iterator[Tile]:
    rows = backups["components"]
    if not rows:
        return
    # The one that has the least of its time left.
    worst = max(rows, key=lambda row: math.inf if row["restorable"] is None else row["restorable"] / row["rpo"])
    detail = f"since the last backup of {worst['component']}, {ago(worst['rpo'])} at most"
    doubted = [f"the newest of {row['component']} {word}" for row in rows for word in _doubts(row)]
    verdict = GOOD if worst["in_time"] and not doubted else BAD
    yield Tile("Backups", ago(worst["restorable"]), ", ".join([detail, *doubted]), verdict, "backups")
    rehearsed = None if any(row["rehearsed"] is None for row in rows) else max(row["rehearsed"] for row in rows)
    failed = [f"the last of {row['component']} failed" for row in rows if row["rehearsal_error"]]
    overdue = any(row["rehearsal_overdue"] for row in rows)
    verdict = BAD if failed or overdue else WARNING if rehearsed is None else GOOD
    detail = ", ".join(["since all of it was rehearsed", *failed])
    yield Tile("Restore", ago(rehearsed), detail, verdict, "backups")


def _doubts(row: State) -> t.Iterator[str]:
    """Say why the newest backup of a component is none to count on."""
    if row["damaged"]:
        yield "is damaged"
    if row["suspect"]:
        yield "holds less"


def _alerts(monitoring: State) -> t.Iterator[Tile]:
    if not monitoring["on"]:
        return
    servers, alerts = monitoring["servers"], monitoring["alerts"]
    loud = [one for one in alerts if not one["silenced"]]
    counted = [monitoring_status.rank(one) for one in alerts if monitoring_status.counts(one)]
    verdict = GOOD if not counted else BAD if min(counted) == monitoring_status.RANKS["critical"] else WARNING
    silenced = f", {len(alerts) - len(loud)} silenced" if len(alerts) > len(loud) else ""
    where = "alerts" if alerts else "monitoring"
    if monitoring["known"]:
        worst = f"fire, the worst is {loud[0]['name']}" if loud else "fire"
        yield Tile("Alerts", str(len(loud) or "none"), worst + silenced, verdict, where)
    else:
        yield Tile("Alerts", "unknown", "since no rule is judged", BAD, where)
    well = [row for row in servers if _monitors_well(row)]
    yield Tile(
        "Monitoring", f"{len(well)} of {len(servers)}", "judge and tell", _share(len(well), len(servers)), "monitoring"
    )


def _monitors_well(row: State) -> bool:
    judges = row["vmalert"] and row["rules"] > row["failing"]
    return row["alertmanager"] and judges and row["watchdog"] == "fires"


def _versions(versions: State) -> t.Iterator[Tile]:
    behind, newer = len(versions["upgrades"]), len(versions["newer"])
    if behind:
        yield Tile("k3s", versions["wanted"], f"{_counted(behind, 'host')} to upgrade", WARNING, "upgrade")
    elif newer:
        has = "has a newer one" if newer == 1 else "have a newer one"
        yield Tile("k3s", versions["wanted"], f"is wanted, {_counted(newer, 'host')} {has}", WARNING, "hosts")
    else:
        follows = versions["newest"] != versions["wanted"]
        yield Tile(
            "k3s", versions["wanted"], f"{versions['newest']} could follow" if follows else "newest", GOOD, "hosts"
        )


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


def _set(row: State) -> list[Cell]:
    parts = ", ".join(f"{name} (level {part['level']})" for name, part in sorted(row["components"].items()))
    return [Cell(row["set"]), Cell(ago(row["age"])), Cell(str(row["generation"])), Cell(parts)]
