# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stage has installed on the controller: its roles in a directory of their own, and a record of the release.

::

    PATH/STAGE/release.json     the record
    PATH/STAGE/roles            a link to the set of roles in use
    PATH/STAGE/sets/ID/ROLE     the roles of a release; ID is of their digests

Nothing is shared between stages, and a set is never changed: another version is another directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import typing as t
from pathlib import Path

from .._artifact.files import locked
from . import tree
from .errors import ReleaseError

Record = dict[str, t.Any]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# What a stage's directory has in it, that of a run that was killed included.
_OWN = re.compile(r"\.?release\.json|\.?roles|sets|stage\.lock|\.new-.*")


def set_id(digests: t.Mapping[str, str]) -> str:
    """The name of a set of roles, by the digest of each."""
    return hashlib.sha256(json.dumps(dict(sorted(digests.items()))).encode()).hexdigest()[:16]


class Stage:
    """One stage's directory. Only C(commit) and C(remove) change what others see of it."""

    def __init__(self, path: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ReleaseError(
                f"the stage {name!r} has a name that is no directory's; expected letters, digits, - and _"
            )
        self.directory = path / name
        self.link = self.directory / "roles"
        self._record = self.directory / "release.json"

    def record(self) -> Record:
        """What was installed last; empty if nothing was."""
        try:
            document = json.loads(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ReleaseError(
                f"{self._record} can't be read: {error}; repair it, or remove it with its stage"
            ) from error
        if not isinstance(document, dict) or not {"release", "vectors", "components", "roles"} <= set(document):
            raise ReleaseError(f"{self._record} is no record of a release; repair it, or remove it with its stage")
        return document

    def roles_path(self, identity: str) -> Path:
        """Where a set of roles lies, or would."""
        return self.directory / "sets" / identity

    def has(self, identity: str) -> bool:
        """Whether this set is the one in use, and as it was installed."""
        record = self.record()
        return (
            record.get("set") == identity
            and self.link.is_symlink()
            and self.link.resolve() == self.roles_path(identity).resolve()
            and tree.checksum(self.roles_path(identity)) == record.get("tree")
        )

    def commit(self, identity: str, prepared: Path | None, record: Record, former: Record) -> None:
        """Take over a copy of a prepared set, unless the one in use stays, and the record; the former set stays, too.

        The former set is the one before this; as long as it is the same, it is another record of the same roles.
        Raises ReleaseError, and changes nothing, if the record is not the C(former) one any more.
        """
        target = self.roles_path(identity)
        with self._held() as work:
            if self.record() != former:
                raise ReleaseError(f"another run has changed {self.directory} meanwhile; run again")
            if prepared is None:
                checksum = former["tree"]
            else:
                checksum = tree.checksum(prepared)
                shutil.copytree(prepared, work / "roles", symlinks=True)
                target.parent.mkdir(exist_ok=True)
                if target.exists():
                    target.rename(work / "damaged")
                (work / "roles").rename(target)
            new = {**record, "set": identity, "tree": checksum}
            self._replace(self._record, json.dumps(new, indent=2, sort_keys=True) + "\n")
            self._point(target)
            if identity != former.get("set"):
                self._forget({identity, former.get("set", "")})

    def require_own(self) -> None:
        """Raise ReleaseError if the directory has anything that no stage has, for then it is somebody else's."""
        found = sorted(path.name for path in self.directory.iterdir() if not _OWN.fullmatch(path.name))
        if self.link.exists() and not self.link.is_symlink():
            found.append("roles, which is no link")
        if found:
            raise ReleaseError(
                f"{self.directory} is no stage and is not removed: it has {', '.join(found)}; correct path or stage, "
                "or remove it yourself"
            )

    def remove(self) -> None:
        """Forget the release, so that any may follow, and remove its roles. ReleaseError as of C(require_own)."""
        self.require_own()
        with self._held():
            self._record.unlink(missing_ok=True)
            shutil.rmtree(self.directory)

    @contextlib.contextmanager
    def _held(self) -> t.Iterator[Path]:
        """Keep other runs out, and give a directory beside the sets, which is gone afterwards."""
        with locked(self.directory / "stage"):
            for left in self.directory.glob(".new-*"):
                # Of a run that was killed.
                shutil.rmtree(left)
            with tempfile.TemporaryDirectory(prefix=".new-", dir=self.directory) as work:
                yield Path(work)

    def _point(self, target: Path) -> None:
        new = self.link.with_name(".roles")
        new.unlink(missing_ok=True)
        new.symlink_to(target.relative_to(self.directory))
        new.replace(self.link)

    def _replace(self, path: Path, text: str) -> None:
        part = path.with_name(f".{path.name}")
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _forget(self, kept: set[str]) -> None:
        for path in (self.directory / "sets").iterdir():
            if path.name not in kept:
                shutil.rmtree(path)
