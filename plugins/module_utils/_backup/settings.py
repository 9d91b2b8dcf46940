# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host backs up, and where to: read from one file that the role writes."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from . import keys
from .errors import BackupError

FILE = Path("/etc/metalstack/backup/backup.json")
# How a bucket of S3 may be called.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Storage:
    """An endpoint of S3. ca_file is empty where the system's authorities will do.

    lock_days: for how long the bucket has to lock what is written; 0 if it need not.
    """

    endpoint: str
    region: str
    bucket: str
    path_style: bool
    ca_file: str
    access_key: str
    secret_key: str
    lock_days: int = 0

    @property
    def where(self) -> str:
        return f"{self.endpoint}/{self.bucket}"

    def by(self, access_key: str, secret_key: str) -> Storage:
        """The same for another account."""
        return replace(self, access_key=access_key, secret_key=secret_key)


@dataclass(frozen=True)
class Settings:
    site: str
    host: str
    storage: Storage
    second: Storage | None
    password_file: Path
    set_components: tuple[str, ...]
    components: tuple[dict[str, t.Any], ...]
    interval: int
    level: int
    state: Path
    metrics: Path
    # Addresses of the other servers of k3s.
    peers: tuple[str, ...] = ()
    # Namespace of metal-stack's databases in the cluster of this host; empty where it has none to look after.
    databases: str = ""
    # Names of those that have to be there, and the seconds that one question to a database may take.
    databases_expected: tuple[str, ...] = ()
    databases_timeout: int = 300

    @property
    def password(self) -> str:
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise BackupError(f"there is no {self.password_file} -> run the role backup on this host") from None

    @property
    def next_file(self) -> Path:
        """There while the password is rotated, until this host works with the one in it."""
        return self.password_file.with_name("next-password")

    @property
    def former_file(self) -> Path:
        """There while the password is rotated, from then on until those in it, one a line, are of no use any more."""
        return self.password_file.with_name("former-passwords")

    @property
    def next_password(self) -> str:
        return "".join(_lines(self.next_file))

    @property
    def former_passwords(self) -> tuple[str, ...]:
        return tuple(_lines(self.former_file))

    @property
    def passwords(self) -> tuple[str, ...]:
        """Each that may open something, the own one first."""
        return tuple(dict.fromkeys(filter(None, (self.password, self.next_password, *self.former_passwords))))

    @property
    def watched(self) -> tuple[str, ...]:
        """What somebody is to back up: what a set needs to be whole, and what this host does besides."""
        return tuple(dict.fromkeys((*self.set_components, *(one["name"] for one in self.components))))

    def component(self, name: str) -> dict[str, t.Any]:
        for one in self.components:
            if one["name"] == name:
                return one
        known = ", ".join(one["name"] for one in self.components) or "none"
        raise BackupError(f"{self.host} does not back up {name!r}, only {known}")


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        return []


def parse(text: str) -> Settings:
    found = json.loads(text)
    for name in [one["name"] for one in found["components"]] + list(found["set_components"]):
        if not keys.COMPONENT.fullmatch(name):
            raise ValueError(f"component {name!r}, expected small letters, digits and underscores")
    return Settings(
        site=found["site"],
        host=found["host"],
        storage=Storage(**found["storage"]),
        second=Storage(**found["second"]) if found.get("second") else None,
        password_file=Path(found["password_file"]),
        set_components=tuple(found["set_components"]),
        components=tuple(found["components"]),
        interval=int(found["interval"]),
        level=int(found["level"]),
        state=Path(found["state"]),
        metrics=Path(found["metrics"]),
        peers=tuple(found.get("peers", [])),
        databases=str(found.get("databases", "")),
        databases_expected=tuple(found.get("databases_expected", [])),
        databases_timeout=int(found.get("databases_timeout", 300)),
    )


def load(file: Path = FILE) -> Settings:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BackupError(f"there is no {file} -> run the role backup on this host") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{file} cannot be used: {error} -> run the role backup on this host again") from None
