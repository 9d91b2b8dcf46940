"""Which API is spoken, and as whom."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import BadInput

URL = "https://metal.example.org"
OPTIONS = {
    "api_url": None,
    "api_token": None,
    "api_hmac": None,
    "api_hmac_user": "Metal-Admin",
    "api_version": "auto",
    "api_timeout": 30.0,
    "ca_path": None,
}
V1 = {"METALCTL_URL": "https://v1", "METALCTL_HMAC": "key"}
V2 = {"METAL_APIV2_URL": "https://v2", "METAL_APIV2_TOKEN": "token"}


def never(url):
    raise AssertionError(f"{url} was asked")


@pytest.mark.parametrize(
    ("options", "environ", "spoken", "expected"),
    [
        ({"api_url": URL, "api_token": "t"}, {}, lambda url: "v2", ("v2", URL, "t", None)),
        ({"api_url": URL, "api_token": "t"}, {}, lambda url: "v1", ("v1", URL, "t", None)),
        ({"api_url": f"{URL}/metal/", "api_hmac": "k"}, {}, never, ("v1", f"{URL}/metal", None, "k")),
        ({"api_url": URL, "api_token": "t", "api_version": "v1"}, V1, never, ("v1", URL, "t", None)),
        ({"api_url": URL}, V1, lambda url: "v1", ("v1", URL, None, "key")),
        ({"api_url": URL}, V2, lambda url: "v2", ("v2", URL, "token", None)),
        ({}, V1, never, ("v1", "https://v1", None, "key")),
        ({}, V2, never, ("v2", "https://v2", "token", None)),
        ({}, {**V1, **V2}, never, ("v2", "https://v2", "token", None)),
        ({"api_version": "v1"}, {**V1, **V2}, never, ("v1", "https://v1", None, "key")),
        ({}, {"METALCTL_API_URL": "https://v1", "METALCTL_API_TOKEN": "t"}, never, ("v1", "https://v1", "t", None)),
        ({}, {"METALCTL_URL": "https://v1", "METALCTL_APITOKEN": "t"}, never, ("v1", "https://v1", "t", None)),
        ({"api_token": "t"}, {**V2, "METAL_APIV2_TOKEN": "other"}, never, ("v2", "https://v2", "t", None)),
    ],
)
def test_options_come_first_then_the_environment(options, environ, spoken, expected):
    found = settings.endpoint({**OPTIONS, **options}, environ, spoken)
    assert (found.version, found.url, found.token, found.hmac) == expected


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({}, {}, ["api_url: expected where API v2 listens", "api_token: expected, found nothing"]),
        ({"api_version": "v1"}, {}, ["or METALCTL_API_URL", "api_hmac or api_token: expected, found nothing"]),
        ({"api_url": "metal.example.org", "api_version": "v2", "api_token": "t"}, {}, ["expected https://HOST"]),
        ({"api_url": "metal.example.org", "api_token": "t"}, {}, ["expected https://HOST"]),
        ({"api_url": URL, "api_version": "v2", "api_hmac": "k"}, {}, ["api_hmac: API v2 takes tokens only"]),
        ({"api_url": URL, "api_version": "v1", "api_hmac": "two words"}, {}, ["api_hmac: expected one word"]),
        ({"api_url": URL, "api_version": "v1", "api_token": "t\n"}, {}, ["api_token: expected one word"]),
    ],
)
def test_what_is_missing_or_wrong_is_told_at_once(options, environ, expected):
    with pytest.raises(BadInput) as refusal:
        settings.endpoint({**OPTIONS, **options}, environ, never)
    assert len(refusal.value.problems) == len(expected)
    for problem, part in zip(refusal.value.problems, expected, strict=True):
        assert part in problem


def test_an_endpoint_does_not_show_its_secrets():
    shown = repr(settings.Endpoint("v1", URL, token="the-token", hmac="the-key"))
    assert URL in shown
    assert "the-" not in shown


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e10, float("nan"), float("inf")])
@pytest.mark.parametrize("version", ["auto", "v2"])
def test_a_timeout_that_no_library_takes_is_told_before_the_server_is_asked(seconds, version):
    options = {"api_url": URL, "api_token": "t", "api_version": version, "api_timeout": seconds}
    with pytest.raises(BadInput, match="api_timeout: expected more than 0 and at most 86400 seconds, found "):
        settings.endpoint({**OPTIONS, **options}, {}, never)
