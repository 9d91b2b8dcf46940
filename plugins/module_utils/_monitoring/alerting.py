# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where alerts go: vmalert's notifiers, Alertmanager, and the mesh of these. Private to this collection."""

from __future__ import annotations

import typing as t

from . import settings as given
from .settings import Settings

NOBODY = "nobody"
DEADMAN = "deadman"
WATCHDOG = "Watchdog"


def notifiers(settings: Settings) -> dict[str, t.Any]:
    """Every vmalert tells every Alertmanager; these agree on who tells whom."""
    remote = [f"{given.remote(settings, host)}" for host in given.others(settings)]
    found: list[dict[str, t.Any]] = [{"targets": [given.local(settings, given.ALERTMANAGER)]}]
    if remote:
        found.append(
            {
                "targets": remote,
                "basic_auth": {
                    "username": given.PEER,
                    "password_file": f"{settings['credentials']}/vmalert.service/peer",
                },
                "tls_config": {"ca_file": f"{settings['directory']}/ca.crt"},
            }
        )
    return {"static_configs": found}


def config(settings: Settings) -> dict[str, t.Any]:
    """Compose Alertmanager's configuration; without routes of the site's own every receiver is told everything."""
    interval = settings["deadman_interval"]
    judged_every = max(1, given.seconds(settings["evaluation_interval"]))
    deadman = {"receiver": DEADMAN, "group_wait": "0s", "group_interval": interval, "repeat_interval": interval}
    watchdog = {
        "matchers": [f'alertname="{WATCHDOG}"'],
        **(deadman if settings["deadman_url"] else {"receiver": NOBODY}),
    }
    everybody = [{"receiver": one["name"], "continue": True} for one in settings["receivers"]]
    hook = {"url": settings["deadman_url"], "send_resolved": False}
    return {
        "route": {
            "receiver": NOBODY,
            "group_by": ["alertname", "site"],
            # Long enough for what comes together to be told together, and for others to be told of what is resolved.
            "group_wait": f"{min(10, judged_every):g}s",
            "group_interval": f"{4 * judged_every:g}s",
            "repeat_interval": "4h",
            "routes": [watchdog, *(settings["routes"] or everybody)],
        },
        "receivers": [
            {"name": NOBODY},
            *([{"name": DEADMAN, "webhook_configs": [hook]}] if settings["deadman_url"] else []),
            *settings["receivers"],
        ],
    }


def mesh(settings: Settings) -> dict[str, t.Any]:
    """Who is of the mesh proves it by a certificate of the authority, whichever of two begins."""
    own = f"{settings['credentials']}/prometheus-alertmanager.service"
    pair = {"cert_file": f"{own}/host.pem", "key_file": f"{own}/host.pem.key"}
    authority = f"{settings['directory']}/ca.crt"
    return {
        "tls_server_config": {
            **pair,
            "client_ca_file": authority,
            "client_auth_type": "RequireAndVerifyClientCert",
        },
        "tls_client_config": {**pair, "ca_file": authority},
    }
