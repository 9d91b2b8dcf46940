"""A run that is killed while roles run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from playing import Stage, command, environment, play, playbook

SECONDS = 120


def processes() -> dict[int, tuple[int, str]]:
    """Parent and command line of all processes."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(entry.name)] = (parent, (entry / "cmdline").read_text().replace("\0", " "))
        except (OSError, ValueError, IndexError):
            continue
    return found


def begun(stage: Stage) -> tuple[subprocess.Popen[bytes], Path]:
    """A run whose role sleeps, and the file that says that it does."""
    mark = stage.directory / "sleeps"
    # Ansible's own tasks are in sessions of their own, and so is what they start.
    sleep = f"touch {mark}; exec -a metal-stack-sleeper-{stage.directory.name} sleep 600"
    task = {"name": "Sleep", "ansible.builtin.command": {"argv": ["bash", "-c", sleep]}}
    template = stage.upstream.template("nsq")
    stage.upstream.role("nsq", [task], template, {"nsq_log_level": "info"})
    directory = stage.directory
    run = subprocess.Popen(
        command(playbook(directory, [stage])),
        env=environment(directory),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + SECONDS
    while not mark.exists() and time.monotonic() < end and run.poll() is None:
        time.sleep(0.2)
    assert mark.exists()
    return run, mark


def sleepers(stage: Stage) -> list[int]:
    name = f"metal-stack-sleeper-{stage.directory.name}"
    return [one for one, (_, line) in processes().items() if line.startswith(name)]


def test_what_a_killed_task_has_started_ends_with_it_and_the_next_run_goes_on(stage: Stage):
    run, _ = begun(stage)
    variables = list((stage.directory / "state/.runs/initial").glob("work-*/inventory/group_vars/all.yml"))
    assert [path.stat().st_mode & 0o777 for path in variables] == [0o600]
    assert len(sleepers(stage)) == 1
    # The process that the task runs in, which the run has forked; its child keeps the roles' process.
    workers = [one for one, (parent, _) in processes().items() if parent == run.pid]
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    run.wait(SECONDS)
    end = time.monotonic() + SECONDS
    while sleepers(stage) and time.monotonic() < end:
        time.sleep(0.1)
    assert sleepers(stage) == []
    end = time.monotonic() + SECONDS
    while list(stage.directory.glob("state/.runs/initial/work-*")) and time.monotonic() < end:
        time.sleep(0.1)
    assert list(stage.directory.glob("state/.runs/initial/work-*")) == []
    assert {name for name, one in stage.record().items() if not one.get("unfinished")} == {"prepare"}
    stage.upstream.role("nsq", [], stage.upstream.template("nsq"), {})
    stage.variables = {"nsq_log_level": "info"}
    assert "nsq" in play(stage).deployed()


def test_a_stage_is_deployed_by_one_run_at_a_time(stage: Stage):
    run, _ = begun(stage)
    try:
        assert "another run deploys stage initial" in play(stage, fails=True).output
    finally:
        run.kill()
        run.wait()
        for one in sleepers(stage):
            os.kill(one, signal.SIGKILL)
