# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what runs would take a Garden of a set: it is asked, and nothing is made."""

from __future__ import annotations

import time

from .._k3s import client, objects
from . import garden_api, garden_state
from .errors import BackupError
from .garden_api import ATTEMPTS, PAUSE_SECONDS
from .garden_state import Kept, Object

DRY, JSON = "dryRun=All", "application/json"
# In HTTP's words: by a webhook, a policy or the definition; and where somebody has written between a look and a write.
REFUSED, CHANGED = (400, 403, 422), 409


def run(api: client.Client, kept: Kept) -> None:
    """Have what runs say that it would take each of them, and make none."""
    names = set(map(garden_api.name, kept.gardens))
    if others := sorted(set(map(garden_api.name, garden_api.gardens(api) or [])) - names):
        raise BackupError(
            f"Garden {', '.join(others)} lives here, and is none of the set, which has {', '.join(sorted(names))}:"
            " there can be only one, so that what runs cannot be asked of this one -> use a set of the one that lives"
        )
    for one in kept.gardens:
        _try_garden(api, one)
    for one in (*kept.secrets, *kept.configmaps):
        _try_anew(api, one)


def _try_anew(api: client.Client, kept: Object) -> None:
    trial = garden_state.wanted(kept)
    trial["metadata"]["name"] = f"rehearsal-{garden_api.name(kept)}"
    place = objects.path(trial).rpartition("/")[0]
    garden_api.send(api, f"{place}?{DRY}", "POST", trial, JSON)


def _try_garden(api: client.Client, kept: Object) -> None:
    """Gardener refuses a second one: where it lives, that one is to become what the set has."""
    name = garden_api.name(kept)
    for _attempt in range(ATTEMPTS):
        living = api.find(objects.path(kept))
        try:
            if living is None:
                _try_anew(api, kept)
            else:
                garden_api.send(api, f"{objects.path(kept)}?{DRY}", "PUT", garden_state.change(kept, living), JSON)
            return
        except client.Unreachable as error:
            if error.status not in (*REFUSED, CHANGED):
                raise
            if error.status in REFUSED:
                raise BackupError(
                    f"what runs would not take Garden {name} of the set: {error} -> use a later set if the"
                    " Garden was founded anew, or Gardener made newer, since; this is no damage, which level 2 tells"
                ) from None
        time.sleep(PAUSE_SECONDS)
    raise BackupError(f"Garden {name} is being changed, the set was not tried on it -> the next run will")
