# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that takes Debian's packages from the site's mirror alone. The only part that writes on hosts.

One file of apt's configuration makes the difference: with it apt reads our sources in place of those that the host has,
and leaves these and their lists as they are; without it, it is back with them. Debian's keys verify what is installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._artifact import files
from .._debian import apt, simulation, versions
from . import tree
from .errors import MirrorError
from .manifest import Entry

DIRECTORY = "/var/lib/metalstack/mirror"
SOURCES = "/etc/metalstack/apt/mirror.sources"
SWITCH = "/etc/apt/apt.conf.d/90metalstack-offline"
LISTS = "/var/lib/apt/lists"
UPDATE_SECONDS = 300
SETTINGS = {
    "Dir::Etc::sourcelist": "/dev/null",
    "Dir::Etc::sourceparts": os.path.dirname(SOURCES),
    # Those of the usual sources stay for the day on which these are asked again.
    "APT::Get::List-Cleanup": "false",
}
HEAD = (
    "// This site is offline: packages come from its mirror alone. Managed by metalstack.autonomous.\n"
    "// Without this file apt has the sources of the host again.\n"
)


class Change(t.NamedTuple):
    """What is, or would be, different: files of the mirror by path, and texts of configuration before and after."""

    lacking: list[Entry]
    removed: list[str]
    texts: dict[str, tuple[str, str]]
    update: bool

    def __bool__(self) -> bool:
        return bool(self.lacking or self.removed or self.texts or self.update)


@dataclass(frozen=True)
class Place:
    """The host's release and architecture, such as C(trixie) and C(amd64)."""

    release: str
    arch: str

    @property
    def purpose(self) -> str:
        return f"{self.release}/{self.arch}"


