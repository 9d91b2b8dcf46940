# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command that has asked a database has answered. Pure."""

from __future__ import annotations

import json
import typing as t

from .._kube.done import Done
from .errors import DatabaseError


def lines(output: str) -> list[dict[str, t.Any]]:
    """The JSON objects of an output, one a line. Raises where one is none."""
    try:
        found = [json.loads(line) for line in output.splitlines() if line.strip()]
    except ValueError as error:
        raise DatabaseError(f"it answered what is no JSON: {error} -> run it again") from error
    if not all(isinstance(one, dict) for one in found):
        raise DatabaseError("it answered with something else than JSON objects -> run it again")
    return found


def said(done: Done) -> str:
    """What a command that failed says of it, in one line."""
    found = [line.strip() for line in (done.errors or done.output).splitlines() if line.strip()]
    return found[0] if found else f"exit code {done.code}"
