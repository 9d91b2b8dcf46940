# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check 76: the registry of a site's images."""

from __future__ import annotations

import typing as t

from .._registry.plan import problems
from .finding import Finding, shown
from .model import REGISTRY_SERVERS, Site
from .status_page import PORTS

SWITCH, PORT, UPSTREAMS = "site_registry", "site_registry_port", "site_registry_upstreams"
STORAGE, PAGE_PORT = "site_registry_storage", "site_status_page_port"
# What can be told of entries that hold passwords.
HIDDEN = "(not shown)"


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the inputs of a site that keeps images."""
    if not site.value(SWITCH):
        return
    yield from _servers(site)
    yield from _port(site)
    upstreams = site.value(UPSTREAMS)
    if not all(isinstance(one, t.Mapping) for one in upstreams):
        yield Finding("V76", UPSTREAMS, HIDDEN, "a list of mappings with name", "Write each as {name: docker.io}.")
    else:
        for problem in problems({"upstreams": upstreams, "storage": {}}):
            yield Finding("V76", UPSTREAMS, HIDDEN, problem, "Correct it.")
    for problem in problems({"upstreams": [], "storage": site.value(STORAGE)}):
        yield Finding("V76", STORAGE, HIDDEN, problem, "Correct it, or leave it out, and images are kept on disk.")


def _servers(site: Site) -> t.Iterator[Finding]:
    ours = {host.name for host in site.hosts}
    strangers = [host.name for host in site.registry_servers if host.name not in ours]
    if strangers or not site.registry_servers:
        yield Finding(
            "V76",
            REGISTRY_SERVERS,
            ", ".join(strangers) or "(empty)",
            "hosts of the site: one at least, each also a server, an agent, or one of dns_servers or time_servers",
            "Take the group out of the inventory, and it is the cluster's servers; or correct it.",
        )


def _port(site: Site) -> t.Iterator[Finding]:
    port = site.value(PORT)
    if not 0 < port < 65536:
        yield Finding("V76", PORT, shown(port), "a port, from 1 to 65535", "Leave it out, or correct it.")
    taken = {**PORTS, "the page": (site.value(PAGE_PORT),) if site.value("site_status_page") else ()}
    for what, ports in taken.items():
        if port in ports:
            expected = "a port that no other service of the site has"
            yield Finding("V76", PORT, f"{port}, a port of {what}", expected, "Leave it out, or choose another one.")
