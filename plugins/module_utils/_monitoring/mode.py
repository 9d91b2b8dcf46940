# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether every store has everything or all stores together, and what has to be there for it. Pure, and private."""

from __future__ import annotations

import typing as t

AUTO, REPLICATED, CLUSTER = "auto", "replicated", "cluster"
MODES = (AUTO, REPLICATED, CLUSTER)
# In the order in which they are to be updated.
PROGRAMS = ("vmstorage", "vmselect", "vminsert")
# How many stores have each sample; one of them may be lost, and as many stores as keep two copies with one away.
COPIES = 2
LEAST = 2 * COPIES - 1


class Inputs(t.TypedDict):
    """C(servers) are the hosts with a store, C(locations) theirs, C(given) the programs that can be installed."""

    mode: str
    servers: t.Collection[str]
    locations: t.Mapping[str, str]
    given: t.Collection[str]


def decided(inputs: Inputs) -> str:
    """What C(auto) is for these hosts; another mode is what it is."""
    if inputs["mode"] != AUTO:
        return inputs["mode"]
    return REPLICATED if any(True for _why in unfit(inputs)) else CLUSTER


def unfit(inputs: Inputs) -> t.Iterator[str]:
    """Say what keeps these hosts from being a cluster."""
    count = len(inputs["servers"])
    if count < LEAST:
        yield f"{count} of the {LEAST} hosts or more that keep {COPIES} copies of a sample while one of them is away"
    where = sorted({inputs["locations"].get(name, "") for name in inputs["servers"]})
    if len(where) > 1:
        named = ", ".join(place or "(none)" for place in where)
        yield f"hosts in the locations {named}, between which a cluster's stores are too far from each other"
    lacking = [name for name in PROGRAMS if name not in inputs["given"]]
    if lacking:
        yield f"no artifact with a checksum for {', '.join(lacking)}, which no package of Debian has"


def pinned(artifacts: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """Names of those, as the lookup C(artifact) has them, that some architecture has a checksum of."""
    archs: dict[str, t.Mapping[str, t.Mapping[str, t.Any]]] = {
        name: artifact.get("archs") or {} for name, artifact in artifacts.items()
    }
    return [
        name for name, found in archs.items() if any(one.get("sha256") or one.get("digest") for one in found.values())
    ]


class Found(t.TypedDict):
    """What a host has: modes with data, and modes whose store is one of its units."""

    data: list[str]
    units: list[str]


def kept(found: Found) -> str:
    """The mode in which a host has its newest samples; nothing if it has none."""
    running = [mode for mode in found["units"] if mode in found["data"]]
    if len(running) == 1:
        return running[0]
    return " and ".join(found["data"])


def lost(wanted: str, found: t.Mapping[str, Found]) -> str:
    """Why a site cannot be of this mode without leaving samples behind; nothing if it can."""
    others = {host: kept(one) for host, one in found.items() if kept(one) not in ("", wanted)}
    if not others:
        return ""
    told = ", ".join(f"{host} ({mode})" for host, mode in sorted(others.items()))
    return (
        f"victoria_metrics_mode is or comes to {wanted}, and there are samples of another one on {told}, which it does"
        " not read. Expected the mode that they are of, named in victoria_metrics_mode (site_monitoring_mode); or"
        " victoria_metrics_accept_mode_change (site_monitoring_accept_mode_change), with which the site begins without"
        " samples and leaves those where they are, for vmctl to bring over as the role's README says. Nothing was"
        " changed"
    )
