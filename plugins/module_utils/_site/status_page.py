# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check 65: the page of the playbook status, as the hosts of a site serve it."""

from __future__ import annotations

import typing as t

from .finding import Finding, shown
from .model import Site

PORT, MAX_AGE = "site_status_page_port", "site_status_page_max_age"
SHORTEST_AGE = 60
# Every port at which a host of a site listens, on its network or for itself, by what it is for.
PORTS: dict[str, t.Collection[int]] = {
    "SSH": (22,),
    "names and their API": (53, 8081, 8443),
    "time": (123, 4460),
    "BGP": (179,),
    "kube-vip": (2112, 2113),
    "etcd": range(2379, 2383),
    "Kubernetes": (5001, 6443, 6444, 10010, *range(10248, 10260)),
    "monitoring": (
        *(8400, 8401, 8426, 8427, 8428, 8429, 8480, 8481, 8482, 8880, 9093, 9094, 9100),
        *range(28401, 28600),
    ),
    "Services of Kubernetes": range(30000, 32768),
}


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the inputs of a site whose page is served."""
    if not site.value("site_status_page"):
        return
    port, age = site.value(PORT), site.value(MAX_AGE)
    if not 0 < port < 65536:
        yield Finding("V65", PORT, shown(port), "a port, from 1 to 65535", "Leave it out, or correct it.")
    for what, taken in PORTS.items():
        if port in taken:
            expected = "a port that no other service of the site has"
            yield Finding("V65", PORT, f"{port}, a port of {what}", expected, "Leave it out, or choose another one.")
    if age < SHORTEST_AGE:
        yield Finding("V65", MAX_AGE, shown(age), f"{SHORTEST_AGE} seconds or more", "Leave it out, or correct it.")
