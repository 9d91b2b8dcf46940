# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring k3s beside the one that runs, to see what comes of a set.

It is the installed k3s with the configuration of the set, in a network with nobody else and with directories of its own
in place of k3s's: it finds its paths, addresses and ports as ever, and neither reaches the host's nor is reached.
"""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import contextlib
import json
import os
import re
import shutil
import subprocess
import time
import typing as t
from pathlib import Path

from .._k3s import layout, membership
from . import command, disk, etcd_snapshot
from .errors import BackupError, Damaged, Missing
from .kubernetes import Kubernetes, Objects, refuse_missing, without

PROGRAM = "/usr/local/bin/metalstack-backup"
VERB = "restore-apart"
NODE_DIR = "/etc/rancher/node"
UNIT = "metalstack-backup-apart.service"
SNAPSHOT = "etcd.db"
OBJECTS = "objects.json"
SECONDS = 600
NAMESPACES = ("net", "mnt")
# How the part that runs apart ends when what came back is not what the set held.
DAMAGED = 65
ANSWER_SECONDS = 180
END_SECONDS = 30
# The host's own k3s and everything else there comes first.
PROPERTIES = {
    "PrivateNetwork": "yes", "TemporaryFileSystem": "/run/k3s", "RuntimeMaxSec": str(SECONDS), "OOMScoreAdjust": "1000",
    "MemoryMax": "2G", "MemorySwapMax": "0", "TimeoutStopSec": str(20),
    "Nice": "15", "IOSchedulingClass": "idle", "CPUWeight": "10",
}  # fmt: skip
# It has nothing to run and nothing to change.
WITHOUT = ("agent", "controller-manager", "scheduler")


def rehearse(directory: Path, state: Path) -> dict[str, t.Any]:
    """Start what the contents of a set restore to; raises when it lacks an object, else how many and how long."""
    begun = time.monotonic()
    # One whose caller was killed would go on in the directories that are emptied here.
    _end()
    place = disk.empty(state / "rehearsal")
    try:
        data, config = disk.private(place / "data"), place / "config"
        shutil.copytree(directory / "config", config)
        node = disk.private(place / "node")
        binds = {f"{data}:{layout.DATA_DIR}", f"{config}:{layout.CONFIG_DIR}", f"{node}:{NODE_DIR}"}
        properties = [f"--property={name}={value}" for name, value in PROPERTIES.items()]
        properties += [f"--property=BindPaths={bind}" for bind in sorted(binds)]
        try:
            output = command.run(
                "systemd-run", "--quiet", "--wait", "--pipe", "--collect", f"--unit={UNIT}", *properties, "--",
                PROGRAM, VERB, str(directory), str(place), seconds=SECONDS + END_SECONDS,
            )  # fmt: skip
        except command.Failed as error:
            raise Damaged(str(error)) if error.status == DAMAGED else error from None
        return {**json.loads(output), "seconds": round(time.monotonic() - begun, 1)}
    finally:
        _end()
        shutil.rmtree(place, ignore_errors=True)


def _end() -> None:
    # systemctl calls it an error that there is none, as mostly.
    with contextlib.suppress(BackupError):
        command.run("systemctl", "stop", UNIT, seconds=END_SECONDS + 60)


def inside(directory: Path, place: Path) -> dict[str, t.Any]:
    """What is done in there, and must be nowhere else: it replaces a datastore."""
    _refuse_outside()
    config = membership.write_config(place / "alone")
    _have_address(config.read_text(encoding="utf-8"))
    # There is no other interface, and k3s looks for the one of the configuration even without an agent.
    server = [layout.BINARY, "server", f"--config={config}", "--flannel-iface=lo"]
    etcd_snapshot.restore(directory / SNAPSHOT, *server)
    wanted = json.loads((directory / OBJECTS).read_text(encoding="utf-8"))
    with _running([*server, *(f"--disable-{part}" for part in WITHOUT)], place / "log") as process:
        return _compare(wanted, process, place / "log")


def _refuse_outside(proc: Path = Path("/proc")) -> None:
    shared = [one for one in NAMESPACES if os.readlink(proc / "self/ns" / one) == os.readlink(proc / "1/ns" / one)]
    if shared:
        raise BackupError(f"this is not apart from the host ({', '.join(shared)}): nothing was started")


def _have_address(config: str) -> None:
    """etcd listens at the address that its host had."""
    found = re.search(r"^node-ip:\s*[\"']?([0-9a-fA-F.:]+)", config, re.MULTILINE)
    if not found:
        raise BackupError("the configuration of the set names no node-ip, which k3s needs apart from all networks")
    bits = 128 if ":" in found[1] else 32
    command.run("ip", "address", "add", f"{found[1]}/{bits}", "dev", "lo", seconds=10)


@contextlib.contextmanager
def _running(arguments: list[str], log: Path) -> t.Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stream:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)


def _compare(wanted: Objects, process: subprocess.Popen[bytes], log: Path) -> dict[str, t.Any]:
    end = time.monotonic() + ANSWER_SECONDS
    while True:
        late = time.monotonic() > end
        try:
            found, unlisted = Kubernetes(30).objects()
            # What pods serve or convert nobody can list here; that may also be what has not begun to answer.
            left = without(wanted, unlisted) if late else wanted
            return {"restored": refuse_missing(left, found), "unlisted": unlisted}
        except BackupError as error:
            # It may still be on its way, as long as it lives.
            ended = process.poll() is not None
            if ended or late:
                words = log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
                # One that died may have died of anything.
                kind = Damaged if isinstance(error, Missing) and not ended else BackupError
                raise kind(f"k3s, restored apart: {error}; its last words: {' | '.join(words)[-500:]}") from error
            time.sleep(1)
