# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the client lego is called. Pure."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .settings import Certificate, Dns, Settings

CHALLENGES = {"http-01": ("--http",), "tls-alpn-01": ("--tls",), "dns-01": ("--dns", "rfc2136")}


def place(settings: Settings) -> Path:
    """Where lego keeps what is of an authority: each has accounts of its own."""
    return settings.state / hashlib.sha256(settings.directory.encode()).hexdigest()[:16]


def command(settings: Settings, wanted: Certificate) -> list[str]:
    """The call that asks for a certificate anew, with a new key. No secret is in it."""
    names = [word for name in wanted.names for word in ("--domains", name)]
    return [
        *settings.lego,
        "--accept-tos",
        f"--server={settings.directory}",
        f"--email={settings.contact}",
        f"--path={place(settings)}",
        "--key-type=ec256",
        *names,
        *CHALLENGES[wanted.challenge],
        "run",
    ]


def environment(settings: Settings) -> dict[str, str]:
    """What it is told beside its arguments; the secret by the file that has it."""
    found = {"LEGO_CA_CERTIFICATES": settings.root} if settings.root else {}
    # lego 4.9 follows a name that is delegated to another zone by CNAME only where it is told so; later ones always do.
    found["LEGO_EXPERIMENTAL_CNAME_SUPPORT"] = "true"
    return {**found, **(_of_dns(settings.dns) if settings.dns else {})}


def made(settings: Settings, wanted: Certificate) -> tuple[Path, Path]:
    """The files of certificate and key that it has written."""
    stem = wanted.names[0].replace("*", "_")
    directory = place(settings) / "certificates"
    return directory / f"{stem}.crt", directory / f"{stem}.key"


def _of_dns(dns: Dns) -> dict[str, str]:
    return {
        "RFC2136_NAMESERVER": dns.server,
        "RFC2136_TSIG_KEY": dns.key,
        "RFC2136_TSIG_ALGORITHM": f"{dns.algorithm}.",
        "RFC2136_TSIG_SECRET_FILE": dns.secret_file,
        "RFC2136_TTL": "60",
        "RFC2136_PROPAGATION_TIMEOUT": "120",
        "RFC2136_POLLING_INTERVAL": "2",
    }
