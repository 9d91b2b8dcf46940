# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prefixes of networks: families, lengths and overlaps. Pure."""

from __future__ import annotations

import ipaddress
import itertools
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms

Lengths = t.Mapping[str, int]  # bits by family, ``{"ipv4": 22}``
FAMILIES = ("ipv4", "ipv6")


def _prefix(text: t.Any) -> str:
    """In the form in which both servers write it."""
    try:
        if "/" in str(text):
            return str(ipaddress.ip_network(str(text)))
    except ValueError:
        pass
    raise ValueError(f"expected prefixes such as 10.0.0.0/16, without bits of hosts, found {text}")


PREFIXES = forms.Form(
    read=lambda value: sorted(value or []),
    write=list,
    given=lambda value: sorted(_prefix(one) for one in value),
)


def lengths(names: t.Mapping[str, str]) -> forms.Form:
    """Bits by family; ``names`` are those of the families in the API."""
    return forms.Form(
        read=lambda value: {family: int(value[name]) for family, name in names.items() if (value or {}).get(name)},
        write=lambda value: {names[family]: bits for family, bits in value.items()},
        given=lambda value: {family: value[family] for family in FAMILIES if value.get(family) is not None},
    )


def family(prefix: str) -> str:
    return "ipv6" if ":" in prefix else "ipv4"


def families(prefixes: t.Iterable[str]) -> set[str]:
    return set(map(family, prefixes))


def unfit(bits: Lengths, prefixes: t.Sequence[str]) -> list[str]:
    """Lengths of children of which none would fit into a prefix, or of a family that there is no prefix of."""
    problems = [f"{name}: there is no {name} prefix" for name in bits if name not in families(prefixes)]
    return problems + [
        f"{family(one)}: expected more than the {one.rpartition('/')[2]} bits of {one}, found {bits[family(one)]}"
        for one in prefixes
        if family(one) in bits and bits[family(one)] <= int(one.rpartition("/")[2])
    ]


def overlaps(ours: t.Iterable[str], theirs: t.Iterable[str]) -> list[tuple[str, str]]:
    return [
        (one, other)
        for one, other in itertools.product(ours, theirs)
        if family(one) == family(other) and _network(one).overlaps(_network(other))
    ]


def inside(address: str, prefix: str) -> bool:
    """Whether an address or a prefix is within a prefix."""
    inner, outer = _network(address), _network(prefix)
    return inner.version == outer.version and bool(overlaps([address], [prefix])) and inner.prefixlen >= outer.prefixlen


def _network(text: str) -> t.Any:
    """The servers have kept bits of hosts before."""
    return ipaddress.ip_network(text, strict=False)
