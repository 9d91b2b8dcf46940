# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kinds of components there are."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .acme_ca import AcmeCa
from .component import Component
from .errors import BackupError
from .files import Files
from .garden import Garden
from .k3s import K3s
from .powerdns import PowerDns
from .victoria_metrics import VictoriaMetrics

KINDS: dict[str, t.Callable[[dict[str, t.Any], Path], Component]] = {
    "k3s": K3s,
    "powerdns": PowerDns,
    "victoria_metrics": VictoriaMetrics,
    "garden": Garden,
    "acme_ca": AcmeCa,
    "files": Files,
}


def make(settings: dict[str, t.Any], state: Path) -> Component:
    kind = settings.get("kind", settings["name"])
    if kind not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise BackupError(f"component {settings['name']} is of kind {kind!r}, expected one of {known}")
    return KINDS[kind](settings, state)
