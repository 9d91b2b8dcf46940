# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An authority that issues by ACME: its certificate, its encrypted key, and the database of what it has issued."""

from __future__ import annotations

import hashlib
import shutil
import typing as t
from pathlib import Path

from . import account, aside, bbolt, command
from .component import Facts
from .errors import Damaged, Missing
from .gate import Record

DATABASE = Path("db/ca.db")
CERTIFICATE, KEY = "intermediate.crt", "intermediate.crt.key"
SECONDS = 600
# What a set is compared by, of the buckets that step-ca has. The others hold what ends within minutes.
COUNTED = {"certificates": "x509_certs", "revoked": "revoked_x509_certs", "accounts": "acme_accounts"}


class AcmeCa:
    """C(data) is its directory, C(owner) whom it belongs to. The password of the key is no part of it."""

    def __init__(self, settings: dict[str, t.Any], _state: Path) -> None:
        self.name = str(settings["name"])
        self._data = Path(settings["data"])
        self._owner = str(settings.get("owner") or "acme-ca")

    def holds(self) -> bool:
        return (self._data / DATABASE).exists()

    def idle(self) -> str:
        """One that does not run is a standby, or one whose place another host has taken: what it has may be old."""
        if not self.holds():
            return f"there is no {self._data / DATABASE}"
        return "" if bbolt.in_use(self._data / DATABASE) else "the authority does not run on this host"

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        content = bbolt.snapshot(self._data / DATABASE)
        copy = stage / DATABASE
        copy.parent.mkdir(mode=0o700, parents=True)
        copy.write_bytes(content)
        for file in (CERTIFICATE, KEY):
            shutil.copyfile(self._data / file, stage / file)
        return [], _facts(stage)

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        if level < 2:
            return {}
        if _facts(directory) != facts:
            raise Damaged(f"{self.name} holds other certificates than the manifest says -> use another set")
        return dict(facts["counts"])

    def fits(self, facts: Facts, record: Record) -> None:
        aside.refuse_links([self._data])
        aside.refuse_mounts([self._data])

    def ready(self) -> None:
        account.require(self._owner, "run bootstrap first")

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        new = aside.prepared(self._data)
        (new / DATABASE).parent.mkdir(mode=0o700, parents=True)
        new.chmod(0o700)
        for file, mode in ((DATABASE, 0o600), (CERTIFICATE, 0o644), (KEY, 0o600)):
            shutil.copyfile(directory / file, new / file)
            (new / file).chmod(mode)
        command.run("chown", "--recursive", f"{self._owner}:", str(new), seconds=SECONDS)
        aside.replace([self._data])

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        found = _facts(self._data)
        if found["authority"] != facts["authority"]:
            raise Missing("another authority issues here than the one that the set held")
        fewer = [
            f"{wanted} {name}, now {found['counts'][name]}"
            for name, wanted in facts["counts"].items()
            if found["counts"][name] < wanted
        ]
        if fewer:
            raise Missing(f"the authority lacks what the set held: {'; '.join(fewer)}")
        return dict(facts["counts"])

    def settle(self) -> None:
        aside.settle([self._data])


def _facts(directory: Path) -> Facts:
    """Who it is, by its key, since its certificate is renewed; and how much there is."""
    buckets = bbolt.counts(bbolt.snapshot(directory / DATABASE))
    return {
        "authority": hashlib.sha256((directory / KEY).read_bytes()).hexdigest(),
        "counts": {name: buckets.get(bucket, 0) for name, bucket in COUNTED.items()},
    }
