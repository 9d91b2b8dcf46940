# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which variables a component's roles are handed: those that their files name.

So a variable that one component takes is no reason to deploy another one anew.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEPENDENCY = re.compile(r"^[ \t]*(?:-[ \t]*)?(?:role|name):[ \t]*[\"']?([\w./-]+)", re.MULTILINE)
_SUFFIXES = {".yaml", ".yml", ".j2", ".json", ".py", ""}
# The defaults of metal-roles that name every variable of a release, whoever takes it.
_MAPPING = "metal_stack_release"


class Roles:
    """The roles below one directory, each file of which is read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[set[str], set[str]]] = {}

    def words(self, roles: t.Iterable[str]) -> set[str]:
        """All that could be the name of a variable in the files of these roles and of those that they use."""
        pending, seen, found = list(roles), set(), set()
        while pending:
            role = pending.pop()
            if role in seen:
                continue
            seen.add(role)
            words, used = self._read(role)
            found |= words
            pending += used
        return found

    def handed(self, roles: t.Iterable[str], variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Those of the variables that these roles take."""
        words = self.words(roles)
        return {name: value for name, value in variables.items() if name in words}

    def lacking(self, roles: t.Iterable[str]) -> list[str]:
        """Which of the roles are not there."""
        return [role for role in roles if not (self._path / role / "tasks").is_dir()]

    def _read(self, role: str) -> tuple[set[str], set[str]]:
        if role not in self._known:
            words: set[str] = set()
            used: set[str] = set()
            for file in sorted((self._path / role).rglob("*")):
                if file.suffix in _SUFFIXES and file.is_file() and not _elsewhere(file, self._path / role):
                    text = _text(file)
                    words |= set(_WORD.findall(text))
                    used |= {one for one in _DEPENDENCY.findall(text) if self._is_role(one)}
            self._known[role] = words, used
        return self._known[role]

    def _is_role(self, name: str) -> bool:
        return any((self._path / name / part).is_dir() for part in ("tasks", "defaults", "meta"))


def _elsewhere(file: Path, role: Path) -> bool:
    """Whether a file belongs to another role below this one, as those of a collection of roles do."""
    return "roles" in file.relative_to(role).parts[:-1]


def _text(file: Path) -> str:
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.parent.name == "defaults" and _MAPPING in text:
        import yaml

        document = yaml.safe_load(text) or {}
        return " ".join(name for name in document if name != _MAPPING)
    return text
