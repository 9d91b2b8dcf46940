"""The commands of the sidecar."""

from __future__ import annotations

import argparse
import datetime
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from lab.sidecar.standin import config, control, schedule
from lab.sidecar.standin.config import Config
from lab.sidecar.standin.errors import Failure
from lab.sidecar.standin.status import DONE, log

if TYPE_CHECKING:
    from lab.sidecar.standin.worker import Worker

POLL_SECONDS = 0.2
GRACE_SECONDS = 10
VERSION = "backup-restore-sidecar version model of v0.13.0"


def start(given: Config) -> None:
    # Here, because boto3 takes a second that the other commands do not need.
    from lab.sidecar.standin.worker import Worker

    for command in given.get("pre-exec-cmds") or []:
        subprocess.run(command.split(), check=True)
    worker = Worker(given)
    control.serve(worker, given.get("bind-addr"), int(given.get("port")))
    worker.initialize()
    while not _answers(worker):
        time.sleep(POLL_SECONDS)
    for moment in schedule.upcoming(given.get("backup-cron-schedule"), datetime.datetime.now().astimezone()):
        log("scheduling next backup", at=str(moment))
        time.sleep(max(0.0, (moment - datetime.datetime.now().astimezone()).total_seconds()))
        _back_up(worker)
    log("no backup is due, ever")
    while True:
        time.sleep(3600)


def _answers(worker: Worker) -> bool:
    try:
        worker.probe()
    except Failure as error:
        log("database has not yet started, waiting and retrying...", error=str(error))
        return False
    return True


def _back_up(worker: Worker) -> None:
    try:
        worker.create_backup()
    except Failure as error:
        log("error creating backup", error=str(error))


def wait(given: Config) -> None:
    while not _done(given.get("initializer-endpoint")):
        time.sleep(POLL_SECONDS)
    for command in given.get("post-exec-cmds") or []:
        _execute(command.split())


def _execute(command: list[str]) -> None:
    """What is told to end tells its command so, and waits for it."""
    with subprocess.Popen(command) as running:
        try:
            status = running.wait()
        except KeyboardInterrupt:
            running.send_signal(signal.SIGINT)
            _end(running)
            raise
    if status:
        raise subprocess.CalledProcessError(status, command)


def _end(running: subprocess.Popen[bytes]) -> None:
    try:
        running.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()


def _done(endpoint: str) -> bool:
    try:
        return bool(control.ask(endpoint, "status") == DONE)
    except Failure as error:
        log("error retrieving initializer server response", error=str(error))
        return False


def restore(given: Config, version: str) -> None:
    endpoint = given.get("initializer-endpoint")
    if version in ("ls", "list-versions"):
        for one in control.ask(endpoint, "backups"):
            print(one["date"], one["name"], one["version"], sep="\t")
    else:
        control.ask(endpoint, "restore", version)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("start", "wait", "create-backup"):
        commands.add_parser(name)
    commands.add_parser("restore").add_argument("version")
    arguments = parser.parse_args()
    # The original listens for SIGINT alone; by any other signal Go ends at once, and what it has started with it.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(2))
    given = config.load()
    try:
        if arguments.command == "start":
            start(given)
        elif arguments.command == "wait":
            wait(given)
        elif arguments.command == "restore":
            restore(given, arguments.version)
        else:
            control.ask(given.get("initializer-endpoint"), "backup", "")
    except KeyboardInterrupt:
        log("received stop signal, shutting down")
    except (Failure, subprocess.CalledProcessError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0
