# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline check 39, and 14 in part: where a site has its time from."""

from __future__ import annotations

import re
import typing as t

from .finding import Finding, shown
from .model import Site, parse_address

ENOUGH = 3
TYPES = ("server", "pool", "peer")
FIELDS = {"address", "type", "options"}
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the sources of time."""
    for number, entry in enumerate(site.value("site_upstream_ntp")):
        if not _well_formed(entry):
            yield Finding(
                "V14",
                f"site_upstream_ntp[{number}]",
                shown(entry),
                f"an address or a name, or a mapping of address, type ({', '.join(TYPES)}) and a list of options",
                "Correct it.",
            )
    yield from _few(site)


def address_of(entry: t.Any) -> str:
    """Return the address or name of one of the site's upstreams."""
    return str(entry.get("address") or "") if isinstance(entry, t.Mapping) else str(entry)


def _well_formed(entry: t.Any) -> bool:
    address = address_of(entry)
    if parse_address(address) is None and not NAME.fullmatch(address):
        return False
    if not isinstance(entry, t.Mapping):
        return isinstance(entry, str)
    options = entry.get("options", [])
    return (
        entry.keys() <= FIELDS
        and entry.get("type", TYPES[0]) in TYPES
        and isinstance(options, (list, tuple))
        and all(isinstance(option, str) for option in options)
    )


def warnings(site: Site) -> list[str]:
    """Say what a site has to live with: an isolated one, or a single host, cannot do better than too few sources."""
    count = _count(site)
    if count is None or count >= ENOUGH or (_upstreams(site) and len(site.hosts) > 1):
        return []
    if not _upstreams(site):
        return [
            "site_upstream_ntp is empty: the site keeps a time of its own, which is right only if its clocks were right"
            " to begin with; set site_ntp_accept_few: true if that is meant"
        ]
    return [
        f"{count} sources of time, where two can't tell which of them is wrong: name {ENOUGH} in site_upstream_ntp, or"
        " set site_ntp_accept_few: true if that is meant"
    ]


def _upstreams(site: Site) -> int:
    return len(site.value("site_upstream_ntp"))


def _count(site: Site) -> int | None:
    """Sources for each server, which asks all the others; nothing where the number does not matter."""
    clocks = any(host.variables.get("chrony_refclocks") for host in site.time_servers)
    if not site.time_servers or clocks or site.value("site_ntp_accept_few"):
        return None
    return _upstreams(site) + len(site.time_servers) - 1


def _few(site: Site) -> t.Iterator[Finding]:
    """An isolated site and a single host have no choice; whoever has a clock of its own needs none."""
    count = _count(site)
    if count is not None and count < ENOUGH and _upstreams(site) and len(site.hosts) > 1:
        yield Finding(
            "V39",
            "site_upstream_ntp",
            f"{_upstreams(site)} upstreams and {len(site.time_servers)} time servers: {count} sources for each",
            f"at least {ENOUGH}: two can't tell which of them is wrong",
            "Name more upstreams or time servers, give chrony_refclocks, or set site_ntp_accept_few: true.",
        )
