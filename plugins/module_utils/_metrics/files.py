# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file that node-exporter reads at any moment: whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

MODE = 0o644


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not named .prom, which node-exporter would read.
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        # Whatever the process' mask is.
        os.fchmod(descriptor, MODE)
        stream.write(text)
    os.replace(partial, path)
