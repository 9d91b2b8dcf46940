# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of a site shows at a glance."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._site import monitoring_status

from .page_words import BAD, GOOD, WARNING, ago, counted, small

State = t.Mapping[str, t.Any]


class Tile(t.NamedTuple):
    """One thing to see at a glance, and the table that has the rest."""

    title: str
    value: str
    detail: str
    verdict: str
    anchor: str


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
    detail = f"{counted(len(apart), 'zone')} not the same everywhere" if apart else "answer, all zones the same"
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
        yield Tile("k3s", versions["wanted"], f"{counted(behind, 'host')} to upgrade", WARNING, "upgrade")
    elif newer:
        has = "has a newer one" if newer == 1 else "have a newer one"
        yield Tile("k3s", versions["wanted"], f"is wanted, {counted(newer, 'host')} {has}", WARNING, "hosts")
    else:
        follows = versions["newest"] != versions["wanted"]
        yield Tile(
            "k3s", versions["wanted"], f"{versions['newest']} could follow" if follows else "newest", GOOD, "hosts"
        )
