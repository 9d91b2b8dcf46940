# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of the phases of a run, and how long things take, for people to read. Pure."""

from __future__ import annotations

import re
import typing as t


def phase_of(path: str | None) -> str:
    """Name the phase of the task that stands at C(path), C(<file>:<line>)."""
    if not path:
        return "controller"
    parts = path.rsplit(":", 1)[0].split("/")
    stem = parts[-1].removesuffix(".yml").removesuffix(".yaml")
    if "roles" in parts[:-1]:
        role = parts[len(parts) - 1 - parts[::-1].index("roles") + 1]
        return f"{role}/{stem}"
    return stem


def clock(seconds: float) -> str:
    """Seconds as minutes, or hours: C(4:05), C(1:04:05)."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def still(elapsed: float, task: str, hosts: t.Iterable[str], waited: float, most: str) -> str:
    """What a run waits for, on which hosts, for how long yet and for how long C(at_most)."""
    return f"{clock(elapsed)}  still: {task} ({', '.join(sorted(hosts))}), {clock(waited)}{most}"


def at_most(seconds: int, attempts: int) -> str:
    """How long that is; C(0) where nobody knows. How long the attempts of a task take, is known of none of them."""
    if attempts:
        return f", {attempts} attempts at most"
    return f" of {clock(seconds)} at most" if seconds else ""


def section(number: int, name: str) -> str:
    """The key of a section of a GitLab log: letters, digits and C(_.-) alone."""
    return f"phase_{number}_{re.sub('[^A-Za-z0-9_.-]', '_', name)}"
