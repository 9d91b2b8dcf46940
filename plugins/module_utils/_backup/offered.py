# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An object storage that is given to a site that lives: proven on hosts on which nothing was installed for it yet."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from . import catalogue, disk, gate, keys, probe, settings
from .errors import BackupError
from .gate import Local, Record
from .plain_store import PlainStore
from .settings import Storage

NAMES = ("first", "second")
FIELDS = ("endpoint", "region", "bucket", "path_style", "access_key", "secret_key", "lock_days")
USUAL = {"region": "us-east-1", "path_style": True}
Given = t.Mapping[str, t.Any]
_NEEDED = {"type": "str", "required": True}
# How modules are told of a storage.
OPTIONS = {
    "endpoint": _NEEDED,
    "region": {"type": "str", "default": "us-east-1"},
    "bucket": _NEEDED,
    "path_style": {"type": "bool", "default": True},
    "ca": {"type": "str", "default": ""},
    "access_key": {**_NEEDED, "no_log": True},
    "secret_key": {**_NEEDED, "no_log": True},
}


def storage(given: Given) -> tuple[Storage, str]:
    """A storage as the options of a module describe it, and its authority in PEM."""
    fields = {name: given[name] for name in FIELDS if name in given}
    return Storage(**{**USUAL, **fields, "ca_file": ""}), (given.get("ca") or "").strip()


def news(offered: t.Mapping[str, Given], file: Path = settings.FILE) -> list[str]:
    """Which of the storages are others than those that this host backs up to."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        had = {"first": _had(known.get("storage")), "second": _had(known.get("second"))}
    except (OSError, ValueError, TypeError, AttributeError):
        # Nothing that can be read is nothing that was proven.
        had = {}
    return [name for name in NAMES if offered.get(name) and storage(offered[name]) != had.get(name)]


def _had(found: Given | None) -> tuple[Storage, str] | None:
    if not found:
        return None
    known = Storage(**found)
    authority = Path(known.ca_file).read_text(encoding="utf-8").strip() if known.ca_file else ""
    return Storage(**{**found, "ca_file": ""}), authority


def judged(
    name: str, given: Given, site: str, lineage: str, components: t.Collection[str], state: Path, writes: bool
) -> dict[str, t.Any]:
    """C(where) a storage is, what was C(seen) of it, and C(complaints). writes: whether it may be tried out.

    lineage: that of the cluster on this host; empty where it cannot be asked.
    """
    told, authority = storage(given)
    found: dict[str, t.Any] = {"where": told.where, "seen": {}, "complaints": []}
    try:
        store = PlainStore(told, authority)
        known = catalogue.generations(store.keys(keys.lineages(site)))
        sets = catalogue.sets(store.keys(keys.catalogue(site)))
        holders = {one.lineage for one in sets if set(components) & one.parts.keys()}
        record = disk.read_record(state)
        found["complaints"] += foreign(name, record, lineage, known, holders, f"{told.where}/{site}")
        if writes and not found["complaints"]:
            seen = probe.probe(store, site)
            found["seen"] = seen._asdict()
            found["complaints"] += probe.complaints(seen, told.lock_days)
    except BackupError as error:
        found["complaints"].append(str(error))
    return found


def foreign(
    name: str, record: Record | None, lineage: str, known: t.Mapping[str, int], holders: t.Collection[str], where: str
) -> list[str]:
    """Why the data on this host could not be backed up beside what a storage holds. Pure.

    holders: the lineages with sets of what this host backs up.
    """
    if record is not None:
        answer = gate.may_start(Local(True), record, known)
        # The second storage begins empty, and knows of a lineage what was copied.
        if not answer.allowed or (answer.alarm and name == "first"):
            return [answer.reason]
    elif lineage and lineage not in known:
        try:
            gate.refuse_second(lineage, holders, where)
        except BackupError as error:
            return [str(error)]
    return []
