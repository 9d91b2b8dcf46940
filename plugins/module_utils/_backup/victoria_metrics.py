# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store of VictoriaMetrics, by its own vmbackup and vmrestore: a single one, or this host's share of a cluster's."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time
import typing as t
import urllib.parse
from pathlib import Path

from . import account, aside, command, disk
from .component import Facts
from .errors import BackupError, Damaged, Missing
from .gate import Record

SECONDS = 3600
ANSWER_SECONDS = 10
START_SECONDS = 120
# What was kept must not expire while it is only looked at.
FOREVER = "100y"


class VictoriaMetrics:
    def __init__(self, settings: dict[str, t.Any], state: Path) -> None:
        self.name = str(settings["name"])
        self._data = Path(settings["data"])
        # Where a cluster's store is asked for samples; it tells vmselect alone how many series it has.
        self._select = str(settings.get("select") or "")
        url = "http://127.0.0.1:8482" if self._select else "http://127.0.0.1:8428"
        self._url = str(settings.get("url") or url).rstrip("/")
        self._owner = str(settings.get("owner") or "victoria-metrics")
        # vmbackup brings only what is new into a copy that is there.
        self._copy = state / self.name

    def holds(self) -> bool:
        return (self._data / "data").is_dir()

    def idle(self) -> str:
        """Who has no data has nothing to give; one that does not answer has, and fails."""
        return "" if self.holds() else f"there are no data in {self._data}"

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        disk.private(self._copy)
        series = self._count()
        command.run(
            "vmbackup", f"-storageDataPath={self._data}", f"-snapshot.createURL={self._url}/snapshot/create",
            f"-dst=fs://{self._copy}", seconds=SECONDS,
        )  # fmt: skip
        return [str(self._copy)], {"copy": str(self._copy), "counts": {"series": series}}

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        if level < 2:
            return {}
        with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
            data = Path(scratch) / "data"
            _unpack(directory, facts, data)
            with _sharing(data) if self._select else _serving(data) as url:
                found = _series(url)
        if found < facts["counts"]["series"]:
            raise Damaged(
                f"{self.name}: {found} series came back, the manifest counts {facts['counts']['series']}"
                " -> use another set"
            )
        return {"series": found}

    def fits(self, facts: Facts, record: Record) -> None:
        aside.refuse_mounts([self._data])
        account.require(self._owner, "install VictoriaMetrics first")

    def ready(self) -> None:
        """Its host is restored by itself, once it is installed: fits() has said so."""

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        new = aside.prepared(self._data)
        _unpack(directory, facts, new)
        for path in (new, *new.rglob("*")):
            shutil.chown(path, self._owner, self._owner)
        aside.replace([self._data])

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        found = self._count(START_SECONDS)
        if found < facts["counts"]["series"]:
            raise Missing(
                f"VictoriaMetrics has {found} series, the set held {facts['counts']['series']}; those whose retention"
                " is over are gone for good"
            )
        return {"series": found}

    def settle(self) -> None:
        aside.settle([self._data])

    def _count(self, seconds: float = 0.0) -> int:
        """How many series there are here. A store that is starting is given time to tell."""
        if not self._select:
            return _answer(self._url, seconds=seconds)
        with _selecting(self._select, seconds) as url:
            return _series(url)


def _unpack(directory: Path, facts: Facts, data: Path) -> None:
    source = directory / Path(facts["copy"]).relative_to("/")
    command.run("vmrestore", f"-src=fs://{source}", f"-storageDataPath={data}", seconds=SECONDS)


@contextlib.contextmanager
def _serving(data: Path) -> t.Iterator[str]:
    """A second server with these data, out of reach for everybody else."""
    address = _free()
    words = [
        "victoria-metrics",
        f"-storageDataPath={data}",
        f"-httpListenAddr={address}",
        f"-retentionPeriod={FOREVER}",
    ]
    with _running(words) as process:
        _answer(f"http://{address}", process)
        yield f"http://{address}"


@contextlib.contextmanager
def _sharing(data: Path) -> t.Iterator[str]:
    """The same of a cluster: a store with these data, and who asks it."""
    select = _free()
    words = [
        "vmstorage",
        f"-storageDataPath={data}",
        f"-httpListenAddr={_free()}",
        f"-vminsertAddr={_free()}",
        f"-vmselectAddr={select}",
        f"-retentionPeriod={FOREVER}",
    ]
    with _running(words) as process, _selecting(select, START_SECONDS, process) as url:
        yield url


@contextlib.contextmanager
def _selecting(store: str, seconds: float, behind: subprocess.Popen[bytes] | None = None) -> t.Iterator[str]:
    """Who asks this store alone, so that what others have too is not counted."""
    address = _free()
    words = ["vmselect", f"-storageNode={store}", f"-httpListenAddr={address}", "-search.denyPartialResponse"]
    url = f"http://{address}/select/0/prometheus"
    with _running(words) as process:
        _answer(url, process, behind, seconds=max(seconds, ANSWER_SECONDS))
        yield url


@contextlib.contextmanager
def _running(words: list[str]) -> t.Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        except FileNotFoundError:
            raise BackupError(f"{words[0]} is not there") from None
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(ANSWER_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _answer(url: str, *needed: subprocess.Popen[bytes] | None, seconds: float = START_SECONDS) -> int:
    """How many series there are, once a server that is starting tells; who it needs may not end meanwhile."""
    end = time.monotonic() + seconds
    while True:
        try:
            return _series(url)
        except BackupError:
            if time.monotonic() > end or any(process and process.poll() is not None for process in needed):
                raise
            time.sleep(0.2)


def _series(url: str) -> int:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", f"{parts.path}/api/v1/series/count")
        return int(json.load(connection.getresponse())["data"][0])
    except (http.client.HTTPException, OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise BackupError(f"VictoriaMetrics at {url} does not tell how many series it has: {error}") from None
    finally:
        connection.close()
