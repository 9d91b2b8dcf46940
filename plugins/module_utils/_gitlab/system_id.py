# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name that a machine has for GitLab: a runner's token is one, the machines that use it are told apart by this."""

from __future__ import annotations

import hashlib
import re

FILE = ".runner_system_id"
# What gitlab-runner takes from the file (its system_id_state.go); r_ is one that no property of the machine makes.
SHAPE = re.compile(r"[sr]_[0-9a-zA-Z]{12}")


def of_host(site: str, host: str) -> str:
    """The name of a host: the same after it was installed anew, and known of one that is gone."""
    return f"r_{hashlib.sha256(f'{site}/{host}'.encode()).hexdigest()[:12]}"


def read(text: str) -> str:
    """What a file says, empty where that is none that gitlab-runner would take."""
    found = text.strip()
    return found if SHAPE.fullmatch(found) else ""
