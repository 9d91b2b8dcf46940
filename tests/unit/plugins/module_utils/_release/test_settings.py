"""What the options say of vectors; all mistakes at once."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import options, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError

OCI = "oci://ghcr.io/metal-stack/releases:v0.22.19"
KEY = {"oci_cosign_verify_key": "a key"}
IDENTITY = {"oci_cosign_verify_certificate_identity": "somebody"}
ISSUER = {"oci_cosign_verify_certificate_oidc_issuer": "an issuer"}


def read(*vectors, **more):
    """The settings of options as a module gets them."""
    validated = ArgumentSpecValidator(options.COMMON).validate({"vectors": list(vectors), **more})
    assert not validated.error_messages
    return settings.read(validated.validated_parameters)


@pytest.mark.parametrize(
    ("vector", "more"),
    [
        ({"url": OCI, **KEY}, {}),
        ({"url": OCI}, {"verify": False}),
        ({"url": OCI, **IDENTITY, **ISSUER}, {"cosign": "/usr/bin/cosign"}),
        ({"url": "/srv/release.yaml"}, {}),
        ({"url": "/srv/release.yaml", **KEY}, {}),
        ({"url": "https://example.org/release.yaml", "sha256": "a"}, {}),
        ({"url": "https://example.org/release.yaml"}, {"verify": False}),
        ({"url": OCI, **KEY, "variable_mapping": {"a": "b.c"}}, {}),
    ],
)
def test_what_says_by_whom_it_is_trusted_is_taken(vector, more):
    assert read(vector, **more).sources[0].url == vector["url"]


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ({"url": OCI}, "nothing says who must have signed oci://ghcr.io/metal-stack/releases:v0.22.19"),
        ({"url": OCI, **KEY, **IDENTITY}, "has a key and a certificate's identity"),
        ({"url": OCI, **IDENTITY}, "has only one of oci_cosign_verify_certificate_identity"),
        ({"url": OCI, **ISSUER}, "has only one of oci_cosign_verify_certificate_identity"),
        ({"url": OCI, **IDENTITY, **ISSUER}, "and so the program cosign"),
        ({"url": "oci://ghcr.io/metal-stack/releases", **KEY}, "has neither tag nor digest"),
        ({"url": "https://example.org/release.yaml"}, "give its sha256, or verify: false"),
        ({"url": "https://a:b@example.org/release.yaml", "sha256": "a"}, "has a login in it"),
        ({"url": OCI, **KEY, "variable_mapping_path": "a.b"}, "without include_role_defaults"),
        ({"url": OCI, **KEY, "sha256": "a"}, f"sha256 is given beside {OCI}; expected @sha256:"),
        ({"url": OCI, **KEY, "variable_mapping": {"a": 5}}, "variable_mapping has 5 for a; expected a text"),
        (
            {"url": OCI, **KEY, "nested": [{"url_path": "a", "variable_mapping": {"a": None}}]},
            "variable_mapping has None for a",
        ),
        ({"url": "https://example.org:99999/release.yaml", "sha256": "a"}, "a URL is none: Port"),
    ],
)
def test_what_leaves_it_open_is_refused(vector, expected):
    with pytest.raises(ReleaseError, match=expected):
        read(vector)


def test_the_mistakes_of_all_vectors_are_told_at_once():
    with pytest.raises(ReleaseError, match=r"nothing says who must have signed oci.*has neither tag nor digest"):
        read({"url": OCI}, {"url": "oci://ghcr.io/metal-stack/releases", **KEY})


def test_a_nested_vector_has_a_trust_of_its_own():
    nested = {"url_path": "vectors.inner", **IDENTITY, **ISSUER}
    source = read({"url": OCI, **KEY, "nested": [nested]}, cosign="/usr/bin/cosign").sources[0]
    assert (source.trust.key, source.nested[0].trust.key) == ("a key", "")
    assert source.nested[0].refusals(OCI) == []


def test_a_former_release_is_read_as_the_first_vector_and_as_it_was():
    first = {"url": "https://example.org/release.yaml", **KEY, "sha256": "a"}
    wanted = read(first, {"url": OCI, **KEY}, replacements={"a.tag": "v1"})
    former = wanted.only(OCI.replace("v0.22.19", "v0.22.18"))
    assert [source.trust.key for source in former.sources] == ["a key"]
    assert (former.sources[0].sha256, former.replacements) == ("", {})


def test_a_former_release_at_a_url_can_not_be_verified():
    url = "https://example.org/release.yaml"
    first = {"url": url, "sha256": "a"}
    with pytest.raises(ReleaseError, match=r"give former as a file or oci://\.\.\., or verify: false"):
        read(first).only(url)
    assert read(first, verify=False).only(url).sources[0].url == url


def test_passwords_are_in_no_text():
    login = {"oci_registry_username": "somebody", "oci_registry_password": "secret"}
    mirror = {"registry": "ghcr.io", "location": "mirror", "username": "somebody", "password": "secret"}
    assert "secret" not in repr(read({"url": OCI, **KEY, **login}, registry_mirrors=[mirror]))
