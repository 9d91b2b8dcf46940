# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mirror's directory compared with its manifest: every byte."""

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

from .._artifact.files import sha256_of
from .errors import MirrorError
from .manifest import FILE, SIGNATURE, WORK, Entry, Manifest, parse

Say = t.Callable[[str], None]
PROGRESS_SECONDS = 5.0
SHOWN = 20


class Fault(t.NamedTuple):
    """One file that is not as the manifest has it: C(missing), C(foreign), C(truncated) or C(tampered)."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} is {self.what}"


class Progress:
    """Tells now and then how much of a known amount is done."""

    def __init__(self, what: str, total: int, say: Say) -> None:
        self._what, self._total, self._say = what, total, say
        self._done, self._told = 0, time.monotonic()

    def add(self, amount: int) -> None:
        self._done += amount
        if time.monotonic() - self._told > PROGRESS_SECONDS:
            self._told = time.monotonic()
            self._say(f"{self._what}: {self._done >> 20} of {self._total >> 20} MiB")


def read(directory: Path) -> Manifest:
    """The manifest of a mirror. Raises MirrorError where there is none."""
    try:
        return parse((directory / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MirrorError(
            f"{directory} has no {FILE}, so it is no mirror, or one whose collection has not ended: run the playbook"
            " mirror with mirror_action=collect, which goes on from there"
        ) from error
    except UnicodeDecodeError as error:
        raise MirrorError(f"{directory}/{FILE} is no text: {error}; collect the mirror anew") from error


def fault(directory: Path, entry: Entry) -> str:
    """What is wrong with one file, empty if nothing is."""
    path = directory / entry.path
    # A link may lead anywhere, also to what is right today.
    if path.is_symlink() or not path.is_file():
        return "tampered" if os.path.lexists(path) else "missing"
    size = path.stat().st_size
    if size < entry.bytes:
        return "truncated"
    return "" if size == entry.bytes and sha256_of(path) == entry.sha256 else "tampered"


def foreign(directory: Path, manifest: Manifest) -> list[str]:
    """What is in the directory and not in the manifest, by path."""
    listed = manifest.by_path
    found = []
    for place, directories, files in os.walk(directory):
        if Path(place) == directory:
            directories[:] = [name for name in directories if name != WORK]
            files = [name for name in files if name not in (FILE, SIGNATURE)]
        links = [name for name in directories if os.path.islink(os.path.join(place, name))]
        found += [str(Path(place, name).relative_to(directory)) for name in [*files, *links]]
    return sorted(path for path in found if path not in listed)


def faults(directory: Path, manifest: Manifest, say: Say = lambda message: None) -> list[Fault]:
    """Every file that is not as the manifest has it, by path; all bytes are read."""
    progress = Progress(f"verified of {directory}", manifest.bytes, say)
    found = [Fault(path, "foreign") for path in foreign(directory, manifest)]
    for entry in manifest.entries:
        if what := fault(directory, entry):
            found.append(Fault(entry.path, what))
        progress.add(entry.bytes)
    return sorted(found)


def listed(found: t.Sequence[Fault]) -> str:
    """Faults in one text, the first of them if there are many."""
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(map(str, found[:SHOWN])) + more
