# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a web server once, and believes whom curl would believe."""

from __future__ import annotations

import base64
import http.client
import json
import typing as t
import urllib.error
import urllib.request

from . import tls

SCHEMES = ("http://", "https://")
SHOWN = 200


class Unanswered(Exception):
    """There was no answer, or another one than expected; the text holds no password."""


class Answer(t.NamedTuple):
    """C(content) as JSON, None where it is none."""

    status: int
    content: t.Any


def ask(
    url: str, expected: t.Collection[int], cafile: str | None = None, login: tuple[str, str] | None = None,
    seconds: float = 30.0, body: bytes | None = None, method: str | None = None,
) -> Answer:  # fmt: skip
    """Return an answer whose status is one of those expected. C(login) is a user and a password, C(body) JSON."""
    if not url.startswith(SCHEMES):
        raise Unanswered(f"{url!r}: expected a URL with http:// or https://")
    request = urllib.request.Request(url, body, headers={"Accept": "application/json"}, method=method)
    if body is not None:
        request.add_unredirected_header("Content-Type", "application/json")
    if login:
        pair = base64.b64encode(":".join(login).encode()).decode()
        # Not for where a redirect points.
        request.add_unredirected_header("Authorization", f"Basic {pair}")
    try:
        trusting = urllib.request.HTTPSHandler(context=tls.context(cafile=cafile))
    except OSError as error:
        raise Unanswered(f"{cafile}: expected a file with certificates: {error}") from error
    try:
        with urllib.request.build_opener(trusting).open(request, timeout=seconds) as response:
            status, text = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Unanswered(f"{url}: no answer: {reason or type(error).__name__}") from error
    if status not in expected:
        shown = text[:SHOWN].decode(errors="replace").strip()
        raise Unanswered(f"{url}: expected {' or '.join(map(str, expected))}, found {status} {shown}".rstrip())
    try:
        return Answer(status, json.loads(text))
    except ValueError:
        return Answer(status, None)
