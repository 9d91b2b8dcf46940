# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""restic, which keeps the contents: called as a program, its secrets in the environment and a file."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import datetime
import json
import os
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

from . import keys
from .errors import BackupError, Damaged, Unreachable
from .settings import Settings

PROGRAM = "/usr/bin/restic"
SECONDS = 3600
# How long somebody else's lock is waited for: Debian 12's restic cannot wait itself.
LOCK_SECONDS, LOCK_PAUSE = 600, 5
HURRIED_SECONDS = 60
REFUSALS = ("Access Denied", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden", "signature")
LOCKED = "repository is already locked"
WRONG_PASSWORD = "wrong password or no key found"
CUT_OFF = (
    "connection refused", "connection reset", "no such host", "no route to host", "network is unreachable",
    "i/o timeout", "TLS handshake timeout", "deadline exceeded", "x509:",
)  # fmt: skip
# What restic 0.14 and 0.18 say of files that are altered, cut short or missing, once they have found a repository.
DAMAGE = (
    "ciphertext verification failed", "invalid data returned", "requested range is not satisfiable",
    "specified key does not exist", "not found in repository", "no matching ID found", "config cannot be loaded",
    "config file has zero size", "repository contains errors",
)  # fmt: skip


class Restic:
    def __init__(self, settings: Settings, lineage: str, directory: str = "") -> None:
        """directory: where the repository is, if it is not in the object storage."""
        storage = settings.storage
        self._settings = settings
        self._where = directory or f"{storage.where}/{keys.repository(settings.site, lineage)}"
        lookup = "path" if storage.path_style else "dns"
        self._command = [PROGRAM, "--json", "--option", f"s3.bucket-lookup={lookup}"]
        self._command += ["--cacert", storage.ca_file] if storage.ca_file else []
        self._environment = {
            "PATH": os.defpath,
            "HOME": str(settings.state),
            "RESTIC_REPOSITORY": directory or f"s3:{self._where}",
            "RESTIC_PASSWORD_FILE": str(settings.password_file),
            "RESTIC_CACHE_DIR": str(settings.state / "cache"),
            "AWS_ACCESS_KEY_ID": storage.access_key,
            "AWS_SECRET_ACCESS_KEY": storage.secret_key,
            "AWS_DEFAULT_REGION": storage.region,
            # Two cores, and everything else on the host comes first.
            "GOMAXPROCS": "2",
        }

    def create(self) -> None:
        self._run("init")

    def backup(self, paths: t.Sequence[str], directory: Path, tags: t.Mapping[str, str]) -> dict[str, t.Any]:
        """A new snapshot of the paths, some of them below the directory.

        Returns restic's summary: snapshot_id, total_bytes_processed, data_added, total_files_processed (links are no
        files) …
        """
        marks = [f"--tag={name}={value}" for name, value in sorted(tags.items())]
        output = self._run("backup", f"--host={self._settings.host}", *marks, "--", *paths, directory=directory)
        for line in reversed(output.splitlines()):
            found: dict[str, t.Any] = json.loads(line)
            if found.get("message_type") == "summary":
                return found
        raise BackupError(f"restic has made no snapshot in {self._where}: {output[-300:]}")

    def restore(self, snapshot: str, target: Path) -> None:
        # A cache knows what it has read of one storage as that of another one with the same repository, too.
        what = ("restore", "--no-cache", snapshot, f"--target={target}")
        try:
            self._run(*what, patience=HURRIED_SECONDS)
        except Locked:
            # A prune that died keeps nobody from restoring; what comes out is checked in any case.
            try:
                self._run(*what, "--no-lock")
            except Damaged as error:
                # What is missing may be what a prune has removed meanwhile.
                raise BackupError(str(error)) from error

    def snapshots(self) -> dict[str, datetime.datetime]:
        """When each snapshot was made. Changes nothing, not even a lock."""
        listed = json.loads(self._run("snapshots", "--no-lock")) or []
        return {one["id"]: datetime.datetime.fromisoformat(one["time"]) for one in listed}

    def forget(self, snapshots: t.Sequence[str]) -> None:
        self._run("forget", *snapshots)

    def prune(self) -> None:
        """Drop what no snapshot needs. Backups wait meanwhile."""
        self._run("prune")

    def check(self, lock: bool = True) -> None:
        """Raise unless all that the snapshots need is there. Without a lock nothing is written."""
        self._run("check", *([] if lock else ["--no-lock"]))

    def opens(self) -> bool:
        """Whether the password opens the repository."""
        try:
            self._run("cat", "config", "--no-lock")
        except WrongPassword:
            return False
        return True

    def list_keys(self) -> list[dict[str, t.Any]]:
        """The keys that open the repository, each of one password: C(id), C(hostName), C(created), C(current)."""
        found: list[dict[str, t.Any]] = json.loads(self._run("key", "list"))
        return found

    def add_key(self, password_file: Path) -> None:
        self._run("key", "add", f"--new-password-file={password_file}")

    def remove_key(self, key: str) -> None:
        self._run("key", "remove", key)

    def _run(self, *arguments: str, directory: Path | None = None, patience: float = LOCK_SECONDS) -> str:
        """What restic prints, once it gets its lock."""
        until = time.monotonic() + patience
        while True:
            try:
                return self._once(*arguments, directory=directory)
            except Locked:
                if time.monotonic() > until:
                    raise
            # Takes away only the lock of a process that is dead, or was silent for half an hour.
            self._once("unlock")
            time.sleep(LOCK_PAUSE)

    def _once(self, *arguments: str, directory: Path | None = None) -> str:
        try:
            done = subprocess.run(
                [*self._command, *arguments], env=self._environment, capture_output=True, text=True, timeout=SECONDS,
                check=False, stdin=subprocess.DEVNULL, cwd=directory,
            )  # fmt: skip
        except FileNotFoundError:
            raise BackupError(f"{PROGRAM} is not there -> install restic") from None
        except subprocess.TimeoutExpired:
            raise Unreachable(f"restic {arguments[0]} took more than {SECONDS} s ({self._where})") from None
        if done.returncode:
            raise explain(f"restic {arguments[0]} ({self._where})", done.stdout + done.stderr)
        return done.stdout


def fits(settings: Settings, config: bytes, name: str, key: bytes) -> bool:
    """Whether the password opens a repository of this configuration by this key, of which both are at hand alone."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for layer in ("data", "index", "keys", "locks", "snapshots"):
            (place / layer).mkdir()
        (place / "config").write_bytes(config)
        (place / "keys" / name).write_bytes(key)
        return Restic(settings, "", str(place)).opens()


class Locked(BackupError):
    """Somebody else works in the repository."""


class WrongPassword(BackupError):
    """The password opens nothing."""


def explain(what: str, output: str) -> BackupError:
    lines = [line for line in output.splitlines() if line.strip()]
    last = lines[-1] if lines else "no word"
    for line in lines:
        if "Fatal:" in line or '"message_type":"exit_error"' in line:
            last = line
    if WRONG_PASSWORD in output:
        return WrongPassword(f"{what}: the backup password does not open it -> give the one that was escrowed")
    if LOCKED in output:
        return Locked(f"{what}: somebody else works in the repository, or died there -> run it again in half an hour")
    if any(word in output for word in REFUSALS):
        return Unreachable(f"{what}: the object storage refuses the key -> check access_key and secret_key")
    if any(word in output for word in CUT_OFF):
        return Unreachable(f"{what}: {last[:400]}")
    # restic asks this after every failure to open a repository.
    if "Is there a repository at the following location" in output or "repository does not exist" in output:
        return BackupError(f"{what}: there is no repository -> check endpoint, bucket and the name of the site")
    for line in lines:
        if any(word in line for word in DAMAGE):
            return Damaged(f"{what}: {line[:400]}")
    return BackupError(f"{what}: {last[:400]}")
