# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What chronyd says, as samples. Pure; the facts are those of chronyc.py."""

from __future__ import annotations

import collections
import typing as t

from .exposition import Sample


def samples(found: t.Mapping[str, t.Any] | None, mesh: t.Collection[str], upstreams: int) -> t.Iterator[Sample]:
    """found is None where chronyd does not answer; mesh: the addresses of the site's own time servers."""
    yield Sample("metalstack_time_answers", found is not None)
    yield Sample("metalstack_time_upstreams", upstreams)
    if found is None:
        return
    tracking, sources = found["tracking"], found["sources"]
    yield Sample("metalstack_time_synchronised", tracking["synchronised"])
    yield Sample("metalstack_time_offset_seconds", tracking["offset"])
    yield Sample("metalstack_time_stratum", tracking["stratum"])
    for state, number in collections.Counter(source["state"] for source in sources).items():
        yield Sample("metalstack_time_sources", number, {"state": state})
    outside = sum(1 for source in sources if source["reach"] and source["name"] not in mesh)
    yield Sample("metalstack_time_upstreams_reachable", outside)
