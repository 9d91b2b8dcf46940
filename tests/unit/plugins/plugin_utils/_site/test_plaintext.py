"""Secrets in the clear."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import plaintext

NAMES = ("site_ca", "site_dns_api_clients", "site_dns_update_keys")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("site_ca: |\n  -----BEGIN\n", ["site_ca"]),
        ("site_ca: !vault |\n  $ANSIBLE_VAULT;1.1\n", []),
        ("site_ca: \"{{ lookup('env', 'CA') }}\"\n", []),
        ("site_dns_api_clients: {a: {key: secret, zones: [x]}}\n", ["site_dns_api_clients"]),
        ("site_dns_api_clients: {a: {key: '{{ vaulted }}', zones: [x]}}\n", []),
        ("site_dns_api_clients:\n  a:\n    key: !vault x\n    zones: [x]\n", []),
        ("site_dns_api_clients: {a: secret}\n", ["site_dns_api_clients"]),
        ("site_dns_update_keys: {a: {zones: [x]}, b: {secret: c2VjcmV0}}\n", ["site_dns_update_keys"]),
        ("all: {vars: {site_dns_update_keys: {b: {secret: c2VjcmV0}}}}\n", ["site_dns_update_keys"]),
        ("site_dns_update_keys: []\n", []),
        ("$ANSIBLE_VAULT;1.1;AES256\nsite_ca", []),
        ("[all:vars]\nsite_ca=secret\n", ["site_ca"]),
    ],
)
def test_a_secret_in_the_clear_is_found(text: str, found: list[str]) -> None:
    assert plaintext.named_in(text, NAMES) == found
