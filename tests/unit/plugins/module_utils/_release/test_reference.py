"""References to artifacts, and who is asked for them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import Access
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import reference
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.reference import Mirror, Reference

DIGEST = f"sha256:{'a' * 64}"
RELEASES = "ghcr.io/metal-stack/releases"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"oci://{RELEASES}:v0.22.19", Reference(RELEASES, "v0.22.19")),
        (f"{RELEASES}:v0.22.19", Reference(RELEASES, "v0.22.19")),
        (f"oci://{RELEASES}@{DIGEST}", Reference(RELEASES, "", DIGEST)),
        (f"oci://{RELEASES}:v0.22.19@{DIGEST}", Reference(RELEASES, "v0.22.19", DIGEST)),
        ("oci://127.0.0.1:5000/releases:v1", Reference("127.0.0.1:5000/releases", "v1")),
    ],
)
def test_a_reference_is_read_and_written(text, expected):
    assert reference.parse(text) == expected
    assert str(expected) == text.removeprefix("oci://")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"oci://{RELEASES}", "has neither tag nor digest"),
        ("oci://127.0.0.1:5000/releases", "has neither tag nor digest"),
        (f"oci://{RELEASES}@sha256:abc", "is no reference"),
        (f"oci://{RELEASES}:v1@", "is no reference"),
        ("oci://ghcr.io:v1", "is no reference"),
        ("oci://ghcr.io/Metal/releases:v1", "is no reference"),
        ("oci://somebody@ghcr.io/releases:v1", "is no reference"),
        (f"oci://{RELEASES}:v 1", "is no reference"),
        ("oci://ghcr.io/../releases:v1", "is no reference"),
        ("oci://127.0.0.1:99999/releases:v1", "has the port 99999; expected one from 1 to 65535"),
        ("oci://127.0.0.1:0/releases:v1", "has the port 0"),
    ],
)
def test_what_is_no_reference_is_told(text, expected):
    with pytest.raises(ReleaseError, match=expected):
        reference.parse(text)


@pytest.mark.parametrize(
    ("url", "kind"),
    [("oci://a/b:c", "oci"), ("https://a/release.yaml", "url"), ("http://a/b", "url"), ("/srv/release.yaml", "file")],
)
def test_a_source_is_of_a_kind(url, kind):
    assert reference.kind(url) == kind


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("oci://a:5000/b:c", "a:5000"),
        (f"oci://a/b@{DIGEST}", "a"),
        ("https://a/release.yaml", "a"),
        ("http://a:8080/b", "a:8080"),
        ("/srv/release.yaml", ""),
    ],
)
def test_a_source_is_at_a_host(url, host):
    assert reference.host(url) == host


def test_a_login_in_a_url_is_refused_without_showing_it():
    with pytest.raises(ReleaseError, match=r"the URL for example\.org has a login in it") as error:
        reference.without_credentials("https://somebody:secret@example.org/release.yaml")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["https://example.org:99999/release.yaml", "https://[::1/release.yaml"])
def test_what_is_no_url_is_told(url):
    with pytest.raises(ReleaseError, match="a URL is none: "):
        reference.without_credentials(url)


LOGIN = Access(username="somebody", password="secret")
OWN = Access(plain_http=True)


@pytest.mark.parametrize(
    ("mirrors", "expected"),
    [
        ([], (RELEASES, OWN)),
        ([Mirror("ghcr.io", "mirror:5000/ghcr", LOGIN)], ("mirror:5000/ghcr/metal-stack/releases", LOGIN)),
        ([Mirror("ghcr.io/metal-stack", "mirror/ms", LOGIN)], ("mirror/ms/releases", LOGIN)),
        ([Mirror("ghcr.io/metal", "mirror/ms", LOGIN)], (RELEASES, OWN)),
        ([Mirror("ghcr.io", "a", LOGIN), Mirror("ghcr.io/metal-stack", "b", LOGIN)], ("b/releases", LOGIN)),
        ([Mirror("docker.io", "mirror", LOGIN)], (RELEASES, OWN)),
    ],
)
def test_the_mirror_with_the_longest_prefix_is_asked(mirrors, expected):
    assert reference.asked(Reference(RELEASES, "v1"), mirrors, OWN) == expected


def test_a_password_is_in_no_text():
    assert "secret" not in repr(Mirror("ghcr.io", "mirror", LOGIN))
