# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that a component calls."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import os
import subprocess
import typing as t

from .errors import BackupError


class Failed(BackupError):
    """A program ended with an error of its own: its status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


def run(*command: str, seconds: float, environment: t.Mapping[str, str] | None = None) -> str:
    """What a program prints, or an error with its last words."""
    name = " ".join(command[:2])
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
    except FileNotFoundError:
        raise BackupError(f"{command[0]} is not there") from None
    except subprocess.TimeoutExpired:
        raise BackupError(f"{name} took more than {seconds:.0f} s") from None
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        told = f"{name} ended with {done.returncode}: {' | '.join(words[-3:])[-500:]}"
        raise Failed(told, done.returncode)
    return done.stdout
