# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names in a data directory: the command that lists them, and what it has answered. Pure."""

from __future__ import annotations

from .errors import DatabaseError

# Without it, an output that was cut short would pass for a directory with less in it, or nothing.
_END = "end"
# In every image of metal-roles' databases and in that of the sidecar (Debian and Alpine).
# Who may not search the directory above would else find nothing in it.
_SCRIPT = (
    'cd "$(dirname "$0")" || exit; '
    f'if [ -d "$0" ]; then find -H "$0" -mindepth 1 -maxdepth 1 -print0; fi && printf {_END}'
)


def command(directory: str) -> list[str]:
    """List all names, hidden ones too. A directory that is not there is empty, as the sidecar would make it."""
    return ["sh", "-c", _SCRIPT, directory]


def read(output: str) -> list[str]:
    """Sorted. Raises where the output is not whole."""
    *paths, end = output.split("\0")
    if end != _END:
        raise DatabaseError("the names in its data directory came only in part -> run it again")
    return sorted(path.rpartition("/")[2] for path in paths)
