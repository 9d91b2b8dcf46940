# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory of a mirror while it is collected.

What is new takes its place at once. What replaces another content waits until all is there, and the manifest is away
while that is exchanged: a collection that is cut off leaves a whole mirror or one that says that it is none.
"""

from __future__ import annotations

import os
import shutil
import typing as t
from dataclasses import replace
from pathlib import Path

from .._artifact.files import require_sha256, sha256_of
from . import manifest as manifests
from . import signature, tree
from .errors import MirrorError
from .manifest import FILE, SIGNATURE, WORK, Entry, Manifest

# What is ours to take away; whatever else lies there is somebody's.
OURS = ("airgap", "artifacts", "debian", "files", "images", "python")
_STAGED = "staged"


class Result(t.NamedTuple):
    """What was, or would be, changed, by path; C(idle) are files that nothing asks for any more."""

    added: list[str]
    replaced: list[str]
    removed: list[str]
    idle: list[str]
    foreign: list[str]
    rewritten: bool
    signed: bool

    @property
    def changed(self) -> bool:
        return bool(self.added or self.replaced or self.removed or self.rewritten or self.signed)


class Store:
    def __init__(self, directory: Path, *, dry: bool = False) -> None:
        """dry: nothing is written. Raises MirrorError where the directory is something else."""
        self.directory, self._dry = directory, dry
        self._staged: set[str] = set()
        self._added: set[str] = set()
        self.former = self._read()

    @property
    def work(self) -> Path:
        return self.directory / WORK

    def has(self, entry: Entry) -> bool:
        """Whether a file is there, byte by byte; also one that waits."""
        if not tree.fault(self.directory, entry):
            return True
        if not tree.fault(self.work / _STAGED, entry):
            self._staged.add(entry.path)
            return True
        return False

    def path(self, path: str, sha256: str) -> Path | None:
        """Where a file with this content is, nothing where there is none at this path, nor one that waits for it."""
        for place in (self.directory, self.work / _STAGED):
            file = place / path
            if file.is_file() and not file.is_symlink() and sha256_of(file) == sha256:
                return file
        return None

    def put(self, source: Path, entry: Entry, *, copied: bool = False) -> None:
        """Take a file that is used up by that, unless it is to be copied; where nothing is written, remember it alone.

        Raises ChecksumError if it is another one.
        """
        what = f"{entry.name} of {entry.origin}"
        if self._dry:
            require_sha256(source, entry.sha256, what)
            self.note(entry)
            return
        there = os.path.lexists(self.directory / entry.path)
        target = (self.work / _STAGED if there else self.directory) / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if copied:
            part = self.work / "copied"
            part.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, part)
            source = part
        require_sha256(source, entry.sha256, what)
        source.chmod(0o644)
        source.replace(target)
        (self._staged if there else self._added).add(entry.path)

    def note(self, entry: Entry) -> None:
        """Remember, where nothing is written, what would be put."""
        (self._staged if os.path.lexists(self.directory / entry.path) else self._added).add(entry.path)

    def finish(
        self, entries: t.Iterable[Entry], collected_for: t.Mapping[str, t.Any], *, key: Path | None, prune: bool
    ) -> Result:
        """Exchange what has to be, write the manifest, and sign it where there is a key."""
        wanted = manifests.merged(entries)
        paths = {entry.path for entry in wanted}
        idle = [
            replace(entry, purpose=()) for entry in self.former.entries
            if not prune and entry.path not in paths and not tree.fault(self.directory, entry)
        ]  # fmt: skip
        manifest = Manifest(manifests.merged([*wanted, *idle]), collected_for)
        text = manifests.render(manifest)
        result = self._result(manifest, text, prune)._replace(
            idle=[entry.path for entry in idle], signed=self._is_unsigned(text, key)
        )
        if result.changed and not self._dry:
            self._commit(text, result)
            if key and result.signed:
                _write(self.directory / SIGNATURE, signature.sign(text.encode(), key))
        return result

    def adopt(self, manifest: Manifest, text: str, signed: str) -> Result:
        """Be what another mirror is, with its manifest and its signature, which may be empty, as they are."""
        result = self._result(manifest, text, prune=True)._replace(signed=signed != self._text(SIGNATURE))
        if result.changed and not self._dry:
            (self.directory / SIGNATURE).unlink(missing_ok=True)
            self._commit(text, result)
            if signed:
                _write(self.directory / SIGNATURE, signed)
        return result

    def _result(self, manifest: Manifest, text: str, prune: bool) -> Result:
        others = [path for path in tree.foreign(self.directory, manifest) if path not in self._added]
        removed = [path for path in others if prune and path.partition("/")[0] in OURS]
        return Result(
            added=sorted(self._added),
            replaced=sorted(self._staged),
            removed=removed,
            idle=[],
            foreign=[path for path in others if path not in removed],
            rewritten=text != self._text(FILE),
            signed=False,
        )

    def _commit(self, text: str, result: Result) -> None:
        if result.rewritten:
            (self.directory / SIGNATURE).unlink(missing_ok=True)
        if result.replaced or result.removed or result.rewritten:
            (self.directory / FILE).unlink(missing_ok=True)
        for path in result.replaced:
            (self.work / _STAGED / path).replace(self.directory / path)
        for path in result.removed:
            self._remove(path)
        if not (self.directory / FILE).exists():
            _write(self.directory / FILE, text)

    def _remove(self, path: str) -> None:
        (self.directory / path).unlink()
        for parent in (self.directory / path).parents:
            if parent == self.directory or any(parent.iterdir()):
                return
            parent.rmdir()

    def _is_unsigned(self, text: str, key: Path | None) -> bool:
        """Whether a signature of this key is asked for, and not there."""
        file = self.directory / SIGNATURE
        if not key:
            return False
        return not file.exists() or not signature.is_of(text.encode(), file.read_text(encoding="utf-8"), key)

    def _text(self, name: str) -> str:
        file = self.directory / name
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def _read(self) -> Manifest:
        if (self.directory / FILE).exists():
            return tree.read(self.directory)
        if self.directory.exists() and not self.work.exists() and any(self.directory.iterdir()):
            raise MirrorError(
                f"{self.directory} holds something else than a mirror; expected an empty directory, none, or a mirror"
            )
        return Manifest()


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
