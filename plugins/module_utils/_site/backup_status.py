# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site's backups as data, out of what backup_info found on each host that makes them."""

from __future__ import annotations

import re
import typing as t

from .._backup.catalogue import CHECKSUMS, REHEARSED
from . import own_components
from .failure import failure
from .model import Host, Site

Found = t.Mapping[str, t.Any]

SHOWN = 5  # the newest sets
REHEARSAL_SECONDS = 15 * 24 * 3600  # it is due every week
LATE = 2  # intervals after which a component is overdue, and the second storage in any case
RPO = "site_backup_rpo"
METRICS, GARDEN = "metrics", "garden"
STORAGES = ("site_object_storage", "site_object_storage_second")


def components_of(site: Site) -> list[str]:
    """Return what makes a set of the site complete; nothing where nothing is backed up."""
    if not site.value("site_object_storage"):
        return []
    return ["k3s", *(["powerdns"] if site.dns_servers else [])]


def metric_servers(site: Site) -> list[Host]:
    """Return who backs up metrics: those who monitor, as far as they are backed up at all."""
    if not (components_of(site) and site.value("site_monitoring")):
        return []
    return [host for host in site.monitoring_servers if host in (*site.servers, *site.dns_servers)]


def share_of(host: Host) -> str:
    """Name the component of a host whose store has a share of the metrics, as the playbooks do."""
    return f"{METRICS}_{re.sub('[^a-z0-9]', '_', host.name)}"


def limits_of(site: Site) -> list[str]:
    """Return what may be named in the RPO."""
    servers = metric_servers(site)
    shares = [METRICS, *map(share_of, servers)] if servers else []
    return [*components_of(site), *shares, *_gardens(site), *own_components.names(site)]


def _metrics(site: Site, found: t.Mapping[str, Found]) -> list[str]:
    """One component, which any host makes, or one of each host: how it is the hosts tell, since they were told."""
    servers = metric_servers(site)
    own = {name for host in servers for name in found.get(host.name, {}).get("holding", {})}
    if not own & {METRICS} and own & set(map(share_of, servers)):
        return [share_of(host) for host in servers]
    return [METRICS] if servers else []


def _gardens(site: Site) -> list[str]:
    return [GARDEN] if components_of(site) and site.value("site_backup_garden") else []


def _is_awaited(component: str, sets: t.Sequence[Found], found: t.Mapping[str, Found]) -> bool:
    """Tell whether there is any to back up: a set holds one, or not all who have looked say that there is none."""
    runs = [one["runs"][component] for one in found.values() if component in one["runs"]]
    return any(component in one["components"] for one in sets) or not runs or not all(one.get("idle") for one in runs)


def rehearsing(site: Site) -> bool:
    """Tell whether a host of the site rehearses restores; the role does unless it is told not to."""
    return any(host.variables.get("backup_rehearse", True) for host in (*site.servers, *site.dns_servers))


def notes(site: Site) -> t.Iterator[dict[str, str]]:
    """Yield what somebody has switched off: no failure, and nothing to call green either."""
    if components_of(site) and not rehearsing(site):
        remedy = "take it out, or run 'metalstack-backup rehearse' on a host now and then"
        seen, expected = "switched off by backup_rehearse", "a rehearsal every week"
        yield failure("the site", "restores are rehearsed", seen, expected, remedy)
    for variable in STORAGES:
        given = site.value(variable)
        if given:
            yield from _unlocked(variable, given)


def _unlocked(variable: str, given: t.Mapping[str, t.Any]) -> t.Iterator[dict[str, str]]:
    expected = "lock_days, 14 or more, with object lock of the bucket, and a pruner, who extends the locks"
    if not given.get("lock_days"):
        what = "nobody can remove all backups, whatever keys they have"
        remedy = "see docs/playbooks/backup.md on what thieves of keys can do"
        yield failure("the site", what, f"{variable} asks for no object lock", expected, remedy)
    elif not given.get("pruner"):
        seen, remedy = f"{variable} has lock_days and no pruner", "give it one, and run prune_backups every day"
        yield failure("the site", "what backups need stays locked", seen, expected, remedy)


