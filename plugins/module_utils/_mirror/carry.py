# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes a mirror that was carried here: what is right of it, and only as a whole."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._artifact.files import ChecksumError, locked
from . import manifest as manifests
from . import tree, trust
from .errors import MirrorError
from .store import Result, Store


def run(source: Path, directory: Path, signers: t.Sequence[str], say: tree.Say, *, dry: bool = False) -> Result:
    """Import a mirror. Raises MirrorError, and names each file that has to be carried again; the others are kept."""
    manifest, _signer = trust.trusted(source, signers)
    if source.resolve() == directory.resolve():
        raise MirrorError(
            f"{source} is the mirror of the site itself; name the directory that was carried, or verify it"
        )
    store = Store(directory, dry=dry)
    if dry:
        return _taken(source, manifest, store, say, dry)
    store.work.mkdir(parents=True, exist_ok=True)
    with locked(store.work / "mirror"):
        return _taken(source, manifest, store, say, dry)


def _taken(source: Path, manifest: manifests.Manifest, store: Store, say: tree.Say, dry: bool) -> Result:
    progress = tree.Progress("imported", manifest.bytes, say)
    wrong = []
    for entry in manifest.entries:
        if not store.has(entry):
            if what := tree.fault(source, entry) if dry else _copied(source, entry, store):
                wrong.append(tree.Fault(entry.path, what))
            elif dry:
                store.note(entry)
        progress.add(entry.bytes)
    if wrong:
        raise MirrorError(
            f"of {source}, {tree.listed(wrong)}: carry that again, from the mirror that was collected, and import it"
            " again; what is right of it is kept"
        )
    signed = source / manifests.SIGNATURE
    text = (source / manifests.FILE).read_text(encoding="utf-8")
    return store.adopt(manifest, text, signed.read_text(encoding="utf-8") if signed.exists() else "")


def _copied(source: Path, entry: manifests.Entry, store: Store) -> str:
    """Copy one file; what is wrong with it, if something is."""
    if (source / entry.path).is_symlink():
        return "tampered"
    try:
        store.put(source / entry.path, entry, copied=True)
    except (ChecksumError, FileNotFoundError, IsADirectoryError):
        return tree.fault(source, entry) or "tampered"
    return ""
