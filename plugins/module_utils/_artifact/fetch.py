# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An artifact's file on the controller: from the cache, a mirror, or where it was released."""

from __future__ import annotations

import os
import shutil
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import oci
from .catalog import Mapping, is_pinned, pin_advice
from .files import ChecksumError, locked, require_sha256, sha256_of
from .transport import Say, Transport, Unreachable


class FetchError(Exception):
    """The artifact can't be had; the message says from where it was tried and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")
        self.problem = problem


@dataclass(frozen=True)
class Obtained:
    """A verified file."""

    path: Path
    sha256: str
    origin: str


def default_cache() -> Path:
    """Where downloads are kept; the same directory for every run of this user."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("METALSTACK_CACHE") or f"{home}/metalstack-autonomous").expanduser().absolute()


class Fetcher:
    """Gets described artifacts (see ``catalog.pick``) into the cache."""

    def __init__(self, cache: Path, say: Say = lambda message: None) -> None:
        self._cache = cache
        self._say = say
        self._transport = Transport(cache / "unreachable", say)

    def known_sha256(self, name: str, version: str, arch: str, described: Mapping) -> str:
        """The file's checksum as far as it is known without any download."""
        if described["sha256"]:
            return str(described["sha256"])
        record = self._record(self._slot(name, version, arch, described))
        return record.read_text(encoding="utf-8") if record.exists() else ""

    def obtain(self, name: str, version: str, arch: str, described: Mapping) -> Obtained:
        """Return the verified file, fetching it unless the cache has it."""
        if not is_pinned(described):
            raise ChecksumError(pin_advice(name, version, arch))
        if described["kind"] == "path":
            return self._from_path(described)
        slot = self._slot(name, version, arch, described)
        with locked(slot):
            if not self._is_cached(slot, described):
                self._fetch(slot, f"{name} {version} {arch}", arch, described)
        return Obtained(slot, described["sha256"] or sha256_of(slot), described["source"])

    def _from_path(self, described: Mapping) -> Obtained:
        path = Path(described["path"])
        if not path.is_file():
            raise FetchError(f"{path} is no file on this controller", "Correct its path in site_artifacts")
        require_sha256(path, described["sha256"], str(path))
        return Obtained(path, described["sha256"], described["source"])

    def _slot(self, name: str, version: str, arch: str, described: Mapping) -> Path:
        pin = described["sha256"] or described.get("digest", "").removeprefix("sha256:")
        return self._cache / "artifacts" / name / version / arch / f"{name}-{pin}"

    def _record(self, slot: Path) -> Path:
        """Holds the checksum of a file that is pinned by its image only."""
        return slot.with_name(f"{slot.name}.sha256")

    def _is_cached(self, slot: Path, described: Mapping) -> bool:
        if not slot.exists():
            return False
        record = self._record(slot)
        expected = described["sha256"] or (record.read_text(encoding="utf-8") if record.exists() else "")
        if sha256_of(slot) == expected:
            return True
        self._say(f"{slot} has changed since it was cached: fetched again")
        slot.unlink()
        return False

    def _fetch(self, slot: Path, label: str, arch: str, described: Mapping) -> None:
        tried = []
        for source in self._sources(slot, arch, described):
            try:
                source()
                return
            except Unreachable as error:
                tried.append(str(error))
        raise FetchError(
            f"{label} can't be had: {'; '.join(tried)}",
            "Connect this controller, set METALSTACK_MIRROR to a directory or URL that has it, "
            "or give its path in site_artifacts",
        )

    def _sources(self, slot: Path, arch: str, described: Mapping) -> list[t.Callable[[], None]]:
        sources: list[t.Callable[[], None]] = []
        # A mirror is trusted for nothing: without the file's own checksum its file can't be verified.
        if described.get("mirror") and described["sha256"]:
            sources.append(lambda: self._mirrored(slot, described["mirror"], described["sha256"]))
        if described["kind"] == "file":
            sources.append(lambda: self._download(slot, described["url"], described["sha256"]))
        else:
            sources.append(lambda: self._extract(slot, arch, described))
        return sources

    def _mirrored(self, slot: Path, mirror: str, sha256: str) -> None:
        if "://" in mirror:
            self._download(slot, mirror, sha256)
            return
        if not Path(mirror).is_file():
            raise Unreachable(f"{mirror}: no such file")
        part = self._part(slot)
        shutil.copyfile(mirror, part)
        self._accept(part, slot, sha256, mirror)

    def _download(self, slot: Path, url: str, sha256: str) -> None:
        part = self._part(slot)
        resumed = part.exists()
        self._transport.download(url, part)
        try:
            self._accept(part, slot, sha256, url)
        except ChecksumError:
            if not resumed:
                raise
            # The beginning may be of another file: once more from the start.
            self._transport.download(url, part)
            self._accept(part, slot, sha256, url)

    def _extract(self, slot: Path, arch: str, described: Mapping) -> None:
        with tempfile.TemporaryDirectory(prefix=".image.", dir=slot.parent) as work:
            source = f"{described['image']}@{described['digest']}"
            file = oci.extract(
                described["image"], described["digest"], described["path"], arch, Path(work), self._transport
            )
            if not described["sha256"]:
                self._record(slot).write_text(sha256_of(file), encoding="utf-8")
            self._accept(file, slot, described["sha256"] or sha256_of(file), source)

    def _part(self, slot: Path) -> Path:
        return slot.with_name(f"{slot.name}.part")

    def _accept(self, part: Path, slot: Path, sha256: str, origin: str) -> None:
        try:
            require_sha256(part, sha256, origin)
        except ChecksumError:
            part.unlink()
            raise
        part.rename(slot)
