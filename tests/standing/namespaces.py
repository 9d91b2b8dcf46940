"""Namespaces of mounts and processes in which something is prepared and then runs; it ends with them."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from lab import debian

SECONDS = 60


@contextlib.contextmanager
def holding(prepare: str, *more: str) -> Iterator[int]:
    """Prepare them by a script of bash, and give the process that holds them; C(more) are other options of unshare."""
    spaces = ("--mount", "--propagation", "private", *more, "--pid", "--fork", "--kill-child", "--mount-proc")
    script = f"{prepare}\nexec sleep infinity"
    command = [*debian.DIE_WITH_PARENT, "unshare", *spaces, "bash", "-ec", script]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            yield _first(process.pid)
        finally:
            process.kill()


def _first(pid: int) -> int:
    """Wait until everything is prepared."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children and Path(f"/proc/{children[0]}/comm").read_text() == "sleep\n":
            return int(children[0])
        time.sleep(0.05)
    raise RuntimeError("the namespaces are not there")
