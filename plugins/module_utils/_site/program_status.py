# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions of the programs beside k3s a site has, as its hosts and its cluster say, beside what is wanted."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import mode

from . import upgrade, versions
from .model import Host, Site

Found = t.Mapping[str, t.Mapping[str, t.Any]]
CLUSTER = "the cluster"


class Row(t.TypedDict):
    """A program with its versions by place, and the places whose version is not the one that is wanted.

    C(wanted) is empty where that is up to Debian. A place that did not answer is missing, one without the program has
    no version.
    """

    program: str
    wanted: str
    places: dict[str, list[str]]
    behind: list[str]
    newer: list[str]


def describe(site: Site, hosts: Found, dns: Found, monitoring: Found, grafana: Found) -> list[Row]:
    """Return a row for each program that the site is to have, or has.

    C(hosts) is what k3s_info found, C(dns) what pdns_info, C(monitoring) what monitoring_info and C(grafana) what
    k3s_objects_info found of Grafana's Deployment, each by host.
    """
    addresses = {host: list(found["programs"].get("kube-vip", [])) for host, found in _of(site.servers, hosts)}
    names = {host: [str(found["server"]["version"])] for host, found in _of(site.dns_servers, dns)}
    stores = {host: found["stores"] for host, found in _of(site.monitoring_servers, monitoring)}
    clustered = any(name in mode.PROGRAMS for found in stores.values() for name in found)
    kept = {host: sorted({one for each in found.values() for one in each}) for host, found in stores.items()}
    image = str(site.value("site_grafana_image")) if site.value("site_grafana") else ""
    rows = [
        _row("kube-vip", versions.wanted(site, "site_kube_vip_version"), addresses),
        _row("PowerDNS", "", names),
        _row("VictoriaMetrics", str(site.value("site_victoria_metrics_version")) if clustered else "", kept),
        _row("Grafana", tag(image), _deployed(grafana)),
    ]
    return [row for row in rows if row["wanted"] or any(row["places"].values())]


def _of(hosts: t.Sequence[Host], found: Found) -> list[tuple[str, t.Mapping[str, t.Any]]]:
    """What those of these hosts that answered have said, by name."""
    return [(host.name, found[host.name]) for host in hosts if host.name in found]


def tag(image: str) -> str:
    """Return the tag of an image, or its digest where it has none."""
    name, _at, digest = image.partition("@")
    return name.rpartition("/")[2].partition(":")[2] or digest


def _deployed(found: Found) -> dict[str, list[str]]:
    """What the first server that answered has of Grafana: they all have one cluster."""
    for one in found.values():
        pods = [each["spec"]["template"]["spec"] for each in one["objects"]]
        return {CLUSTER: [tag(container["image"]) for pod in pods for container in pod["containers"]]}
    return {}


def _row(program: str, wanted: str, places: dict[str, list[str]]) -> Row:
    newer = [place for place, found in places.items() if any(upgrade.is_older(wanted, one) for one in found)]
    behind = [
        place
        for place, found in places.items()
        if wanted and place not in newer and (not found or any(upgrade.is_older(one, wanted) for one in found))
    ]
    return {"program": program, "wanted": wanted, "places": places, "behind": behind, "newer": newer}
