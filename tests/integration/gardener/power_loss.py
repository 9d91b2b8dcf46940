"""A run beside a test that ends as on a machine that loses its power: with all that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def begun(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Killed once the test has seen what it has waited for. log: what it has said until then."""
    with log.open("w") as said:
        run = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        yield run
    finally:
        # Ansible's own tasks are in sessions of their own, so that no group has them all.
        for process in _family(run.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        run.wait()


def _family(process: int) -> list[int]:
    """A process and all that it, or one of these, has started, the first of them first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(entry.name))
    found = [process]
    for one in found:
        found += parents.get(one, [])
    return found
