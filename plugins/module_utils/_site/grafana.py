# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check 66: Grafana on the cluster."""

from __future__ import annotations

import re
import typing as t

from .finding import Finding, shown
from .model import Site
from .network import is_of_services

ADDRESS, IMAGE = "site_grafana_address", "site_grafana_image"
# A registry may have a port, what is pinned has a tag, a digest, or both.
PINNED = re.compile(
    r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9][a-z0-9._-]*)+"
    r"(:(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?@sha256:[0-9a-f]{64})"
)


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the inputs of a site that has Grafana."""
    if not site.value("site_grafana"):
        return
    if not site.value("site_monitoring"):
        yield Finding(
            "V66",
            "site_grafana",
            "true, without site_monitoring",
            "a site that is monitored: there is nothing to show",
            "Set site_monitoring to true, or take site_grafana out.",
        )
    image = site.value(IMAGE)
    if image and not PINNED.fullmatch(image):
        yield Finding(
            "V66",
            IMAGE,
            shown(image),
            "an image as REGISTRY/NAME, with a tag other than latest or a digest",
            "Write it as registry.example.net/grafana/grafana:12.4.3@sha256:<digest>.",
        )
    yield from _address(site)


def _address(site: Site) -> t.Iterator[Finding]:
    text, pool = site.value(ADDRESS), str(site.value("site_load_balancer_range"))
    if text and not is_of_services(site, ADDRESS):
        yield Finding(
            "V66",
            ADDRESS,
            shown(text),
            f"an address of site_load_balancer_range {shown(pool)}",
            "Choose one that no other Service asks for, or leave it out, and Grafana is reached by kubectl.",
        )
