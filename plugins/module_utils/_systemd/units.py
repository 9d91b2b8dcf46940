# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd should run against what it runs. Private to this collection."""

from __future__ import annotations

import hashlib
import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping

DIGEST = "METALSTACK_UNIT_DIGEST"
PROPERTIES = ("Id", "LoadState", "ActiveState", "UnitFileState", "FragmentPath", "MainPID", "Type")
_EXEC_START = re.compile(r"^ExecStart=[-@:+!|]*(\S+)", re.MULTILINE)


class Running(t.NamedTuple):
    """What systemd knows of a unit, and what its process was started with."""

    ours: bool = False
    active: bool = False
    starting: bool = False
    enabled: bool = False
    pid: int = 0
    digest: str = ""
    executable: str = ""


def signed(content: str, files: Mapping[str, str]) -> str:
    """A service's text with its own digest, so that the process tells which configuration it was started with."""
    if not _EXEC_START.search(content):
        return content
    hasher = hashlib.sha256(content.encode())
    for path in sorted(files):
        hasher.update(f"\0{path}\0{files[path]}".encode())
    return f"{content.rstrip()}\n\n[Service]\nEnvironment={DIGEST}={hasher.hexdigest()[:16]}\n"


def digest_of(content: str) -> str:
    found = re.search(rf"^Environment={DIGEST}=(\w+)$", content, re.MULTILINE)
    return found.group(1) if found else ""


def program_of(content: str) -> str:
    found = _EXEC_START.search(content)
    return found.group(1) if found else ""


def parse_show(output: str) -> dict[str, dict[str, str]]:
    """Read C(systemctl show) for several units, by their name."""
    units = {}
    for block in output.strip().split("\n\n"):
        fields = dict(line.partition("=")[::2] for line in block.splitlines())
        if "Id" in fields:
            units[fields["Id"]] = fields
    return units


def starts(units: Mapping[str, Mapping[str, t.Any]], running: Mapping[str, Running]) -> tuple[list[str], list[str]]:
    """Units to start now, and those to queue behind the unit that they are bound to, which may take minutes itself."""
    now: list[str] = []
    queued: list[str] = []
    for name, unit in units.items():
        bound_to = unit.get("bound_to")
        carrier = running[bound_to] if bound_to else Running(active=True)
        if unit.get("state", "started") == "started" and not running[name].active and carrier.active:
            (queued if carrier.starting else now).append(name)
    return now, queued


def stale(running: Running, content: str, program: str) -> bool:
    """Whether the process was started from another configuration or another binary than the one wanted."""
    if not (running.active and running.pid):
        return False
    return running.digest != digest_of(content) or bool(program and running.executable != program)
