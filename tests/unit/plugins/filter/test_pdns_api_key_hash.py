"""The hash that a PowerDNS server takes for its key."""

from __future__ import annotations

import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.filter.pdns_api_key_hash import pdns_api_key_hash

KEY = "a-key-of-a-test-and-of-nobody-else"


def test_a_key_has_one_hash_in_the_servers_form():
    assert re.fullmatch(r"\$scrypt\$ln=10,p=1,r=8\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=", pdns_api_key_hash(KEY))
    assert pdns_api_key_hash(KEY) == pdns_api_key_hash(KEY) != pdns_api_key_hash(f"{KEY}x")
    assert KEY not in pdns_api_key_hash(KEY)


def test_a_key_that_could_be_guessed_is_refused_without_showing_it():
    with pytest.raises(AnsibleFilterError, match="has 8 characters, expected at least 22") as refusal:
        pdns_api_key_hash("password")
    assert "password" not in str(refusal.value)
