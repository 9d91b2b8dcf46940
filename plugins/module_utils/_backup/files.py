# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of anything else: a command before, paths, and a command that judges what was restored."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

from . import aside, command
from .component import FILES, Facts
from .errors import BackupError, Damaged, Missing
from .gate import Record

SECONDS = 3600
# In the stage: what the command before has counted, by which sets are compared.
COUNTS = "counts.json"
_COUNTED = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
OWN = (FILES, "bytes")
JUDGEMENTS = range(1, 126)


class Files:
    def __init__(self, settings: dict[str, t.Any], _state: Path) -> None:
        self.name = str(settings["name"])
        self._paths = [Path(path) for path in settings["paths"]]
        self._before = [str(word) for word in settings.get("pre_command") or []]
        self._judge = [str(word) for word in settings.get("post_check") or []]

    def holds(self) -> bool:
        return any(path.exists() for path in self._paths)

    def idle(self) -> str:
        return ""

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        if self._before:
            command.run(*self._before, seconds=SECONDS, environment={"BACKUP_STAGE": str(stage)})
        lacking = [str(path) for path in self._paths if not path.exists()]
        if lacking:
            raise BackupError(f"{', '.join(lacking)} is not there -> correct the paths of {self.name}")
        self._refuse_unfit()
        return [str(path) for path in self._paths], {"counts": {**counted(stage / COUNTS), FILES: 0}}

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        if level < 2:
            return {}
        # As restic counts them.
        found = sum(path.is_file() and not path.is_symlink() for path in directory.rglob("*"))
        if found != facts["counts"][FILES]:
            raise Damaged(f"{self.name}: {found} files came back, the manifest counts {facts['counts'][FILES]}")
        self._judged(directory, Damaged)
        return {FILES: found}

    def _judged(self, directory: Path, kind: type[BackupError]) -> None:
        """Raise an error of the kind where the command finds the files below a directory to be no good."""
        if not self._judge:
            return
        try:
            command.run(*self._judge, seconds=SECONDS, environment={"BACKUP_DIRECTORY": str(directory)})
        except command.Failed as error:
            # A signal, or what a shell says of a program that it cannot run, is no judgement.
            raise kind(str(error)) if error.status in JUDGEMENTS else error from None

    def _refuse_unfit(self) -> None:
        """Raise where a path is one that no restore brings back: that is not left to the day of the restore."""
        aside.refuse_links(self._paths)
        aside.refuse_mounts(self._paths)

    def fits(self, facts: Facts, record: Record) -> None:
        self._refuse_unfit()

    def ready(self) -> None:
        """Files need nothing."""

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        # All are copied before the first is replaced, so that a disk that is too small changes nothing.
        for path in self._paths:
            source, new = directory / path.relative_to("/"), aside.prepared(path)
            command.run("cp", "--archive", str(source), str(new), seconds=SECONDS)
        aside.replace(self._paths)

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        self._judged(Path("/"), Missing)
        return {}

    def settle(self) -> None:
        aside.settle(self._paths)


def counted(file: Path) -> dict[str, int]:
    """What a command has counted, by name; nothing where it has left no such file."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(_fits(name, number) for name, number in found.items()):
        raise BackupError(
            f"{file.name}, which the pre_command has left, is {str(found)[:200]}, expected whole numbers by name, none"
            f" of them {' or '.join(OWN)} -> correct the command"
        )
    return found


def _fits(name: str, number: t.Any) -> bool:
    whole = isinstance(number, int) and not isinstance(number, bool) and number >= 0
    return whole and name not in OWN and bool(_COUNTED.fullmatch(name))
