# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig of a shoot as Gardener issues it: what it says, and whether another one is due. Pure.

Its form and what it is made of is as Gardener v1.138 has it: pkg/apiserver/registry/core/shoot/storage/kubeconfig.go.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import ssl
import typing as t
import urllib.parse

from .._k3s import certificates

Object = dict[str, t.Any]

ADMIN, VIEWER = "admin", "viewer"
# The addresses of a shoot that its API server has; the others are of something else.
_OF_API = ("external", "internal", "wildcard-tls-seed-bound", "unmanaged")
# That name is served with a certificate of the seed, which clients know by themselves.
_KNOWN = "wildcard-tls-seed-bound"
# The group of whoever it lets in; the first part tells whether all of the garden or one project is theirs.
_GROUP = re.compile(rb"gardener\.cloud:(?:system|project):(admin|viewer)s")


class Stranger(ValueError):
    """The text is no kubeconfig of this shoot."""


class Held(t.NamedTuple):
    """role: C(admin) or C(viewer). ends: when its certificate does. servers: by the names of addresses the URLs.

    authorities: what those are trusted by, in PEM.
    """

    role: str
    ends: datetime.datetime
    servers: dict[str, str]
    authorities: set[str]


class Offered(t.NamedTuple):
    """What one that was issued now would have. authorities: None where that may not be read."""

    servers: dict[str, str]
    authorities: str | None


def held(config: object, namespace: str, name: str) -> Held:
    """What a kubeconfig says, given as the data of its YAML. Raises Stranger where it is not of this shoot."""
    whole = f"{namespace}--{name}"
    try:
        found = t.cast(Object, config)
        clusters = {one["name"]: one["cluster"] for one in found["clusters"]}
        pem = _decoded(found["users"][0]["user"]["client-certificate-data"])
        role = _GROUP.search(ssl.PEM_cert_to_DER_cert(pem.strip()))
        servers = {key.removeprefix(f"{whole}-"): one["server"] for key, one in clusters.items()}
        kept = [one.get("certificate-authority-data") for one in clusters.values()]
        if role is None or not all(key.startswith(f"{whole}-") for key in clusters):
            raise ValueError("a client, or clusters, of something else")
        authorities = {_decoded(one) for one in kept if one}
        return Held(role[1].decode(), certificates.not_after(pem), servers, authorities)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Stranger(f"it is no kubeconfig of shoot {whole}") from error


def offered(shoot: Object, bundle: Object | None) -> Offered:
    """bundle: the ConfigMap C(SHOOT.ca-cluster)."""
    addresses = (shoot.get("status") or {}).get("advertisedAddresses") or []
    servers = {
        one["name"]: f"https://{urllib.parse.urlsplit(one['url']).netloc}"
        for one in addresses
        if one["name"] in _OF_API
    }
    return Offered(servers, ((bundle or {}).get("data") or {}).get("ca.crt"))


def due(found: Held, role: str, now: datetime.datetime, before: datetime.timedelta, offer: Offered) -> str:
    """Why another one is due, empty where it is not. before: it ends that it is replaced."""
    if found.role != role:
        return f"its role is {found.role}, not {role}"
    if found.ends - now <= before:
        return f"it {'ended' if found.ends <= now else 'ends'} at {told(found.ends)}"
    if found.servers != offer.servers:
        return "the addresses of the shoot are others"
    # Only of the seed's own certificate no authority is said.
    own = set() if set(found.servers) == {_KNOWN} else {offer.authorities}
    if offer.authorities is not None and found.authorities != own:
        return "the authority of the shoot is rotated"
    return ""


def told(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except binascii.Error as error:
        raise ValueError("no Base64") from error
