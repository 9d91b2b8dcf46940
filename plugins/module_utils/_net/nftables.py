# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads the host's table, and takes it back unless it is confirmed. Private to this collection."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._net import firewall

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ROLLBACK = "metalstack-firewall-rollback"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(content)
    partial.rename(path)


class FirewallTable:
    def __init__(self, module: AnsibleModule, path: Path) -> None:
        self.module = module
        self.path = path
        self.pending = path.with_suffix(".pending")
        # The kernel prints a table in words of its own: this is how it printed the confirmed one.
        self.listing = path.with_suffix(".listing")
        self.nft = module.get_bin_path("nft", required=True)

    def load(self, wanted: dict[str, t.Any], rollback_after: int) -> dict[str, t.Any]:
        try:
            content = firewall.render(**wanted)
        except ValueError as error:
            self.module.fail_json(msg=str(error))
        self._refuse_lockout(wanted["ssh_ports"])
        before = _read(self.path)
        reason = self._difference(before, content)
        result = {"changed": bool(reason), "diff": self._diff(before, content), "reason": reason}
        if reason:
            self._check(content)
            if not self.module.check_mode:
                self._disarm()
                _write(self.pending, content)
                self._arm(rollback_after)
                self._run([self.nft, "-f", str(self.pending)])
        elif not self.module.check_mode:
            # Left by a run whose table was taken back: nobody may confirm it any more.
            self.pending.unlink(missing_ok=True)
        return result

    def confirm(self) -> dict[str, t.Any]:
        if not self.pending.exists():
            return {"changed": False}
        if not self.module.check_mode:
            live = self._live()
            if live is None or not self._armed():
                self.module.fail_json(msg="the firewall was taken back before it was confirmed; run the role again")
            self._disarm()
            self.pending.rename(self.path)
            _write(self.listing, str(live))
        return {"changed": True}

    def remove(self) -> dict[str, t.Any]:
        files = [path for path in (self.path, self.pending, self.listing) if path.exists()]
        live = self._live()
        before = _read(self.path)
        if not self.module.check_mode:
            self._disarm()
            if live is not None:
                self._run([self.nft, "delete", "table", *firewall.TABLE.split()])
            for path in files:
                path.unlink()
        return {"changed": bool(files) or live is not None, "diff": self._diff(before, "")}

    def _difference(self, before: str, content: str) -> str:
        live = self._live()
        if not before:
            return "there is no confirmed table"
        if before != content:
            return "the rules differ"
        if live is None:
            return "the table is not loaded"
        if live != _read(self.listing):
            return "the loaded table was changed"
        return ""

    def _diff(self, before: str, after: str) -> dict[str, str]:
        return {
            "before_header": str(self.path),
            "after_header": str(self.path),
            "before": before,
            "after": after,
        }

    def _refuse_lockout(self, ssh_ports: list[int]) -> None:
        """Whoever came in by SSH must be able to come again."""
        connection = os.environ.get("SSH_CONNECTION", "").split()
        if len(connection) == 4 and int(connection[3]) not in ssh_ports:
            self.module.fail_json(
                msg=f"this connection uses SSH port {connection[3]}, the firewall would open {ssh_ports} only; "
                "add the port to ssh_ports"
            )

    def _check(self, content: str) -> None:
        code, output, errors = self.module.run_command([self.nft, "-c", "-f", "-"], data=content)
        if code:
            self.module.fail_json(msg=f"nft refuses the firewall: {(errors or output).strip()}")

    def _live(self) -> str | None:
        """The loaded table without its counters; None when there is none."""
        code, output, _errors = self.module.run_command([self.nft, "-s", "list", "table", *firewall.TABLE.split()])
        return None if code else output

    def _arm(self, seconds: int) -> None:
        """Take the table back after a while: to the confirmed one, or to none."""
        back = ["-f", str(self.path)] if self.path.exists() else ["delete", "table", *firewall.TABLE.split()]
        self._run(
            [
                "systemd-run",
                f"--on-active={seconds}",
                "--timer-property=AccuracySec=1s",
                f"--unit={ROLLBACK}",
                "--property=Type=oneshot",
                self.nft,
                *back,
            ]
        )

    def _armed(self) -> bool:
        code, _output, _errors = self.module.run_command(["systemctl", "--quiet", "is-active", f"{ROLLBACK}.timer"])
        return bool(code == 0)

    def _disarm(self) -> None:
        for unit in (f"{ROLLBACK}.timer", f"{ROLLBACK}.service"):
            self.module.run_command(["systemctl", "stop", unit])
            self.module.run_command(["systemctl", "reset-failed", unit])

    def _run(self, command: list[str]) -> None:
        code, output, errors = self.module.run_command(command)
        if code:
            self.module.fail_json(msg=f"{' '.join(command)} failed: {(errors or output).strip()}")
