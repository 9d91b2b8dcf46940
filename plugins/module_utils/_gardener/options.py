# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which garden and which shoot are asked for, as the document fragment C(garden) describes it."""

from __future__ import annotations

import typing as t

from .client import Garden

Given = t.Mapping[str, t.Any]

GARDEN: dict[str, t.Any] = {"kubeconfig": {"type": "path", "required": True}, "context": {"type": "str", "default": ""}}
SHOOT: dict[str, t.Any] = {"namespace": {"type": "str", "required": True}, "name": {"type": "str", "required": True}}


def opened(given: Given) -> Garden:
    """The garden of an option C(kubeconfig). Raises Unreachable where the file cannot be used."""
    return Garden(given["kubeconfig"], given["context"])
