# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of VictoriaMetrics keep a host's metrics. Private to this collection.

They are not asked themselves: Debian's programs are built without their version.
"""

from __future__ import annotations

import typing as t

from .._artifact import installed
from .mode import PROGRAMS

PACKAGE = "victoria-metrics"
PROGRAM = f"/usr/bin/{PACKAGE}"


def versions(running: t.Collection[str], packaged: t.Callable[[str], str]) -> dict[str, list[str]]:
    """Return the versions by program, out of the files that run; C(packaged) tells the version of a Debian package."""
    found = {name: each for name, each in installed.versions(running).items() if name in PROGRAMS}
    return found | ({PACKAGE: [packaged(PACKAGE)]} if PROGRAM in running else {})
