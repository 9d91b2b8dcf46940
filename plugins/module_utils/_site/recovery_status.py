# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore holds yet, as the cluster itself tells it."""

from __future__ import annotations

import typing as t

from .failure import failure
from .model import Site

SHOWN = 5


def held(hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """Return the workloads that are held; C(hosts) is what k3s_info found."""
    return next((list(found["api"]["held"]) for found in hosts.values() if found["api"]["ready"]), [])


def warnings(site: Site, hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Iterator[dict[str, str]]:
    """Yield that some are: all that can be red is judged without them."""
    names = held(hosts)
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield failure(
            str(site.value("site_name")),
            "what was restored acts again",
            f"{', '.join(names[:SHOWN])}{more} held since a restore",
            "nothing held",
            "once the state of the site is as it should be, run bootstrap without site_recovery_release: false",
        )
