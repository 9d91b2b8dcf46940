# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a certificate is asked for. Pure."""

from __future__ import annotations

import datetime
import typing as t

from .._k3s import certificates
from .settings import Certificate, Settings

# Of its lifetime, whatever that is: as Let's Encrypt advises.
LEFT_AT_RENEWAL = 1 / 3


def record(settings: Settings, wanted: Certificate) -> dict[str, t.Any]:
    """What is written down of a certificate, by which it is known later for what it was asked."""
    return {"directory": settings.directory, "names": list(wanted.names)}


def reason(
    settings: Settings,
    wanted: Certificate,
    pem: str,
    matches: bool,
    recorded: t.Mapping[str, t.Any],
    now: datetime.datetime,
) -> str:
    """Why a certificate is asked for, nothing if it need not be; C(matches) tells whether the host has its key."""
    if not pem:
        return "there is none"
    if not matches:
        return "its private key is missing or another one"
    try:
        begins, ends = certificates.validity(pem)
    except ValueError:
        return "it is no certificate"
    if recorded.get("names") != list(wanted.names):
        return "it is for other names"
    if recorded.get("directory") != settings.directory:
        return "it is of another authority"
    if ends - now < (ends - begins) * LEFT_AT_RENEWAL:
        return f"it ends on {ends:%Y-%m-%d %H:%M} UTC"
    return ""
