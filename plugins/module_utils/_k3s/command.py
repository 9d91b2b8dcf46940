# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands on a host that do something, within a bound, and what they said when they did not."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import os
import subprocess
import typing as t

SECONDS = 120
LINES, LETTERS = 3, 500


class Done(t.NamedTuple):
    """Exit status, C(-1) for what did not start or did not end in time, standard output, and the last words of all."""

    status: int
    output: str
    said: str


def run(*command: str, seconds: float = SECONDS, environment: t.Mapping[str, str] | None = None) -> Done:
    """environment: what is there beside that of this process, such as a secret that is not for the command line."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return Done(-1, "", str(error))
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return Done(done.returncode, done.stdout, " | ".join(lines[-LINES:])[-LETTERS:] or f"exit status {done.returncode}")
