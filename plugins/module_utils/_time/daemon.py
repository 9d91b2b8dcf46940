# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One chronyd, by its command-line client."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._time import chronyc

# Seconds in which a source that is alive has answered often enough to be judged; after them a doubt is only told.
PATIENCE = 10.0

# Runs a command and gives its status, output and errors, as AnsibleModule.run_command does.
Run = t.Callable[[list[str]], "tuple[int, str, str]"]


class ChronyError(Exception):
    """chronyd does not answer, or refuses."""


class Sources:
    """The file below a C(sourcedir) that names the sources: one by its address, and the line that is about it."""

    def __init__(self, path: Path, lines: t.Mapping[str, str]) -> None:
        self._path = path
        self._lines = lines

    def difference(self, leave_out: t.Collection[str] = ()) -> tuple[str, str]:
        """The file's text as it is, and as it should be."""
        before = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        return before, "".join(f"{line}\n" for address, line in self._lines.items() if address not in leave_out)

    def write(self, leave_out: t.Collection[str] = ()) -> None:
        """Whole or not at all."""
        before, after = self.difference(leave_out)
        if before == after:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f".{self._path.name}.partial")
        partial.write_text(after, encoding="utf-8")
        partial.chmod(0o644)
        partial.rename(self._path)


class Daemon:
    """``socket`` is its command socket, the default one without."""

    def __init__(
        self,
        run: Run,
        socket: str | None = None,
        sleep: t.Callable[[float], None] = time.sleep,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._chronyc = ["chronyc", *(["-h", socket] if socket else [])]
        self._sleep = sleep
        self._clock = clock

    def facts(self) -> dict[str, t.Any]:
        """Tracking and sources, which tell how they are authenticated; the latter is root's to ask."""
        tracking = chronyc.tracking(self._ask("-c", "tracking"))
        sources = chronyc.sources(self._ask("-c", "-N", "sources"))
        authentication = chronyc.authentication(self._ask("-c", "-N", "authdata"))
        return {
            "tracking": tracking,
            "sources": [{**one, **authentication.get(one["name"], chronyc.OPEN)} for one in sources],
        }

    def give(self, sources: Sources, timeout: float) -> None:
        """Write the sources and have them read. To read the same again does nothing to them, but for two.

        What an interrupted run has written is read now. And a source that has refused keys is forgotten in between,
        since chronyd would not ask it again for a long time.
        """
        locked = chronyc.without_keys(self._started(timeout))
        if locked:
            sources.write(leave_out=locked)
            self._ask("reload", "sources")
        sources.write()
        self._ask("reload", "sources")

    def settle(
        self, wanted: t.Sequence[str], outside: t.Sequence[str], max_offset: float, timeout: float
    ) -> tuple[dict[str, t.Any], list[str], list[str]]:
        """Facts, problems and doubts: as soon as there is none of both or the time is over.

        For doubts alone nobody waits longer than PATIENCE: the other sources tell the time.
        """
        begin = self._clock()
        while True:
            facts = self.facts()
            problems = chronyc.problems(facts, wanted, max_offset)
            doubts = chronyc.doubts(facts, wanted, outside)
            waited = self._clock() - begin
            if waited >= (timeout if problems else min(timeout, PATIENCE)) or not (problems or doubts):
                return facts, problems, doubts
            self._sleep(1)

    def _started(self, timeout: float) -> dict[str, t.Any]:
        """Its facts, as soon as it answers: systemd does not wait for a daemon to do so."""
        end = self._clock() + timeout
        while True:
            try:
                return self.facts()
            except ChronyError:
                if self._clock() >= end:
                    raise
                self._sleep(0.2)

    def _ask(self, *arguments: str) -> str:
        status, output, errors = self._run([*self._chronyc, *arguments])
        if status:
            raise ChronyError(f"chronyc {' '.join(arguments)}: {(errors or output).strip()}")
        return output
