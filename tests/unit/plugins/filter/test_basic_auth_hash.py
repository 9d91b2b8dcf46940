"""The hash that nginx takes for a password."""

from __future__ import annotations

import base64
import hashlib

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.filter.basic_auth_hash import basic_auth_hash

PASSWORD = "a-password-of-a-test-and-of-nobody-else"


def test_a_password_has_one_hash_in_the_form_of_rfc_2307():
    scheme, _brace, text = basic_auth_hash(PASSWORD).partition("}")
    found = base64.b64decode(text, validate=True)
    assert scheme == "{SSHA" and found[:20] == hashlib.sha1(PASSWORD.encode() + found[20:]).digest()
    assert len(found) == 36 and PASSWORD not in basic_auth_hash(PASSWORD)
    assert basic_auth_hash(PASSWORD) == basic_auth_hash(PASSWORD)


def test_no_two_passwords_share_a_salt():
    salts = {base64.b64decode(basic_auth_hash(PASSWORD + more)[6:])[20:] for more in ("", "x", "y")}
    assert len(salts) == 3


def test_a_password_that_could_be_guessed_is_refused_without_showing_it():
    with pytest.raises(AnsibleFilterError, match="has 8 characters, expected at least 22") as refusal:
        basic_auth_hash("password")
    assert "password" not in str(refusal.value).replace("the password has", "")
