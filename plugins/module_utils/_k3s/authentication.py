# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose OpenID Connect tokens the API takes: the file that it reads, and what is wrong with what is asked for. Pure.

The API reads the file again when it changes. Certificates, such as that of k3s' own kubeconfig, count as before.
Source: Kubernetes' documentation, "Authenticating", section "Using Authentication Configuration", stable since 1.34.
"""

from __future__ import annotations

import json
import typing as t
from urllib.parse import urlsplit

VERSION = "apiserver.config.k8s.io/v1"
# What Kubernetes calls its own users and groups, of whom some may do everything.
SYSTEM = "system:"
# Arguments of the API that say the same, of which it takes one kind.
ARGUMENTS = ("authentication-config", "oidc-")

# Of what an issuer need not say; Ansible fills in nothing of a role's.
DEFAULTS: dict[str, t.Any] = {
    "ca": "",
    "username_claim": "sub",
    "username_prefix": "oidc:",
    "groups_claim": "groups",
    "groups_prefix": "oidc:",
    "required_claims": {},
}

Issuer = t.Mapping[str, t.Any]


def faults(issuers: t.Sequence[Issuer]) -> list[str]:
    """What is wrong with issuers as the role has them, one text each."""
    found = []
    urls = [one["url"] for one in issuers]
    found += [f"{url} is there twice" for url in sorted({url for url in urls if urls.count(url) > 1})]
    for one in issuers:
        found += [f"{one['url'] or 'an issuer'}: {what}" for what in _faults({**DEFAULTS, **one})]
    return found


def _faults(one: Issuer) -> t.Iterator[str]:
    parts = urlsplit(one["url"])
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
        yield f"url is {one['url']!r}, expected https://HOST/..., exactly as its tokens name it (iss)"
    if not one["audiences"] or not all(one["audiences"]):
        yield "audiences is empty, expected the client that tokens are for (aud), else each token of the issuer counts"
    for what in ("username", "groups"):
        prefix = one[f"{what}_prefix"]
        # A token would else say who may do everything.
        if (what == "username" or one["groups_claim"]) and (not prefix or prefix.startswith(SYSTEM)):
            yield f"{what}_prefix is {prefix!r}, expected a text such as 'oidc:', that does not begin with {SYSTEM}"
    if not one["username_claim"]:
        yield "username_claim is empty, expected a claim that never changes, such as sub"
    if one["ca"] and "-----BEGIN CERTIFICATE-----" not in one["ca"]:
        yield "ca has no certificate, expected PEM"


def render(issuers: t.Sequence[Issuer]) -> str:
    """The file, empty where there is no issuer; JSON is YAML."""
    if not issuers:
        return ""
    document = {
        "apiVersion": VERSION,
        "kind": "AuthenticationConfiguration",
        "jwt": [_jwt({**DEFAULTS, **one}) for one in issuers],
    }
    return json.dumps(document, indent=1) + "\n"


def _jwt(one: Issuer) -> dict[str, t.Any]:
    issuer: dict[str, t.Any] = {"url": one["url"], "audiences": list(one["audiences"])}
    if len(one["audiences"]) > 1:
        issuer["audienceMatchPolicy"] = "MatchAny"
    if one["ca"]:
        issuer["certificateAuthority"] = one["ca"]
    mappings = {"username": {"claim": one["username_claim"], "prefix": one["username_prefix"]}}
    if one["groups_claim"]:
        mappings["groups"] = {"claim": one["groups_claim"], "prefix": one["groups_prefix"]}
    rules = [{"claim": claim, "requiredValue": value} for claim, value in sorted(one["required_claims"].items())]
    return {"issuer": issuer, "claimMappings": mappings, **({"claimValidationRules": rules} if rules else {})}


def clashing(arguments: t.Iterable[str]) -> list[str]:
    """Which arguments of the API, as C(NAME=VALUE), say the same."""
    return [one for one in arguments if one.startswith(ARGUMENTS)]
