from __future__ import annotations

import hashlib

import pytest

from lab.k3s.standin import tokens
from lab.k3s.standin.errors import Refusal
from lab.k3s.standin.tokens import Token

CA = b"-----BEGIN CERTIFICATE-----\n"
HASH = hashlib.sha256(CA).hexdigest()


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("word", Token("word")),
        ("with:colon", Token("with:colon")),
        (f"K10{HASH}::server:word", Token("word", HASH)),
        (f"K10{HASH}::node:a:b", Token("a:b", HASH)),
    ],
)
def test_tokens_are_read(text: str, token: Token) -> None:
    assert tokens.parse(text) == token


@pytest.mark.parametrize("text", ["", "K10", "K10abc::server:word", f"K10{HASH}::server:", f"K10{HASH}::word"])
def test_malformed_tokens_are_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"token"):
        tokens.parse(text)


def test_a_secure_token_is_read_back_and_fits_its_authority() -> None:
    token = tokens.parse(tokens.secure(CA, "server", "word"))
    assert token == Token("word", HASH)
    tokens.check_ca(token, CA)
    with pytest.raises(Refusal, match="token CA hash does not match the Cluster CA certificate hash"):
        tokens.check_ca(token, b"another")


def test_servers_and_agents_with_one_password_have_different_credentials() -> None:
    server, agent = (tokens.bootstrap_credential("word", purpose) for purpose in ("server", "agent"))
    assert server != agent
    assert [len(part) for part in server] == [6, 16]


def test_only_the_same_password_decrypts() -> None:
    sealed = tokens.encrypt("word", b"data")
    assert tokens.decrypt("word", sealed) == b"data"
    with pytest.raises(Refusal, match="bootstrap data already found and encrypted with different token"):
        tokens.decrypt("other", sealed)