class Host:
    def __init__(self, run_command: apt.RunCommand, keyring: str) -> None:
        self._run_command, self._keyring = run_command, keyring

    def place(self) -> Place:
        code, arch, _errors = self._run_command(["dpkg", "--print-architecture"], environ_update=apt.ENVIRONMENT)
        release = codename(Path("/etc/os-release").read_text(encoding="utf-8"))
        if code or not release:
            raise MirrorError("the host is no Debian; expected one whose /etc/os-release has VERSION_CODENAME")
        return Place(release, arch.strip())

    def change(self, entries: t.Sequence[Entry], place: Place) -> Change:
        """What makes the host take its packages from these files. Raises MirrorError if there are none for it."""
        wanted = [entry for entry in entries if place.purpose in entry.purpose]
        if not wanted:
            there = ", ".join(sorted({purpose for entry in entries for purpose in entry.purpose})) or "none"
            raise MirrorError(
                f"the mirror has nothing of Debian {place.purpose}, it has {there}; collect it with {place.release} in"
                f" mirror_debian_releases and {place.arch} in mirror_architectures"
            )
        if not os.path.exists(self._keyring):
            raise MirrorError(f"{self._keyring} is not there, by which apt verifies what it installs; install it")
        texts = {path: (_read(path), text) for path, text in self._texts(wanted, place).items()}
        lacking = self._lacking(wanted)
        return Change(
            lacking,
            superfluous(Path(DIRECTORY), wanted),
            {path: both for path, both in texts.items() if both[0] != both[1]},
            any(entry.kind == "index" for entry in lacking) or not lists_are_of(wanted),
        )

    def absent(self) -> Change:
        """What gives the host its own sources back."""
        texts = {path: (_read(path), "") for path in (SOURCES, SWITCH) if os.path.lexists(path)}
        removed = superfluous(Path(DIRECTORY), []) + ([DIRECTORY] if os.path.exists(DIRECTORY) else [])
        return Change([], [*removed, *_lists()], texts, False)

    def unpack(self, archive: Path, entries: t.Sequence[Entry]) -> None:
        """Take files that were transferred, each verified before it has its name. Raises MirrorError, ChecksumError."""
        wanted = {entry.path: entry for entry in entries}
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                entry, source = wanted.get(member.name), tar.extractfile(member)
                if entry is None or source is None:
                    raise MirrorError(f"{member.name} was transferred and is none of the mirror's files; refused")
                path = Path(DIRECTORY, entry.path)
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_name(f"{path.name}.part")
                with source, part.open("wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
                files.place(part, path, entry.sha256, 0o644, f"transferred {entry.path}")

    def apply(self, change: Change) -> None:
        """Make it so. What apt does not believe never becomes the host's source."""
        texts = {path: after for path, (_before, after) in change.texts.items()}
        if SOURCES in texts:
            _write(SOURCES, texts[SOURCES])
        if change.update:
            self._update()
        if SWITCH in texts:
            _write(SWITCH, texts[SWITCH])
        for path in change.removed:
            Path(DIRECTORY, path).unlink()

    def leave(self, change: Change) -> None:
        """Give the host its own sources back, first of all."""
        for path in (SWITCH, SOURCES):
            if path in change.texts:
                os.unlink(path)
        with contextlib.suppress(OSError):
            # Whatever else somebody has put there stays.
            os.rmdir(os.path.dirname(SOURCES))
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        for path in _lists():
            os.unlink(path)

    def _texts(self, wanted: t.Sequence[Entry], place: Place) -> dict[str, str]:
        suites = sorted({entry.name for entry in wanted if entry.kind == "index"})
        switch = HEAD + "".join(f'{name} "{value}";\n' for name, value in SETTINGS.items())
        return {SOURCES: source(suites, place.arch, self._keyring), SWITCH: switch}

    def _lacking(self, wanted: t.Sequence[Entry]) -> list[Entry]:
        """Files that are not there; packages that are installed, or newer there, are nothing that anybody asks for."""
        command = ["dpkg-query", "--show", "--showformat=${Package} ${Version} ${db:Status-Status}\n", "*"]
        said = self._run_command(command, environ_update=apt.ENVIRONMENT)[1]
        lines = [line.split() for line in said.splitlines()]
        installed = {line[0]: line[1] for line in lines if line[2:] == ["installed"]}
        return [
            entry
            for entry in wanted
            if not (entry.kind == "package" and is_as_new(installed.get(entry.name, ""), entry.version))
            and tree.fault(Path(DIRECTORY), entry)
        ]

    def _update(self) -> None:
        settings = [word for name, value in SETTINGS.items() for word in ("-o", f"{name}={value}")]
        bound = ["timeout", "--kill-after=10", str(UPDATE_SECONDS), "apt-get"]
        command = [*bound, *apt.SETTINGS, *settings, "--quiet", "update"]
        code, output, errors = self._run_command(command, environ_update=apt.ENVIRONMENT)
        if code in (124, 137):
            raise MirrorError(f"apt has not read the mirror's indices within {UPDATE_SECONDS} s")
        if code:
            raise MirrorError(f"apt does not take the mirror's indices: {simulation.failure(output + errors)}")


def codename(os_release: str) -> str:
    """The release by name, out of C(/etc/os-release)."""
    lines = dict(line.partition("=")[::2] for line in os_release.splitlines())
    return lines.get("VERSION_CODENAME", "").strip('"') if lines.get("ID", "").strip('"') == "debian" else ""


def is_as_new(installed: str, offered: str) -> bool:
    """Whether nobody needs a package because of what is installed."""
    return bool(installed) and versions.compare(installed, offered) >= 0


def source(suites: t.Sequence[str], arch: str, keyring: str) -> str:
    """The one source that apt has; what is in a mirror grows old and is not refused for that."""
    fields = {
        "Types": "deb",
        "URIs": f"file:{DIRECTORY}/debian",
        "Suites": " ".join(suites),
        "Components": "main",
        "Architectures": arch,
        "Signed-By": keyring,
        "Check-Valid-Until": "no",
        "Languages": "none",
        "By-Hash": "no",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def list_file(path: str) -> str:
    """Where apt keeps a file of our source, by its path below the mirror."""
    return f"{DIRECTORY}/{path}".replace("/", "_")


def lists_are_of(wanted: t.Sequence[Entry]) -> bool:
    """Whether apt has read these very indices."""
    there = set(os.listdir(LISTS)) if os.path.isdir(LISTS) else set()
    for entry in wanted:
        if entry.kind != "index":
            continue
        name = list_file(entry.path)
        if entry.path.endswith("/InRelease"):
            if name not in there or files.sha256_of(Path(LISTS, name)) != entry.sha256:
                return False
        # It keeps them unpacked, or packed as it likes.
        elif not any(one.startswith(name.removesuffix(".xz")) for one in there):
            return False
    return True


def superfluous(directory: Path, wanted: t.Sequence[Entry]) -> list[str]:
    """Files below our directory that are none of these, by path."""
    listed = {entry.path for entry in wanted}
    found = [str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_symlink() or path.is_file()]
    return sorted(path for path in found if path not in listed)


def _lists() -> list[str]:
    """What apt has kept of our source."""
    return sorted(map(str, Path(LISTS).glob(f"{list_file('debian')}_*")))


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    part = Path(f"{path}.part")
    part.write_text(text, encoding="utf-8")
    part.chmod(0o644)
    part.replace(path)
