"""A sidecar with its volumes: the one that LAB_BRS_BINARY names, or the model. Asked by its commands alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gateway
import yaml
from storage import SECRET, Storage

TREE = Path(__file__).resolve().parents[3]
SANDBOX = Path(__file__).parent / "sandbox.sh"
BINARY = os.environ.get("LAB_BRS_BINARY", "")
COMMAND = [BINARY] if BINARY else [sys.executable, "-m", "lab.sidecar.standin"]
NEVER = "0 0 31 2 *"
SECONDS = 60


def version() -> str:
    """What it says of itself."""
    done = subprocess.run([*COMMAND, "--version"], cwd=TREE, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return done.stdout.strip().removeprefix("backup-restore-sidecar version ")


def until(true: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


class Sidecar:
    """One pod: `data` and `backup` are its volumes, which outlive what runs."""

    def __init__(self, home: Path, storage: Storage, bucket: str, **options: Any) -> None:
        self.data, self.backup, self._own = (home / name for name in ("data", "backup", "sidecar"))
        for one in (self.data, self.backup, self._own):
            one.mkdir(parents=True)
        self.home, self._log = home, home / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._options = {
            "db": "localfs", "db-data-directory": "/data/postgres", "log-level": "debug", "backup-provider": "s3",
            "backup-cron-schedule": NEVER, "object-prefix": "files-prod", "object-max-keep": 480,
            "object-days-max-keep": 14, "s3-bucket-name": bucket, "s3-region": gateway.REGION,
            "s3-endpoint": storage.front.url, "s3-access-key": gateway.KEYS["access_key"],
            "s3-secret-key": gateway.KEYS["secret_key"], "s3-trusted-ca-cert": storage.ca.read_text(),
        }  # fmt: skip
        self.set(**options)

    @property
    def directory(self) -> Path:
        """The data directory."""
        return self.data / Path(self._options["db-data-directory"]).relative_to("/data")

    @property
    def log(self) -> str:
        return self._log.read_text()

    def set(self, **options: Any) -> None:
        self._options |= {name.replace("_", "-"): value for name, value in options.items()}
        self._configure()

    def unset(self, name: str) -> None:
        del self._options[name]
        self._configure()

    def _configure(self) -> None:
        file = self._own / ".backup-restore-sidecar/config.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(self._options))

    def account(self, name: str) -> None:
        self.set(s3_access_key=name, s3_secret_key=SECRET)

    def write(self, **files: str) -> None:
        self.directory.mkdir(exist_ok=True)
        for name, text in files.items():
            (self.directory / name).write_text(text)

    def read(self) -> dict[str, str]:
        return {one.name: one.read_text() for one in sorted(self.directory.iterdir()) if one.is_file()}

    def lose(self) -> None:
        """Lose both volumes, as with the node that they are on."""
        for volume in (self.data, self.backup):
            subprocess.run(["find", str(volume), "-mindepth", "1", "-delete"], check=True)

    def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = self.inside(*COMMAND, "start", stdout=log, stderr=log)

    def begin(self) -> None:
        """Start, and wait until the database may, or for the end of the process."""
        self.start()
        done = self.inside(*COMMAND, "wait", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: done.poll() is not None or self.over, "the initializer is done")
            assert not self.over, self.log
        finally:
            done.kill()
            done.wait()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def over(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def refused(self) -> str:
        """Start it, and see it end by itself; what it says of that."""
        self.start()
        until(lambda: self.over, "it ends by itself")
        assert self._process is not None and self._process.returncode not in (0, -signal.SIGKILL)
        return self.log

    def call(self, *words: str, succeeds: bool = True) -> str:
        """A command beside the one that runs."""
        done = self.inside(*COMMAND, *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        told = done.communicate(timeout=SECONDS)[0].decode()
        assert (done.returncode == 0) is succeeds, told + self.log
        return told

    def back_up(self) -> None:
        """Make a backup out of turn."""
        self.call("create-backup")

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(how)
            self._process.wait(SECONDS)
            self._process = None

    def inside(self, *command: str, **more: Any) -> subprocess.Popen[bytes]:
        """Start what sees the volumes where the sidecar does."""
        root = tempfile.mkdtemp(dir=self._own)
        # A shell in the background has them ignore the signal by which one is stopped.
        sandbox = ["env", "--default-signal=INT", "unshare", "--mount", "sh", SANDBOX, root, self.home]
        environment = {
            "HOME": "/sidecar",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": str(TREE),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.Popen([*sandbox, *command], env=environment, stdin=subprocess.DEVNULL, **more)


MakeSidecar = Callable[..., Sidecar]
