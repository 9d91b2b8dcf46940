# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what from the network: the configuration of vmauth. Private to this collection."""

from __future__ import annotations

import base64
import typing as t
import urllib.parse

from . import settings as given
from .settings import Settings

WRITE = "/api/v1/write"
ALERTS = "/api/v2/alerts"
# What tells and changes nothing; vmui asks below /prometheus.
ASKED = (
    *("query", "query_range", "series", "series/count", "labels", "label/[^/]+/values", "metadata", "export(/native)?"),
    *("status/(tsdb|top_queries|active_queries|buildinfo|metric_names_stats)", "rules", "alerts"),
)
PLAIN = (f"/api/v1/({'|'.join(ASKED)})", "/federate", "/vmalert/api/v1/(rules|alerts|alert|groups|rule)")
PREFIXED = (*(f"/prometheus{path}" for path in PLAIN), "/vmui.*")
READ = (*PLAIN, *PREFIXED)
# Answers of a store that is not there, or not ready yet.
AWAY = [502, 503, 504]


def config(settings: Settings) -> dict[str, t.Any]:
    """Compose the users. Whoever is none of them gets a 401, and whoever asks for something else a 400."""
    return {"users": [_peer(settings), _reader(settings), *(_writer(settings, name) for name in settings["writers"])]}


def _peer(settings: Settings) -> dict[str, t.Any]:
    """Another host: it is given what is here and never led on, so that a question does not go round in circles."""
    store = given.STORAGE if given.clustered(settings) else given.STORE
    return {
        "username": given.PEER,
        "password": settings["peer_password"],
        "url_map": [
            {"src_paths": [WRITE], "url_prefix": given.writing(settings)},
            {"src_paths": ["/health"], "url_prefix": given.local(settings, store)},
            *({"src_paths": paths, "url_prefix": place} for paths, place in _asked(settings)),
            {"src_paths": [ALERTS], "url_prefix": given.local(settings, given.ALERTMANAGER)},
        ],
    }


def _asked(settings: Settings) -> list[tuple[list[str], str]]:
    """What may be asked, and who answers it on this host."""
    if not given.clustered(settings):
        return [(list(READ), given.asking(settings))]
    return [(list(PLAIN), given.asking(settings)), (list(PREFIXED), given.selecting(settings))]


def _reader(settings: Settings) -> dict[str, t.Any]:
    elsewhere = [given.remote(settings, host) for host in given.others(settings)]
    pair = f"{given.PEER}:{settings['peer_password']}".encode()
    return {
        "username": given.READER,
        "password": settings["reader_password"],
        "url_map": [
            {
                "src_paths": paths,
                "url_prefix": [here, *elsewhere],
                "load_balancing_policy": "first_available",
                "retry_status_codes": AWAY,
                # The next host knows this one; the store on this host does not mind.
                "headers": [f"Authorization: Basic {base64.b64encode(pair).decode()}"],
            }
            for paths, here in _asked(settings)
        ],
    }


def _writer(settings: Settings, name: str) -> dict[str, t.Any]:
    """Samples go to all stores by way of the agent, which keeps them for one that is away; they tell who wrote them."""
    label = urllib.parse.urlencode({"extra_label": f"writer={name}"})
    return {
        "username": name,
        "password": settings["writers"][name],
        "url_map": [{"src_paths": [WRITE], "url_prefix": f"{given.local(settings, given.AGENT)}/?{label}"}],
    }
