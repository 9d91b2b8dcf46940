"""Why a server may have refused credentials."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import credentials

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)  # noqa: UP017
DATE = "Sun, 22 Nov 2026 12:00:{:02} GMT"


def token(**claims):
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (token(exp=NOW.timestamp() - 1), "the token expired at 2026-11-22T11:59:59Z: get a new one"),
        (token(exp=NOW.timestamp() + 60), "the token is good until 2026-11-22T12:01:00Z, so it was revoked"),
        (token(sub="x"), "is it a token of this server?"),
        (token(exp="soon"), "is it a token of this server?"),
        ("no web token", "is it a token of this server?"),
        ("a.%%%.b", "is it a token of this server?"),
    ],
)
def test_a_token_tells_when_it_expires(text, expected):
    assert credentials.about_token(text, NOW).startswith(expected)


@pytest.mark.parametrize(
    ("message", "date", "ahead", "expected"),
    [
        ("too old", DATE.format(0), -95, "this host's clock is 95 s behind the server's: have both follow"),
        ("too old", DATE.format(0), 1, "by the server's clock the request is too old: have both hosts follow"),
        ("too old", None, 0, "by the server's clock the request is too old: have both hosts follow"),
        ("Wrong HMAC found", DATE.format(2), 0, "is api_hmac the key of the server"),
        ("Wrong HMAC found", "yesterday", 0, "is api_hmac the key of the server"),
        ("Wrong HMAC found", DATE.format(0), 8, "is api_hmac the key of the server"),
        ("Wrong HMAC found", DATE.format(0), -95, "is api_hmac the key of the server"),
    ],
)
def test_clocks_that_differ_are_told_apart_from_a_wrong_key(message, date, ahead, expected):
    said = credentials.about_hmac(message, date, NOW + timedelta(seconds=ahead))
    assert said.startswith(expected)
