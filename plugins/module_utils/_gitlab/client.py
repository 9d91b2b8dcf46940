# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runner says to GitLab about itself, by the endpoints that gitlab-runner uses (its network/gitlab.go)."""

from __future__ import annotations

import json
import typing as t

from .._net import https

VERIFY, MANAGERS = "runners/verify", "runners/managers"
OK, NO_CONTENT, FORBIDDEN, NOT_FOUND = 200, 204, 403, 404


class Refused(Exception):
    """GitLab answered that it does not take the token."""


class Registered(t.NamedTuple):
    """C(expires) is when GitLab takes the token no more, empty for never."""

    runner: int
    expires: str


class Client:
    """One runner of one GitLab. Its token is in no text of an error."""

    def __init__(self, url: str, token: str, cafile: str | None = None, seconds: float = 30.0) -> None:
        self._api = f"{url.rstrip('/')}/api/v4"
        self._token = token
        self._cafile = cafile
        self._seconds = seconds

    def verify(self, system_id: str) -> Registered:
        """Say that this machine runs jobs of the runner; raises Refused, or https.Unanswered."""
        answer = self._ask("POST", VERIFY, system_id, (OK, FORBIDDEN))
        if answer.status == FORBIDDEN or not isinstance(answer.content, dict):
            raise Refused(
                f"{self._api}/{VERIFY}: {answer.status}, GitLab does not take this token: it was revoked, has expired,"
                " or is of another GitLab"
            )
        return Registered(int(answer.content.get("id") or 0), str(answer.content.get("token_expires_at") or ""))

    def forget(self, system_id: str) -> bool:
        """Say that a machine runs its jobs no more, and return whether GitLab knew it as one that does."""
        return self._ask("DELETE", MANAGERS, system_id, (NO_CONTENT, FORBIDDEN, NOT_FOUND)).status == NO_CONTENT

    def _ask(self, method: str, path: str, system_id: str, expected: t.Collection[int]) -> https.Answer:
        body = json.dumps({"token": self._token, "system_id": system_id}).encode()
        return https.ask(f"{self._api}/{path}", expected, self._cafile, seconds=self._seconds, body=body, method=method)
