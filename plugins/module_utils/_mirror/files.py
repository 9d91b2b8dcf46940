# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any other file of a mirror that its checksum is known of, such as a chart or the archive of a collection."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from .._artifact.files import ChecksumError
from .._artifact.transport import Transport, Unreachable
from .errors import MirrorError
from .manifest import Entry
from .store import Store
from .tree import Say

ROOT = "files"
PURPOSE = ("controller",)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")

Described = t.Mapping[str, t.Any]


def faults(files: t.Sequence[Described]) -> list[str]:
    """What is wrong with files as they are asked for: C(name), C(sha256), and one of C(url) and C(src)."""
    found = []
    for one in files:
        if not _NAME.fullmatch(one["name"]):
            found.append(
                f"{one['name']!r} is no name of a file; expected letters, digits, dots, plus, minus, underscore"
            )
        if not _SHA256.fullmatch(one["sha256"]):
            found.append(f"{one['name']} has the sha256 {one['sha256']!r}; expected 64 hexadecimal digits")
        if bool(one.get("url")) == bool(one.get("src")):
            found.append(f"{one['name']} has {'both' if one.get('url') else 'neither'} of url and src; expected one")
    names = [one["name"] for one in files]
    found += [f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    return found


def collect(files: t.Iterable[Described], store: Store, say: Say) -> list[Entry]:
    """Bring what the mirror lacks, resuming what was begun. Raises MirrorError."""
    transport = Transport(store.work / "unreachable", say)
    return [_collected(one, store, transport, say) for one in files]


def planned(files: t.Iterable[Described], store: Store) -> list[Entry]:
    """What C(collect) would bring; nothing is fetched."""
    entries = []
    for one in files:
        there = store.path(_place(one), one["sha256"])
        entry = _entry(one, there.stat().st_size if there else 0)
        if not store.has(entry):
            store.note(entry)
        entries.append(entry)
    return entries


def _collected(one: Described, store: Store, transport: Transport, say: Say) -> Entry:
    there = store.path(_place(one), one["sha256"])
    if there:
        entry = _entry(one, there.stat().st_size)
        store.has(entry)
        return entry
    source = Path(one["src"]) if one.get("src") else _fetched(one, store, transport, say)
    if not source.is_file():
        raise MirrorError(f"{source} of {one['name']} is no file on this machine; correct its src")
    entry = _entry(one, source.stat().st_size)
    try:
        store.put(source, entry, copied=bool(one.get("src")))
    except ChecksumError as error:
        if not one.get("src"):
            source.unlink(missing_ok=True)
        raise MirrorError(str(error)) from error
    return entry


def _fetched(one: Described, store: Store, transport: Transport, say: Say) -> Path:
    # By its checksum: what is there of another content is nothing to go on with.
    part = store.work / ROOT / f"{one['sha256']}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    say(one["name"])
    try:
        transport.download(one["url"], part)
    except Unreachable as error:
        raise MirrorError(f"{one['name']} can't be had: {error}; run this again") from error
    return part


def _place(one: Described) -> str:
    return f"{ROOT}/{one['name']}"


def _entry(one: Described, size: int) -> Entry:
    named = {"name": one["name"], "version": "", "arch": "", "origin": one.get("url") or one["src"]}
    return Entry(_place(one), size, one["sha256"], "file", **named, purpose=PURPOSE)
