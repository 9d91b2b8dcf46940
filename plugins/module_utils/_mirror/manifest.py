# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of a mirror's files: what is in it, and what each file is. Pure.

One file a line, with its keys sorted, so that whoever carries a mirror checks it without this collection, too.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath

from .errors import MirrorError

FILE = "manifest.json"
SIGNATURE = f"{FILE}.sig"
# Where a collection that has not ended yet keeps what it has.
WORK = ".work"
FORMAT = 1
TEXTS = ("path", "sha256", "kind", "name", "version", "arch", "origin")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, order=True)
class Entry:
    """One file: C(path) below the mirror, size in C(bytes), and whom it is there for (C(purpose))."""

    path: str
    bytes: int
    sha256: str
    kind: str
    name: str
    version: str
    arch: str
    origin: str
    purpose: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """All files by path, and what the mirror was collected for, as a mapping that JSON can say."""

    entries: tuple[Entry, ...] = ()
    collected_for: t.Mapping[str, t.Any] = field(default_factory=dict)

    @property
    def by_path(self) -> dict[str, Entry]:
        return {entry.path: entry for entry in self.entries}

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.entries)

    def of_kind(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind in kinds]


def render(manifest: Manifest) -> str:
    """The text of the file; the same mirror always has the same."""
    listed = ",\n".join(_dumped(asdict(entry)) for entry in sorted(manifest.entries))
    collected_for = _dumped(manifest.collected_for)
    return f'{{"collected_for": {collected_for},\n"files": [\n{listed}\n],\n"format": {FORMAT}}}\n'


def parse(text: str) -> Manifest:
    """Read the file. Raises MirrorError where it is none, or names a place outside of the mirror."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise MirrorError(
                f"{FILE} has the format {document['format']!r}; expected {FORMAT}: collect the mirror with the version"
                " of the collection that reads it"
            )
        manifest = Manifest(tuple(_entry(one) for one in document["files"]), dict(document["collected_for"]))
    except (ValueError, KeyError, TypeError) as error:
        raise MirrorError(f"{FILE} can't be read: {error!r}; collect the mirror anew") from error
    if len(manifest.by_path) != len(manifest.entries):
        raise MirrorError(f"{FILE} names a file twice; collect the mirror anew")
    return manifest


def merged(entries: t.Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries by path, where one file may be there for several purposes. Raises MirrorError if two differ otherwise."""
    found: dict[str, Entry] = {}
    for entry in entries:
        other = found.setdefault(entry.path, entry)
        if (other.sha256, other.bytes) != (entry.sha256, entry.bytes):
            raise MirrorError(
                f"{entry.path} is {other.sha256} of {other.origin} and {entry.sha256} of {entry.origin}; expected one"
                " content for one path: collect from one archive"
            )
        purpose = tuple(sorted({*other.purpose, *entry.purpose}))
        found[entry.path] = Entry(**{**asdict(other), "purpose": purpose})
    return tuple(sorted(found.values()))


def _entry(document: t.Any) -> Entry:
    unsafe = PurePosixPath(document["path"])
    if not unsafe.parts or unsafe.is_absolute() or {".."} & set(unsafe.parts) or str(unsafe) != document["path"]:
        raise MirrorError(f"{FILE} names {document['path']!r}, which is no path below the mirror; do not use it")
    if any(not isinstance(document[key], str) for key in TEXTS) or not isinstance(document["bytes"], int):
        raise MirrorError(
            f"{FILE} describes {document['path']} by other than texts and a size; collect the mirror anew"
        )
    if not _SHA256.fullmatch(document["sha256"]):
        raise MirrorError(f"{FILE} has no checksum for {document['path']}; collect the mirror anew")
    return Entry(**{**document, "purpose": tuple(document["purpose"])})


def _dumped(value: t.Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
