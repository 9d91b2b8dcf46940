# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backups of metal-stack's databases, which their own sidecars make. Pure."""

from __future__ import annotations

import typing as t

from .._metal_databases import noted
from .failure import failure
from .model import Site

Found = t.Mapping[str, t.Any]

LATE = 2  # intervals of its schedule after which a database is overdue
SPARE = 300  # what one backup may take
SAVED_SECONDS = noted.SAVED_SECONDS
WHERE = "metal-stack's databases"


def describe(site: Site, found: t.Mapping[str, Found]) -> tuple[list[dict[str, t.Any]], list[dict[str, str]]]:
    """Return a row of each and what does not hold. C(found) is what backup_info has, by host that answered."""
    told = {host: one["databases"] for host, one in found.items() if "databases" in one}
    if not told:
        return [], list(_nobody(site, found))
    seen = next((one["seen"] for one in told.values() if "seen" in one), None)
    if seen is None:
        refused = next(one["unanswered"] for one in told.values())
        remedy = "see what k3s says there; databases go on, and nobody knows of their backups"
        return [], [failure(WHERE, "the cluster tells which there are", refused, "an answer", remedy)]
    runs = [one["runs"] for one in told.values()]
    rows = [_row(one, [each[one["database"]] for each in runs if one["database"] in each]) for one in seen]
    return rows, [one for row in rows for one in _findings(row)]


def _nobody(site: Site, found: t.Mapping[str, Found]) -> t.Iterator[dict[str, str]]:
    backed_up = site.is_on("site_metal_stack") and site.value("site_metal_stack_storage")
    if backed_up and found:
        remedy = "run the bootstrap playbook"
        yield failure(WHERE, "a server counts them every night", "none", "one that looks after them", remedy)


def _row(one: Found, runs: t.Sequence[Found]) -> dict[str, t.Any]:
    # One server a night is enough, whatever the others met.
    errors = [noted.failed(each, one.get("saved") or "") for each in runs]
    newest = {name: one.get(name) for name in ("age", "bytes", "change", "count", "created_age", "saved_age")}
    return {
        **newest, "database": one["database"], "interval": one["interval"], "waits": one["waits"],
        "wrong": one["wrong"], "unanswered": one["unanswered"], "suspect": one.get("suspect") or "",
        "error": errors[-1] if errors and all(errors) else "",
        "empty": any(noted.empty(each, one.get("saved") or "", each["age"]) for each in runs),
    }  # fmt: skip


def _findings(row: Found) -> t.Iterator[dict[str, str]]:
    name = row["database"]
    if row["wrong"]:
        remedy = "run the playbook metal_stack, which deploys it"
        yield failure(name, "its sidecar backs it up", row["wrong"], "one that backs up to an object storage", remedy)
        return
    if row["waits"]:
        remedy = "run the playbook metal_stack, which says what it waits for"
        yield failure(name, "its data are there", row["waits"], "a database that backs itself up", remedy)
        return
    log = "read the log of its container backup-restore-sidecar"
    if row["unanswered"]:
        yield failure(name, "the object storage lists its backups", row["unanswered"], "an answer", log)
        return
    if row["age"] is None:
        # A new one has as much time for its first as for each that follows.
        if _older(row["created_age"], LATE * row["interval"] + SPARE if row["interval"] else SAVED_SECONDS):
            yield failure(name, "it was backed up", "no backup", "one", log)
    elif row["interval"] and row["age"] > LATE * row["interval"] + SPARE:
        expected = f"within {LATE * row['interval'] + SPARE} s, by its schedule"
        yield failure(name, "it was backed up in time", f"{row['age']} s ago", expected, log)
    if row["suspect"]:
        remedy = "look into the database before its good backups expire; see docs/failure-scenarios/B3.md"
        yield failure(name, "its newest backup is as large as those before", row["suspect"], "no drop", remedy)
    journal = "read 'journalctl -u metalstack-backup-databases' on the servers"
    if row["error"]:
        yield failure(name, "what it holds was counted with its last nightly backup", row["error"], "no error", journal)
    elif not row["empty"] and _older(
        row["created_age"] if row["saved_age"] is None else row["saved_age"], SAVED_SECONDS
    ):
        told = "never" if row["saved_age"] is None else f"{row['saved_age'] // 3600} h ago"
        remedy = f"run the playbook backup, or {journal}"
        yield failure(name, "what it holds was saved, for a restore to be compared with", told, "every night", remedy)


def _older(age: int | None, seconds: int) -> bool:
    """Also where nobody knows how old it is."""
    return age is None or age > seconds