def describe(site: Site, found: t.Mapping[str, Found]) -> tuple[dict[str, t.Any], list[dict[str, str]]]:
    """Return the state and what does not hold; a host that is not in C(found) did not answer."""
    wanted = [*components_of(site), *_metrics(site, found), *_gardens(site), *own_components.names(site)]
    if not wanted:
        return {"components": [], "sets": []}, []
    records = [one["record"] for one in found.values() if one.get("record")]
    record = max(records, key=lambda one: one["generation"], default={"lineage": "", "generation": 0})
    listed = next((one["sets"] for one in found.values() if "sets" in one), None)
    # Of a host that knows whose data it has, if there is one.
    told = [one["newest"] for one in found.values() if one.get("newest") and one.get("record") == record]
    sets = [one for one in listed or [] if one["lineage"] == record["lineage"]]
    wanted = [name for name in wanted if name != GARDEN or _is_awaited(name, sets, found)]
    rows = [_row(name, limit(site, name), sets, found, told[0].get(name, {}) if told else {}) for name in wanted]
    for row in rows:
        row["rehearsal_overdue"] = rehearsing(site) and _unrehearsed(row) > REHEARSAL_SECONDS
    refused = next((one["unanswered"] for one in found.values() if "unanswered" in one), "no host got an answer")
    interval = site.value("site_backup_interval")
    state = {**record, "interval": interval, "components": rows, "sets": sets[-SHOWN:]}
    findings = list(_findings(state, "" if listed is not None else refused, found))
    findings.extend(_overdue(rows))
    second = site.value("site_object_storage_second")
    if second:
        copies = {host: one["copied"] for host, one in found.items() if one["copied"].get("where") == _where(second)}
        state["copied"] = max((copy.get("set", "") for copy in copies.values()), default="")
        findings.extend(_copy_findings(state["copied"], LATE * interval, sets, copies))
    return state, findings


def _where(storage: t.Mapping[str, t.Any]) -> str:
    """What the hosts call an object storage: what was copied to another one counts for nothing."""
    return f"{storage.get('endpoint')}/{storage.get('bucket')}"


def limit(site: Site, component: str) -> int:
    """Return how old the newest copy of a component may be, in seconds; a host's share goes by C(metrics), too."""
    usual, given = LATE * site.value("site_backup_interval"), site.value(RPO)
    if component.startswith(f"{METRICS}_"):
        usual = given.get(METRICS, usual)
    return int(given.get(component, usual))


def _row(
    component: str, limit: int, sets: t.Sequence[Found], found: t.Mapping[str, Found], told: Found
) -> dict[str, t.Any]:
    having = [one for one in sets if component in one["components"]]
    # What nobody has read again may be none, and what was found damaged since is none.
    good = [one["age"] for one in having if _restorable(one["components"][component])]
    restorable = good[-1] if good else None
    newest = having[-1] if having else None
    results = [one["runs"].get(component, {}) for one in found.values()]
    made = [result for result in results if newest and result.get("set") == newest["set"]]
    promoted = bool(newest and newest["components"][component].get("promoted"))
    damaged = bool(newest and newest["components"][component].get("damaged"))
    suspect = told.get("suspect") if newest and told.get("set") == newest["set"] else None
    if suspect is None:
        # The host that made it may have made another one since, so it is second best.
        suspect = made[0]["suspect"] if made else []
    return {
        "component": component,
        "set": newest["set"] if newest else "",
        "age": newest["age"] if newest else None,
        "restorable": restorable,
        "rpo": limit,
        "in_time": restorable is not None and restorable <= limit,
        "level": newest["components"][component]["level"] if newest else None,
        "damaged": damaged,
        "bytes": made[0]["bytes"] if made else told.get("bytes"),
        "change": told.get("change"),
        "verified": (told.get("verified") or {}).get("age"),
        # Once somebody has promoted it, it is not.
        "suspect": [] if promoted else suspect,
        "sets": len(having),
        "rehearsed": next((one["age"] for one in reversed(having) if _rehearsed(one, component)), None),
        "rehearsal_seconds": (told.get("rehearsal") or {}).get("seconds"),
        "rehearsal_error": next((one["rehearsal_error"] for one in results if one.get("rehearsal_error")), ""),
        "oldest": having[0]["age"] if having else 0,
    }


