# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the other servers of a site live in: their cluster itself tells its generation, as bootstrap has written it."""

from __future__ import annotations

import functools
import typing as t

from .._k3s import client
from . import asked

# As its API has it in memory: etcd answers nothing while it elects, which takes longer than a server is given.
PATH = "/api/v1/namespaces/kube-system/configmaps/metalstack-generation?resourceVersion=0"
SECONDS = 4.0


def generations(addresses: t.Sequence[str], lineage: str) -> dict[str, int]:
    """By address, the generation of each server that answers and has data of the lineage. All are asked at once."""
    calls = [functools.partial(_generation, address, lineage) for address in addresses]
    told = dict(zip(addresses, asked.together(calls, 2 * SECONDS), strict=True))
    return {address: generation for address, generation in told.items() if generation}


def _generation(address: str, lineage: str) -> int:
    """0 from a server that is silent, does not know, or has other data."""
    try:
        # A host that boots with a wrong clock is to hear of it all the same.
        found = client.api(client.Deadline(SECONDS), address, any_time=True).find(PATH)
    except client.Unreachable:
        return 0
    data = (found or {}).get("data") or {}
    return int(data["generation"]) if data.get("lineage") == lineage and data.get("generation", "").isdecimal() else 0
