# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a set of units and the files they read to what is wanted. Private to this collection."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._systemd import units as pure

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _environment(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty when it has gone."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(item.partition("=")[::2] for item in raw.split("\0") if item)


def _executable(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


class File(t.NamedTuple):
    """A file as it should be; without content it should not be."""

    content: str | None
    mode: int
    secret: bool = False


class SystemdUnits:
    def __init__(
        self,
        module: AnsibleModule,
        directory: Path,
        units: dict[str, dict[str, t.Any]],
        files: dict[str, File],
    ) -> None:
        self.module = module
        self.directory = directory
        self.files = files
        self.present = {name: unit for name, unit in units.items() if unit.get("state") != "absent"}
        self.absent = [name for name, unit in units.items() if unit.get("state") == "absent"]
        for name, unit in self.present.items():
            if not unit.get("content"):
                module.fail_json(msg=f"unit {name} has no content; give content or state: absent")
            if unit.get("state", "started") not in ("started", "stopped"):
                module.fail_json(msg=f"unit {name}: state is {unit['state']!r}, expected started, stopped or absent")
            unknown = set(unit.get("reads", [])) - set(files)
            if unknown:
                module.fail_json(msg=f"unit {name} reads {sorted(unknown)}, which files does not name")
        self.changed = False
        self.diffs: list[dict[str, str]] = []

    def converge(self, restart_stale: bool) -> dict[str, t.Any]:
        running = self._running()
        contents = {name: self._content(unit) for name, unit in self.present.items()}
        removed = self._remove_units(running)
        written = [Path(path) for path, wanted in self.files.items() if self._write(Path(path), wanted)]
        drop_ins = [path for path in written if path.is_relative_to(self.directory)]
        rewritten = [name for name in contents if self._write(self.directory / name, File(contents[name], 0o644))]
        # Enabling has systemd read all unit files again by itself.
        if not self._enable(running, rewritten) and (
            rewritten or drop_ins or any(running[name].ours for name in self.absent)
        ):
            self._systemctl("daemon-reload")
        stopped = [
            name for name, unit in self.present.items() if unit.get("state") == "stopped" and running[name].active
        ]
        self._act("stop", stopped)
        started, queued = pure.starts(self.present, running)
        self._act("start", started)
        self._act("start", ["--no-block", *queued] if queued else [])
        stale = [
            name
            for name in contents
            if name not in stopped
            and pure.stale(running[name], contents[name], os.path.realpath(pure.program_of(contents[name])))
        ]
        restarted = stale if restart_stale else []
        self._act("restart", restarted)
        return {
            "changed": self.changed,
            "diff": self.diffs,
            "started": started + queued,
            "restarted": restarted,
            "stale": [name for name in stale if name not in restarted],
            "removed": removed,
            "written": [*map(str, written), *(str(self.directory / name) for name in rewritten)],
        }

    def _content(self, unit: dict[str, t.Any]) -> str:
        read = {path: self.files[path].content or "" for path in unit.get("reads", [])}
        return pure.signed(unit["content"], read)

    def _running(self) -> dict[str, pure.Running]:
        others = {unit["bound_to"] for unit in self.present.values() if unit.get("bound_to")}
        names = list(dict.fromkeys([*self.present, *self.absent, *sorted(others)]))
        output = self._systemctl("show", "--property=" + ",".join(pure.PROPERTIES), *names, read_only=True)
        shown = pure.parse_show(output)
        return {name: self._state(shown.get(name, {})) for name in names}

    def _state(self, fields: dict[str, str]) -> pure.Running:
        pid = int(fields.get("MainPID") or 0)
        return pure.Running(
            # One that a package brings is not ours to remove.
            ours=fields.get("FragmentPath", "") == str(self.directory / fields.get("Id", "")),
            # A service between two starts counts as running: systemd brings it back.
            active=fields.get("ActiveState") in ("active", "activating", "reloading"),
            starting=fields.get("ActiveState") == "activating",
            enabled=fields.get("UnitFileState") == "enabled",
            pid=pid,
            digest=_environment(pid).get(pure.DIGEST, "") if pid else "",
            executable=_executable(pid) if pid else "",
        )

    def _remove_units(self, running: dict[str, pure.Running]) -> list[str]:
        gone = [name for name in self.absent if running[name].ours]
        self._act("disable", gone)
        # Stopped while the unit file is there: it says what has to be cleaned up.
        self._act("stop", [name for name in gone if running[name].active])
        for name in self.absent:
            self._write(self.directory / name, File(None, 0))
        return gone

    def _write(self, path: Path, wanted: File) -> bool:
        """Bring a file to its content and mode; tells whether the content changed."""
        before = _read(path)
        if wanted.content is None:
            if path.exists():
                # Whoever removes a file may not know what is in it; its mode tells who was to read it.
                private = not path.stat().st_mode & 0o004
                self._changing(path, before, wanted._replace(secret=wanted.secret or private))
                if not self.module.check_mode:
                    path.unlink()
                    # A directory of the service's own goes with its last file.
                    if path.parent != self.directory and not any(path.parent.iterdir()):
                        path.parent.rmdir()
            return bool(before)
        same = before == wanted.content
        if same and path.stat().st_mode & 0o7777 == wanted.mode:
            return False
        self._changing(path, before, wanted)
        if not self.module.check_mode:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.partial")
            partial.unlink(missing_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                os.fchmod(handle.fileno(), wanted.mode)
                handle.write(wanted.content)
            partial.rename(path)
        return not same

    def _changing(self, path: Path, before: str, wanted: File) -> None:
        self.changed = True
        after = wanted.content or ""
        if wanted.secret:
            before, after = "(secret)\n", "(another secret)\n" if wanted.content is not None else ""
        self.diffs.append({"before_header": str(path), "after_header": str(path), "before": before, "after": after})

    def _enable(self, running: dict[str, pure.Running], rewritten: list[str]) -> bool:
        """Whether there was a unit to enable or to disable."""
        wanted = {name: unit.get("enabled", True) for name, unit in self.present.items()}
        # An [Install] section that changed needs its links made anew.
        enable = [name for name, on in wanted.items() if on and (name in rewritten or not running[name].enabled)]
        disable = [name for name, on in wanted.items() if not on and running[name].enabled]
        self._act("reenable", enable)
        self._act("disable", disable)
        return bool(enable or disable)

    def _act(self, verb: str, names: list[str]) -> None:
        if names:
            self.changed = True
            self._systemctl(verb, *names)

    def _systemctl(self, verb: str, *arguments: str, read_only: bool = False) -> str:
        if self.module.check_mode and not read_only:
            return ""
        code, output, errors = self.module.run_command(["systemctl", verb, *arguments])
        if code:
            self.module.fail_json(msg=f"systemctl {verb} {' '.join(arguments)} failed: {(errors or output).strip()}")
        return str(output)
