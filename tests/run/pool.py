"""Run suites: what is built first, then side by side those that share nothing, and those of the lab in a row."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from counts import ANSI, Counts
from suites import BUILD, LAB, SIDE_BY_SIDE, Suite

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "tests/output"
QUIET = 30  # seconds without news after which to say what is still running
AT_ONCE = (os.cpu_count() or 1) + 2  # while some wait for a daemon, as those of the lab mostly do, the others work
STARTED: set[int] = set()  # leaders of the groups that run
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # the tools beside this Python
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Result:
    """A suite that has ended."""

    suite: Suite
    counts: Counts
    seconds: float
    processor: float  # seconds of it and of what it has waited for; hosts of a lab outlive it and count for nobody
    output: str

    def last_line(self) -> str:
        lines = [line for line in ANSI.sub("", self.output).splitlines() if line.strip()]
        return lines[-1].strip("= ") if lines else ""


def run(suite: Suite) -> Result:
    """Run one suite to its end or to its time limit; its output is kept below tests/output."""
    started = time.monotonic()
    log = LOGS / f"{suite.name}.log"
    if suite.shown:
        print(f"\n==> {suite.name}: {suite.command}", flush=True)
    chunks: list[str] = []
    # Those of the lab are what a run waits for longest, and measure times.
    behind = ["nice", "-n", "5"] if suite.stage == SIDE_BY_SIDE else []
    with log.open("w") as file:
        process = subprocess.Popen(
            [*behind, *shlex.split(suite.command)],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        STARTED.add(process.pid)
        late = threading.Timer(suite.timeout, end_group, [process.pid])
        late.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                chunks.append(line)
                file.write(line)
                file.flush()
                if suite.shown:
                    sys.stdout.write(line)
                    sys.stdout.flush()
            status, processor = ended(process)
        except BaseException:
            end_group(process.pid)
            raise
        finally:
            late.cancel()
            STARTED.discard(process.pid)
        seconds = time.monotonic() - started
        if status < 0 and seconds >= suite.timeout:
            chunks.append(f"ended after its limit of {suite.timeout} s\n")
            file.write(chunks[-1])
    output = "".join(chunks)
    return Result(suite, suite.parser(output, status), seconds, processor, output)


def ended(process: subprocess.Popen[str]) -> tuple[int, float]:
    """Wait for its end; the exit status, and the seconds that it had a processor."""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def end_group(pid: int) -> None:
    """End a suite with all that it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def run_all(suites: Iterable[Suite]) -> Iterator[Result]:
    """Yield each result as soon as it is there."""
    suites = list(suites)
    LOGS.mkdir(parents=True, exist_ok=True)
    for suite in suites:
        if suite.stage == BUILD:
            yield run(suite)
    yield from together(
        [suite for suite in suites if suite.stage == LAB],
        [suite for suite in suites if suite.stage == SIDE_BY_SIDE],
    )


def together(row: list[Suite], others: list[Suite]) -> Iterator[Result]:
    """The suites of the row one by one, and of the others as many as there is room for beside it and after it."""
    row, others = list(row), list(others)
    running: dict[Future[Result], Suite] = {}

    def begin(suite: Suite) -> None:
        running[pool.submit(run, suite)] = suite

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            while row or others or running:
                if row and not any(suite.stage == LAB for suite in running.values()):
                    begin(row.pop(0))
                while others and len(running) < AT_ONCE:
                    begin(others.pop(0))
                done, _others = wait(running, timeout=QUIET, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    yield future.result()
                if not done:
                    names = [suite.name for suite in (*running.values(), *row, *others)]
                    print(f"        still to come: {', '.join(names)}", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for pid in list(STARTED):
                end_group(pid)
            raise
