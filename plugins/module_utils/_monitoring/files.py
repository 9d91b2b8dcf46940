# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that the programs of a host read. Private to this collection."""

from __future__ import annotations

import typing as t

from . import access, alerting, cluster, scrape
from .settings import Settings, catch_up, catch_up_notes, catches_up, clustered

Texts = dict[str, str]


def texts(settings: Settings, dump: t.Callable[[t.Any], str]) -> tuple[Texts, Texts]:
    """Compose what all may read and what root alone may, by the names of the files; an empty one is to go."""
    serves = settings["serves"]
    meshed = serves and len(settings["servers"]) > 1
    public = {
        "scrape.yml": dump(scrape.config(settings)),
        "ca.crt": settings["authority"],
        "notifiers.yml": dump(alerting.notifiers(settings)) if serves else "",
        "mesh.yml": dump(alerting.mesh(settings)) if meshed else "",
        f"{cluster.LINKS}.cfg": cluster.linked(settings) if serves and clustered(settings) else "",
        **{f"rules/{name}": "" for name in settings["found_rules"]},
        **({f"rules/{name}": text for name, text in settings["rules"]} if serves else {}),
    }
    secret = {
        "peer": settings["peer_password"],
        "auth.yml": dump(access.config(settings)) + _told_apart(settings) if serves else "",
        "alertmanager.yml": dump(alerting.config(settings)) if serves else "",
    }
    # Otherwise the host was given one already, or needs none any more.
    if settings["certificate"] or not serves:
        public["host.pem"] = settings["certificate"] if serves else ""
        secret["host.pem.key"] = settings["key"] if serves else ""
    return public, secret


def _told_apart(settings: Settings) -> str:
    """With another certificate the file is another one, so that its readers are restarted."""
    return f"# Certificate {settings['fingerprint']}.\n" if settings["fingerprint"] else ""


def placed(settings: Settings, public: Texts) -> dict[str, dict[str, str]]:
    """Those that all may read, as the module systemd_units has them."""
    texts = {f"{settings['directory']}/{name}": text for name, text in public.items()}
    texts[catch_up(settings)] = settings["catch_up"] if catches_up(settings) else ""
    if not catches_up(settings):
        # Nobody asks the others any more.
        texts[catch_up_notes(settings)] = ""
    return {path: {"content": text, "mode": "0644"} for path, text in texts.items()}
