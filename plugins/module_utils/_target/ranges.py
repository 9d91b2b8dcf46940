# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks of the shoots, of the second stage and of the initial one, which may not meet. Pure.

Pods of a seed reach the nodes, pods and Services of its shoots by their addresses, and the machines of the target route
to the initial cluster. What both have is reached in one of them alone.
"""

from __future__ import annotations

import itertools
import typing as t

from .._net.addresses import AddressRange, parse_range
from .options import Given

# Those of a shoot, too. Of pods and Services provider-metal would choose the same for all shoots; that of the nodes
# metal-stack allocates from a larger one, which several shoots may have in common.
OF_CLUSTER = ("nodes", "pods", "services")


class Named(t.NamedTuple):
    """place: as the inventory has it. text: as it is written there."""

    place: str
    text: str
    range: AddressRange


def complaints(given: Given) -> list[str]:
    """given: as C(options.TARGET) has it."""
    found: list[str] = []
    initial = _side(given, "initial", found)
    second = _side(given, "second", found)
    shoots = [_of_shoot(one, found) for one in given["shoots"]]
    found += [
        f"initial.networks.{name} is missing, expected that of the initial cluster, with which nothing may be shared"
        for name in OF_CLUSTER
        if not given["initial"]["networks"].get(name)
    ]
    # Those of two shoots never meet, as they are behind the firewall of each.
    for mine in shoots:
        found += [text for place, one in enumerate(mine) for text in _meeting(one, [*mine[place + 1 :], *second])]
    return found + [text for one in (*second, *itertools.chain(*shoots)) for text in _meeting(one, initial)]


def _of_shoot(shoot: Given, found: list[str]) -> list[Named]:
    name = shoot["name"]
    found += [f"shoots.{name}.{one} is missing, expected a network of its own" for one in OF_CLUSTER if not shoot[one]]
    given = [field for field in OF_CLUSTER if shoot[field]]
    return [one for field in given for one in _read(f"shoots.{name}.{field}", shoot[field], found)]


def _side(given: Given, side: str, found: list[str]) -> list[Named]:
    return [
        one
        for name, value in given[side]["networks"].items()
        for text in (value if isinstance(value, (list, tuple)) else [value])
        if text
        for one in _read(f"{side}.networks.{name}", text, found)
    ]


def _read(place: str, text: object, found: list[str]) -> list[Named]:
    try:
        return [Named(place, str(text), parse_range(str(text)))]
    except ValueError as error:
        found.append(f"{place} is {text!r}, expected a network in CIDR notation, or FIRST-LAST: {error}")
        return []


def _meeting(one: Named, others: t.Iterable[Named]) -> list[str]:
    return [
        f"{one.place} ({one.text}) and {other.place} ({other.text}) overlap -> give each a network of its own"
        for other in others
        if one.range.overlaps(other.range)
    ]
