# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which API a task talks to, and as whom. Pure: options and environment in, an endpoint out."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import BadInput

V1, V2 = "v1", "v2"
# As the SDK's examples and metal-ansible-modules name them; for v1 metalctl's own names too.
URLS = {V1: ("METALCTL_URL", "METALCTL_API_URL"), V2: ("METAL_APIV2_URL",)}
TOKENS = {V1: ("METALCTL_APITOKEN", "METALCTL_API_TOKEN"), V2: ("METAL_APIV2_TOKEN",)}
HMACS = ("METALCTL_HMAC",)
MOST_SECONDS = 86400
Values = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Endpoint:
    """One API. Exactly one of ``token`` and ``hmac`` is there; neither shows in its text."""

    version: str
    url: str
    token: str | None = field(default=None, repr=False)
    hmac: str | None = field(default=None, repr=False)
    hmac_user: str = "Metal-Admin"
    timeout: float = 30.0
    ca_path: str | None = None


def endpoint(parameters: Values, environ: t.Mapping[str, str], spoken: t.Callable[[str], str]) -> Endpoint:
    """The options first, then the environment of the version in question.

    ``spoken`` tells which version the server at a URL speaks; it is asked only where nothing else tells.
    """
    version = _version(parameters, environ, spoken)
    url = parameters["api_url"] or _first(environ, URLS[version]) or ""
    token, hmac = parameters["api_token"], parameters["api_hmac"]
    if not (token or hmac) and version == V1:
        hmac = _first(environ, HMACS)
    if not (token or hmac):
        token = _first(environ, TOKENS[version])
    problems = _timeout(parameters)
    if not url:
        problems.append(f"api_url: expected where API {version} listens; give it, or set {' or '.join(URLS[version])}")
    elif not _is_url(url):
        problems.append(f"api_url {url!r}: expected https://HOST[:PORT][/PATH] or http://…")
    if version == V2 and hmac:
        problems.append("api_hmac: API v2 takes tokens only; give api_token")
    elif not (token or hmac):
        names = TOKENS[version] if version == V2 else (*HMACS, *TOKENS[V1])
        options = "api_token" if version == V2 else "api_hmac or api_token"
        problems.append(f"{options}: expected, found nothing; give it, or set {' or '.join(names)}")
    for option, secret in (("api_token", token), ("api_hmac", hmac)):
        if secret and not (secret.isascii() and secret.isprintable() and " " not in secret):
            # Not repeated here: what is not one word may still be a secret.
            problems.append(f"{option}: expected one word of printable ASCII, found more")
    if problems:
        raise BadInput(problems)
    return Endpoint(
        version=version,
        url=url.rstrip("/"),
        token=token,
        hmac=hmac,
        hmac_user=parameters["api_hmac_user"],
        timeout=parameters["api_timeout"],
        ca_path=parameters["ca_path"],
    )


def _version(parameters: Values, environ: t.Mapping[str, str], spoken: t.Callable[[str], str]) -> str:
    asked = str(parameters["api_version"])
    if asked != "auto":
        return asked
    if parameters["api_hmac"]:
        return V1  # v2 has none
    if parameters["api_url"]:
        url = str(parameters["api_url"]).rstrip("/")
        problems = _timeout(parameters)
        if not _is_url(url):
            problems.append(f"api_url {url!r}: expected https://HOST[:PORT][/PATH] or http://…")
        if problems:
            raise BadInput(problems)
        return spoken(url)
    if _first(environ, URLS[V2]) or not _first(environ, URLS[V1]):
        return V2
    return V1


def _timeout(parameters: Values) -> list[str]:
    """What is wrong with it; the libraries of the APIs do not take every number."""
    seconds = parameters["api_timeout"]
    if 0 < seconds <= MOST_SECONDS:
        return []
    return [f"api_timeout: expected more than 0 and at most {MOST_SECONDS} seconds, found {seconds:g}"]


def _is_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query


def _first(environ: t.Mapping[str, str], names: t.Sequence[str]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)
