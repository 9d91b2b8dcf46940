"""A program that ends with whoever started it, and takes nothing along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import process

SECONDS = 60.0


@pytest.fixture
def directory(tmp_path):
    """What the program is given, and what is removed after it."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def bash(script, directory, seconds=SECONDS):
    heard: list[str] = []
    status = process.run(["bash", "-c", script], os.environ, directory, seconds, heard.append)
    return status, "".join(heard)


def test_output_and_status_are_those_of_the_program(directory):
    assert bash("pwd; echo two >&2; printf three; exit 7", directory) == (7, f"{directory}\ntwo\nthree")
    assert not directory.exists()


def test_its_last_word_may_come_before_its_end(directory):
    assert bash("exec >&- 2>&-; sleep 0.5; exit 3", directory)[0] == 3


def test_a_signal_is_told_as_a_shell_tells_it(directory):
    assert bash("kill -TERM $$", directory)[0] == 128 + signal.SIGTERM


def test_a_program_that_is_not_there_is_told(directory):
    heard: list[str] = []
    assert process.run(["/nowhere"], {}, directory, SECONDS, heard.append) == 1
    assert "No such file or directory: '/nowhere'" in heard[0]
    assert not directory.exists()


def test_when_the_time_is_over_all_that_it_has_started_ends(directory, tmp_path):
    script = f"setsid bash -c 'echo $$ > {tmp_path}/left; exec sleep 300' & wait"
    assert bash(script, directory, 2.0)[0] == process.TIMED_OUT
    assert not Path("/proc", (tmp_path / "left").read_text().strip()).exists()
    assert not directory.exists()


# As helm, which says first that it was cancelled, and is ended by SIGPIPE where nobody reads it.
TIDY = """\
import os, pathlib, signal, sys, time
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
def tidy(*_):
    print("cancelled", flush=True)
    time.sleep(0.5)
    pathlib.Path(sys.argv[1], "tidied").touch()
    sys.exit()
signal.signal(signal.SIGTERM, tidy)
pathlib.Path(sys.argv[1], "left").write_text(str(os.getpid()))
while True:
    time.sleep(1)
"""


def test_what_has_something_to_put_in_order_has_the_time_and_a_reader_for_it(directory, tmp_path):
    (tmp_path / "tidy.py").write_text(TIDY)
    script = f"said=$({sys.executable} {tmp_path}/tidy.py {tmp_path})"
    assert bash(script, directory, 4.0)[0] == process.TIMED_OUT
    assert (tmp_path / "tidied").exists()
    assert not Path("/proc", (tmp_path / "left").read_text()).exists()


def test_what_does_not_heed_is_killed(directory, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.5)
    (tmp_path / "deaf.sh").write_text("trap '' TERM; echo $$ > \"$1/left\"; exec sleep 300\n")
    assert bash(f"setsid bash {tmp_path}/deaf.sh {tmp_path} & wait", directory, 2.0)[0] == process.TIMED_OUT
    assert not Path("/proc", (tmp_path / "left").read_text().strip()).exists()


def test_what_it_leaves_behind_ends_with_it(directory, tmp_path):
    script = f"setsid sleep 300 & echo $! > {tmp_path}/left; exit 0"
    assert bash(script, directory)[0] == 0
    assert not Path("/proc", (tmp_path / "left").read_text().strip()).exists()


def test_it_ends_with_whoever_started_it_even_by_sigkill(directory, tmp_path):
    """Another interpreter starts it, since this one has to live on."""
    script = f"setsid bash -c 'echo $$ > {tmp_path}/left.new; mv {tmp_path}/left.new {tmp_path}/left; sleep 300' & wait"
    code = (
        "import importlib.util, os, sys, pathlib;"
        f"spec = importlib.util.spec_from_file_location('process', {process.__file__!r});"
        "process = importlib.util.module_from_spec(spec); spec.loader.exec_module(process);"
        f"process.run(['bash', '-c', {script!r}], os.environ, pathlib.Path({str(directory)!r}), 60, print)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + SECONDS
    while not (tmp_path / "left").exists() and time.monotonic() < end:
        time.sleep(0.05)
    left = Path("/proc", (tmp_path / "left").read_text().strip())
    assert left.exists()
    starter.kill()
    starter.wait()
    while (left.exists() or directory.exists()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left.exists()
    assert not directory.exists()
