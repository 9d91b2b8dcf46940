# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which garden and which shoot are asked for, as the document fragment C(garden) describes it."""

from __future__ import annotations

import re
import typing as t

from .client import Garden
from .errors import GardenError

Given = t.Mapping[str, t.Any]

GARDEN: dict[str, t.Any] = {"kubeconfig": {"type": "path", "required": True}, "context": {"type": "str", "default": ""}}
SHOOT: dict[str, t.Any] = {"namespace": {"type": "str", "required": True}, "name": {"type": "str", "required": True}}


# What Kubernetes allows in a name (RFC 1123).
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def named(given: Given) -> Garden:
    """The garden of the shoot that C(namespace) and C(name) name. Raises GardenError where they are no names."""
    checked(given, *SHOOT)
    return opened(given)


def checked(given: Given, *names: str) -> None:
    """Raise GardenError where one of these options is no name, which would be part of a path."""
    for option in names:
        if not _NAME.fullmatch(given[option]):
            raise GardenError(
                f"{option} has {given[option]!r}; expected small letters, digits, hyphens and dots. Nothing was changed"
            )


def opened(given: Given) -> Garden:
    """The garden of an option C(kubeconfig). Raises Unreachable where the file cannot be used."""
    return Garden(given["kubeconfig"], given["context"])
