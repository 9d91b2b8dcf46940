"""Run the production playbooks against the lab the way an operator does, and look at what they said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab import settings

TREE = Path(__file__).resolve().parents[2]
INVENTORY = TREE / "inventories" / "lab"
RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


def keep_log(playbook: str) -> Path:
    """Return the file that the output of one run is kept in, for those who look through all of it later."""
    directory = settings.from_environment().state / "drills"
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{time.time_ns()}-{playbook}.log"


@dataclass
class Run:
    """What one run of a playbook left behind: exit status, output and, for each host, the recap's counts."""

    returncode: int
    output: str

    def changed(self) -> int:
        """Return how many results of all hosts were changes; a run that never reached its recap is an error."""
        rows = RECAP.findall(self.output)
        assert rows, f"no recap in the output:\n{self.output[-2000:]}"
        return sum(int(row[2]) for row in rows)

    def succeeded(self) -> Run:
        """Return the run itself, or fail with the end of its output."""
        assert self.returncode == 0, f"exit status {self.returncode}:\n{self.output[-6000:]}"
        return self


def said(run: Run) -> str:
    """Return the output in one line, however it was wrapped."""
    return " ".join(run.output.split())


def command(file: str, *arguments: str) -> list[str]:
    """Return the command line that runs a file of plays inside the lab's network."""
    run = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(INVENTORY)]
    return [sys.executable, "-m", "lab", "exec", "--", *run, file, *arguments]


def environment(**extra: str) -> dict[str, str]:
    """Return the environment of a run: no colour, nothing inherited that changes what is printed."""
    return {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "PYTHONUNBUFFERED": "1", **extra}


def play(playbook: str, *arguments: str, timeout: float = 900) -> Run:
    """Run a playbook of the collection to its end, C(timeout) seconds at most."""
    return play_file(f"playbooks/{playbook}.yml", *arguments, timeout=timeout)


def play_file(file: str, *arguments: str, timeout: float) -> Run:
    """Run a file of plays; what it prints is kept."""
    return finish(command(file, *arguments), Path(file).stem, TREE, timeout)


def finish(words: list[str], name: str, tree: Path, timeout: float) -> Run:
    """Run a command line of Ansible in a checkout to its end; what it prints is kept below the name."""
    log = keep_log(name)
    with log.open("wb") as stream:
        done = subprocess.run(
            words,
            cwd=tree,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    return Run(done.returncode, log.read_text(errors="replace"))


def read_journal(journal: Path) -> list[dict[str, object]]:
    """Return the complete lines of a journal; a line that is still being written is left out."""
    if not journal.exists():
        return []
    return [json.loads(line) for line in journal.read_text().split("\n")[:-1]]


@dataclass
class Interruption:
    """A started playbook that is killed once the journal shows what was asked for."""

    log: Path
    journal: Path
    process: subprocess.Popen[bytes]

    def tail(self) -> str:
        """Return the end of what the playbook printed."""
        return self.log.read_text()[-4000:]

    def wait_for(self, reached: Callable[[dict[str, object]], bool], timeout: float = 600) -> dict[str, object]:
        """Wait for the first journal record that C(reached) accepts; the run must not end before it."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            for record in read_journal(self.journal):
                if reached(record):
                    return record
            assert not ended, f"the run ended before the phase was reached:\n{self.tail()}"
            time.sleep(0.05)
        raise AssertionError(f"the phase was not reached within {timeout} s:\n{self.tail()}")

    def kill(self) -> None:
        """End the controller and all its workers as a power failure of the runner would: SIGKILL, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(playbook: str, directory: Path, *arguments: str) -> Interruption:
    """Start a playbook in a process group of its own, its journal in C(directory)."""
    log, journal = keep_log(playbook), directory / "journal.jsonl"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command(f"playbooks/{playbook}.yml", *arguments),
            cwd=TREE,
            env=environment(METALSTACK_RUN_JOURNAL=str(journal)),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Interruption(log, journal, process)
