# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site's time as data, out of what chrony_info found on each of its servers."""

from __future__ import annotations

import typing as t

from . import ntp
from .failure import failure
from .model import Host, Site

Found = t.Mapping[str, t.Any]

# of chrony_max_offset, in seconds
MAX_OFFSET = 0.1


def describe(site: Site, found: t.Mapping[str, Found]) -> tuple[dict[str, t.Any], list[dict[str, str]]]:
    """Return the state and what does not hold; a host that is not in C(found) did not answer."""
    rows, findings = [], []
    for host in site.time_servers:
        row = _row(site, host, found.get(host.name))
        failures = list(_findings(site, host, row))
        rows.append({**row, "well": not failures})
        findings += failures
    return {"servers": rows}, findings


def _row(site: Site, host: Host, found: Found | None) -> dict[str, t.Any]:
    if found is None:
        return {
            "host": host.name,
            "answers": False,
            "source": "",
            "stratum": None,
            "offset": None,
            "leap": "",
            "synchronised": False,
            "falsetickers": [],
            "outside": 0,
        }
    tracking, sources = found["tracking"], found["sources"]
    mesh = {other.node_address for other in site.time_servers}
    return {
        "host": host.name,
        "answers": True,
        "source": "own clock" if tracking["orphan"] else tracking["source"],
        "stratum": tracking["stratum"],
        "offset": tracking["offset"],
        "leap": tracking["leap"],
        "synchronised": tracking["synchronised"],
        "falsetickers": [source["name"] for source in sources if source["state"] == "falseticker"],
        "outside": sum(1 for source in sources if source["reach"] and source["name"] not in mesh),
    }


def _findings(site: Site, host: Host, row: t.Mapping[str, t.Any]) -> t.Iterator[dict[str, str]]:
    name, look = host.name, f"read 'chronyc -N sources' and 'journalctl -u chrony' on {host.name}"
    if not row["answers"]:
        remedy = f"run the bootstrap playbook, or read 'journalctl -u chrony' on {name}"
        yield failure(name, "chronyd answers", "no answer", "an answer of chronyc", remedy)
        return
    given = host.variables.get("chrony_max_offset")
    limit = given if isinstance(given, (int, float)) else MAX_OFFSET
    if not row["synchronised"]:
        yield failure(name, "the clock is synchronised", row["leap"], "a source, or the mesh's own time", look)
    elif abs(row["offset"]) > limit:
        yield failure(name, "the clock is right", f"{row['offset']:+.3f} s", f"{limit:g} s at most", look)
    if row["falsetickers"]:
        seen = f"another time at {', '.join(row['falsetickers'])}"
        remedy = "mend the clock of this source, or take it out of the inventory"
        yield failure(name, "all sources agree", seen, "one time", remedy)
    upstreams = [ntp.address_of(entry) for entry in site.value("site_upstream_ntp")]
    if (upstreams or host.variables.get("chrony_refclocks")) and not row["outside"]:
        seen = f"none of {', '.join(upstreams) or 'its clocks'}"
        yield failure(name, "a source from outside of the site answers", seen, "one at least", look)
