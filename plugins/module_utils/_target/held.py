# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether gardenlet may look after a shoot again that was restored with its garden. Pure.

A gardenlet that finds nothing of the control plane in its seed makes new authorities for a cluster that runs, since it
takes them from the ShootState in a restore alone (pkg/gardenlet/operation/botanist/secrets.go of Gardener v1.138). The
firewalls of metal-stack keep the URL of the seed's API that they were made with
(pkg/controller/controlplane/valuesprovider.go of provider-metal).
"""

from __future__ import annotations

import base64
import binascii
import typing as t
import urllib.parse

Object = dict[str, t.Any]

# Of the authority of a cluster, as its secrets manager labels it.
AUTHORITY = {"name": "ca", "managed-by": "secrets-manager"}
BUNDLE = "ca.crt"


class Found(t.NamedTuple):
    """What there is of a shoot.

    servers: URLs of its API by the names of its addresses, as it has them now; before: as they were handed on, empty
    where nobody knows. trusted: its authorities in PEM, as the garden publishes them; empty without any. state: its
    ShootState, None without one. secrets: those of AUTHORITY in the seed. seed_url: where firewalls would find the
    seed's API; expected: where they have found it, empty where nobody asks.
    """

    servers: t.Mapping[str, str]
    before: t.Mapping[str, str]
    trusted: str
    state: Object | None
    secrets: t.Sequence[Object]
    seed_url: str
    expected: str


def complaints(found: Found) -> list[str]:
    """Why it stays held, each with what to do about it."""
    return [*_authority(found), *_state(found), *_names(found)]


def _authority(found: Found) -> list[str]:
    if not found.trusted:
        return ["the garden publishes no authority of it (ConfigMap SHOOT.ca-cluster) -> restore the garden's etcd"]
    if not found.secrets:
        return [
            "the seed has no authority of it, so gardenlet would make new ones for a cluster that runs -> restore the"
            " seed from a snapshot that has its control plane"
        ]
    kept = {_decoded((one.get("data") or {}).get(BUNDLE)) for one in found.secrets}
    if not any(one and one in found.trusted for one in kept):
        return [
            "the seed has another authority than the garden publishes, which the nodes do not trust -> restore garden"
            " and seed from the same set"
        ]
    return []


def _state(found: Found) -> list[str]:
    remedy = "-> have gardenlet write it, shootState of its configuration, or restore a garden that has one"
    if found.state is None:
        return [f"there is no ShootState, which alone would bring its control plane to another seed {remedy}"]
    kept = (found.state.get("spec") or {}).get("gardener") or []
    if not any((one.get("labels") or {}).items() >= AUTHORITY.items() for one in kept):
        return [f"its ShootState has no authority {remedy}"]
    return []


def _names(found: Found) -> list[str]:
    wrong = [
        f"its address {name} was {url} and is {found.servers.get(name, 'none')} -> restore the domain that it had"
        for name, url in sorted(found.before.items())
        if found.servers.get(name) != url
    ]
    if found.expected and _place(found.expected) != _place(found.seed_url):
        wrong.append(
            f"firewalls call the seed's API {found.expected}, and ConfigMap garden/seed-api-server has"
            f" {found.seed_url or 'none'} -> give the seed the name that it had, and its certificate that name"
        )
    return wrong


def _place(url: str) -> tuple[str, int]:
    parts = urllib.parse.urlsplit(url)
    return (parts.hostname or "").rstrip("."), parts.port or 443


def _decoded(text: object) -> str:
    try:
        return base64.b64decode(str(text or ""), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""
