# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program in a process of its own that ends with whoever started it, with all that it has started itself.

Between the two is a keeper, forked and not executed, which reads a pipe that only we hold the other end of: however we
end, it sees that end, ends every descendant, and removes the directory that the program was given.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import time
import typing as t
from pathlib import Path

# Linux' PR_SET_CHILD_SUBREAPER: those whose parent has ended become ours.
_SUBREAPER = 36
POLL_SECONDS = 0.2
TIMED_OUT = 124
# For what has something to put in order: helm marks its release as failed, which else stays locked.
GRACE_SECONDS = 10.0


def run(
    command: t.Sequence[str],
    environment: t.Mapping[str, str],
    directory: Path,
    seconds: float,
    hear: t.Callable[[str], None],
    tick: t.Callable[[float], None] = lambda waited: None,
) -> int:
    """Its exit status, or C(TIMED_OUT). The directory is where it runs, and is removed afterwards.

    hear: is told each line of its output. tick: is called now and then with the seconds that have passed.
    """
    lifeline, output = os.pipe(), os.pipe()
    keeper = os.fork()
    if keeper == 0:
        os.close(lifeline[1])
        os.close(output[0])
        _keep(command, environment, directory, lifeline[0], output[1])
    os.close(lifeline[0])
    os.close(output[1])
    begin, ended = time.monotonic(), False
    try:
        for line in _lines(output[0], begin, seconds, tick):
            hear(line)
        # It may say its last word some time before it ends.
        while not ended and time.monotonic() - begin < seconds:
            done, status = os.waitpid(keeper, os.WNOHANG)
            ended = bool(done)
            time.sleep(0 if ended else 0.05)
    finally:
        os.close(lifeline[1])
        os.close(output[0])
        if not ended:
            os.waitpid(keeper, 0)
    return os.waitstatus_to_exitcode(status) if ended else TIMED_OUT


def _lines(output: int, begin: float, seconds: float, tick: t.Callable[[float], None]) -> t.Iterator[str]:
    """Each line until the end of the output, or of the time."""
    rest = b""
    while True:
        waited = time.monotonic() - begin
        if waited >= seconds:
            return
        tick(waited)
        if not select.select([output], [], [], POLL_SECONDS)[0]:
            continue
        read = os.read(output, 65536)
        *whole, rest = (rest + read).split(b"\n")
        yield from (f"{line.decode('utf-8', 'replace')}\n" for line in whole)
        if not read:
            if rest:
                yield rest.decode("utf-8", "replace")
            return


def _keep(
    command: t.Sequence[str], environment: t.Mapping[str, str], directory: Path, lifeline: int, output: int
) -> t.NoReturn:
    """Run it, and never return; the keeper's exit status is the program's."""
    status = 1
    try:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Who is interrupted is our parent, whose end is the sign to end.
            signal.signal(name, signal.SIG_IGN)
        ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)
        with subprocess.Popen(
            command,
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            restore_signals=True,
            preexec_fn=_heed,
        ) as program:
            os.close(output)
            status = _watch(program, lifeline)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.write(output, f"ERROR!: {error}\n".encode())
    finally:
        end_descendants()
        shutil.rmtree(directory, ignore_errors=True)
        os._exit(status & 0xFF)


def _heed() -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)


def _watch(program: subprocess.Popen[bytes], lifeline: int) -> int:
    """Wait until it has ended, or we were let go."""
    while program.poll() is None:
        if select.select([lifeline], [], [], POLL_SECONDS)[0]:
            end_descendants()
            program.wait()
            return 137
    return program.returncode if program.returncode >= 0 else 128 - program.returncode


def end_descendants() -> None:
    """End all that descends from this process, also what has left its group or was left by its parent.

    Those without a child are told so by SIGTERM, and have C(GRACE_SECONDS). Whoever waits for one of them lives as
    long, since helm first says that it was cancelled, and ends at once where nobody reads that. Then all are killed.
    """
    last = _childless(_descendants(os.getpid()))
    for process in last:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    end = time.monotonic() + GRACE_SECONDS
    while any(map(_runs, last)) and time.monotonic() < end:
        time.sleep(0.02)
    while found := _descendants(os.getpid()):
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.02)


def _stat(process: int) -> tuple[str, int]:
    """Its state and its parent; C(X), dead, and nobody where it is none."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(errors="replace")
        # The name in parentheses may have anything in it.
        state, parent = text.rpartition(")")[2].split()[:2]
        return state, int(parent)
    except (OSError, ValueError):
        return "X", 0


def _runs(process: int) -> bool:
    return _stat(process)[0] not in ("Z", "X")


def _childless(processes: t.Sequence[int]) -> list[int]:
    parents = {_stat(process)[1] for process in processes}
    return [process for process in processes if process not in parents]


def _descendants(ancestor: int) -> list[int]:
    parents = {int(one.name): _stat(int(one.name))[1] for one in Path("/proc").iterdir() if one.name.isdecimal()}
    found, pending = [], [ancestor]
    while pending:
        above = pending.pop()
        below = [process for process, parent in parents.items() if parent == above]
        found += below
        pending += below
    return found