def _restorable(part: Found) -> bool:
    return int(part["level"]) >= CHECKSUMS and not part.get("damaged")


def _rehearsed(one: Found, component: str) -> bool:
    return int(one["components"][component]["level"]) >= REHEARSED


def _findings(state: Found, refused: str, found: t.Mapping[str, Found]) -> t.Iterator[dict[str, str]]:
    look = "read 'journalctl -u metalstack-backup@*' there"
    if refused:
        remedy = "see docs/playbooks/backup.md; servers go on, nothing is backed up meanwhile"
        yield failure("the object storage", "it lists the site's sets", refused, "an answer", remedy)
    for host, one in found.items():
        for component, result in one["runs"].items():
            if result.get("error"):
                yield failure(host, f"the last backup of {component} worked", result["error"], "a set", look)
            if result.get("rehearsal_error"):
                seen = result["rehearsal_error"]
                remedy = "read 'journalctl -u metalstack-backup-rehearse' there"
                yield failure(host, f"the last rehearsal of a restore of {component} worked", seen, "no error", remedy)
            if result.get("verify_error"):
                seen = result["verify_error"]
                yield failure(host, f"the last backup of {component} was found whole", seen, "no damage", look)
        for begun in one["restoring"]:
            seen = f"the restore of {begun['component']} from {begun['set']} is not confirmed"
            yield failure(host, "backups go on", seen, "a confirmed restore", "run the bootstrap playbook")
        for component in one["due"]:
            seen, remedy = "it did not come back with the site yet", "run the bootstrap playbook, which says why"
            yield failure(host, f"{component} is back", seen, "its data of before the restore", remedy)
    for row in [] if refused else state["components"]:
        name = row["component"]
        if not row["in_time"]:
            seen = "never" if row["restorable"] is None else f"{row['restorable']} s ago"
            if row["age"] not in (None, row["restorable"]):
                what = "is damaged" if row["damaged"] else "was not verified"
                seen += f"; the newest, of {row['age']} s ago, {what}"
            expected = f"within {row['rpo']} s ({RPO})"
            yield failure("the site", f"{name} was backed up in time", seen, expected, look)
        if row["damaged"]:
            remedy = "run the playbook backup with backup_mend, or make another one"
            yield failure("the site", f"the newest backup of {name} is whole", row["set"], "no damage", remedy)
        if row["suspect"]:
            seen = "; ".join(row["suspect"])
            yield failure(
                "the site", f"the newest backup of {name} holds what those before held", seen, "no drop", look
            )


def _unrehearsed(row: Found) -> int:
    """For how long no restore was rehearsed; one that is young has had nothing to rehearse before."""
    return int(row["oldest"] if row["rehearsed"] is None else row["rehearsed"])


def _overdue(rows: t.Iterable[Found]) -> t.Iterator[dict[str, str]]:
    for row in rows:
        if row["rehearsal_overdue"]:
            seen = "never" if row["rehearsed"] is None else f"{_unrehearsed(row) // 86400} days ago"
            remedy = "read 'journalctl -u metalstack-backup-rehearse' on the hosts"
            yield failure(
                "the site", f"a restore of {row['component']} was rehearsed lately", seen, "within 15 days", remedy
            )


def _copy_findings(
    copied: str, limit: int, sets: t.Sequence[Found], copies: t.Mapping[str, Found]
) -> t.Iterator[dict[str, str]]:
    """What does not hold of the second storage, whose newest set is C(copied)."""
    look = "read 'journalctl -u metalstack-backup-copy' there"
    for host, copy in copies.items():
        if copy.get("error"):
            yield failure(host, "the last copy to the second storage worked", copy["error"], "a copy", look)
        for component, error in copy.get("verified", {}).items():
            if error:
                yield failure(host, f"{component} in the second storage was found whole", error, "no damage", look)
    # Without any, or with one that was pruned since, the oldest set is what could have been copied.
    oldest = sets[0]["age"] if sets else 0
    age = next((one["age"] for one in sets if one["set"] == copied), oldest)
    if age > limit:
        seen = f"the set of {age} s ago" if copied else "none"
        yield failure("the site", "the second storage has a new set", seen, f"one within {limit} s", look)
