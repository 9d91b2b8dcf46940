# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the credentials themselves tell about a refusal, without showing them. Pure but for the clock that is given."""

from __future__ import annotations

import base64
import json
import typing as t
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# An answer takes its time, and a Date header has whole seconds.
NEGLIGIBLE_SECONDS = 5


def expiry(token: str) -> datetime | None:
    """When a JSON web token expires (RFC 7519, 4.1.4); ``None`` where it does not say."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError):
        return None


def about_token(token: str, now: datetime) -> str:
    """Why the server may have refused the token, and what to do."""
    end = expiry(token)
    if end and end <= now:
        return f"the token expired at {_text(end)}: get a new one"
    if end:
        return f"the token is good until {_text(end)}, so it was revoked or is another server's: get a new one"
    return "is it a token of this server?"


def skew(date: str | None, now: datetime) -> float | None:
    """Seconds that this host's clock is ahead of the server's, by the Date header of its answer."""
    try:
        there = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    return (now - there).total_seconds()


def about_hmac(message: str, date: str | None, now: datetime) -> str:
    """Why the server may have refused the HMAC.

    metal-api refuses one whose time is further back than 30 s (view, edit) or 90 s (admin), see its main.go. A time to
    come is none of its reasons, so clocks that differ are no reason for a wrong HMAC either.
    """
    if "too old" not in message:
        return "is api_hmac the key of the server, for the user that api_hmac_user names?"
    ahead = skew(date, now)
    if ahead is not None and ahead < -NEGLIGIBLE_SECONDS:
        return f"this host's clock is {-ahead:.0f} s behind the server's: have both follow the same time servers"
    return "by the server's clock the request is too old: have both hosts follow the same time servers"


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


Clock = t.Callable[[], datetime]


def utc() -> datetime:
    return datetime.now(UTC)
