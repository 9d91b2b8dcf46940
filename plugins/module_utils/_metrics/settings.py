# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is to tell of itself: read from one file that the role writes."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field, fields
from pathlib import Path

FILE = Path("/etc/metalstack/metrics.json")


class BadSettings(Exception):
    """The file is not there, or is not what the role writes."""


@dataclass(frozen=True)
class Settings:
    """role is C(server), C(agent), or nothing on a host without Kubernetes; hosts of the site have their locations."""

    directory: Path
    location: str = ""
    role: str = ""
    hosts: dict[str, str] = field(default_factory=dict)
    k3s_version: str = ""
    vip: str = ""
    serves_names: bool = False
    zones: tuple[str, ...] = ()
    keeps_time: bool = False
    time_mesh: tuple[str, ...] = ()
    time_upstreams: int = 0
    registry: str = ""
    backs_up: bool = False
    databases: str = ""
    databases_expected: tuple[str, ...] = ()
    escrow: dict[str, bool] = field(default_factory=dict)
    certificates: tuple[str, ...] = ()
    acme_ca: str = ""


def parse(text: str) -> Settings:
    """ValueError, TypeError or KeyError for what is no settings."""
    found: dict[str, t.Any] = json.loads(text)
    unknown = sorted(set(found) - {one.name for one in fields(Settings)})
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not known")
    lists: dict[str, t.Any] = {
        name: tuple(found[name])
        for name in ("zones", "time_mesh", "certificates", "databases_expected")
        if name in found
    }
    return Settings(**(found | lists | {"directory": Path(found["directory"])}))


def load(file: Path = FILE) -> Settings:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"{file} cannot be used: {error} -> run the role host_metrics on this host") from error
