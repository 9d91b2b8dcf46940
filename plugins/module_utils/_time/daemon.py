# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One chronyd, by its command-line client."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._time import chronyc

# Runs a command and gives its status, output and errors, as AnsibleModule.run_command does.
Run = t.Callable[[list[str]], "tuple[int, str, str]"]


class ChronyError(Exception):
    """chronyd does not answer, or refuses."""


class Daemon:
    """``socket`` is its command socket, the default one without."""

    def __init__(self, run: Run, socket: str | None = None) -> None:
        self._run = run
        self._chronyc = ["chronyc", *(["-h", socket] if socket else [])]

    def facts(self) -> dict[str, t.Any]:
        return {
            "tracking": chronyc.tracking(self._ask("-c", "tracking")),
            "sources": chronyc.sources(self._ask("-c", "-N", "sources")),
        }

    def reload_sources(self) -> None:
        self._ask("reload", "sources")

    def settle(
        self,
        wanted: t.Sequence[str],
        max_offset: float,
        timeout: float,
        sleep: t.Callable[[float], None] = time.sleep,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> tuple[dict[str, t.Any], list[str]]:
        """Facts and problems, as soon as there is none of these or the time is over."""
        end = clock() + timeout
        while True:
            try:
                facts = self.facts()
                problems = chronyc.problems(facts, wanted, max_offset)
            except ChronyError as error:
                if clock() >= end:
                    raise
                facts, problems = {}, [str(error)]
            if (facts and not problems) or clock() >= end:
                return facts, problems
            sleep(1)

    def _ask(self, *arguments: str) -> str:
        status, output, errors = self._run([*self._chronyc, *arguments])
        if status:
            raise ChronyError(f"chronyc {' '.join(arguments)}: {(errors or output).strip()}")
        return output


def write_sources(path: Path, lines: t.Sequence[str], check: bool) -> tuple[str, str]:
    """Bring the file to the lines; its text before and after."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = "".join(f"{line}\n" for line in lines)
    if before != after and not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(after, encoding="utf-8")
        partial.chmod(0o644)
        partial.rename(path)
    return before, after
