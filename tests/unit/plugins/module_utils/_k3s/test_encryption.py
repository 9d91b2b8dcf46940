"""What configurations, nodes and etcd tell of the keys for Secrets."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import encryption
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.encryption import Key

NAME = "aescbckey-2026-11-28T17:00:00Z"


def configured(*names: str, kind: str = "aescbc") -> str:
    keys = [{"name": name, "secret": "c2VjcmV0"} for name in names]
    providers = [{kind: {"keys": keys}}, {"identity": {}}]
    return json.dumps({"resources": [{"resources": ["secrets"], "providers": providers}]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (configured(NAME), [Key("aescbc", NAME)]),
        (configured("b", "a"), [Key("aescbc", "b"), Key("aescbc", "a")]),
        (configured("s", kind="secretbox"), [Key("secretbox", "s")]),
        ("", []),
        ("{}", []),
        ("[]", []),
    ],
)
def test_keys_of_a_configuration(text: str, expected: list[Key]) -> None:
    assert encryption.keys(text) == expected


def test_secrets_that_another_key_has_encrypted_or_none() -> None:
    values = [
        ("/registry/secrets/default/new", f"k8s:enc:aescbc:v1:{NAME}:...".encode()),
        ("/registry/secrets/default/old", b"k8s:enc:aescbc:v1:aescbckey:..."),
        ("/registry/secrets/default/other", b"k8s:enc:secretbox:v1:" + NAME.encode() + b":..."),
        ("/registry/secrets/kube-system/plain", b"k8s\0..."),
    ]
    assert encryption.others(values, Key("aescbc", NAME)) == ["default/old", "default/other", "kube-system/plain"]


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("reencrypt_finished-new", True),
        ("start-new", True),
        ("start-old", False),
        ("reencrypt_finished-old", False),
        ("reencrypt_active-old", False),
        ("reencrypt_active-new", False),
        ("start-", False),
        ("", False),
    ],
)
def test_when_k3s_is_through(note: str, expected: bool) -> None:
    assert encryption.is_settled(note, "old") is expected


ONE, TWO = configured(NAME), configured("b", "a")
HERE = f"reencrypt_finished-{encryption.digest(ONE)}"


@pytest.mark.parametrize(
    ("notes", "text", "expected"),
    [
        ({"server1": HERE, "server2": HERE}, ONE, []),
        ({"server1": HERE, "server2": "start-old"}, ONE, ["server2 runs with other keys"]),
        ({"server1": HERE, "server2": ""}, ONE, ["server2 is at no stage"]),
        ({"server1": HERE.replace("finished", "active")}, ONE, ["server1 is at reencrypt_active"]),
        ({"server1": f"start-{encryption.digest(TWO)}"}, TWO, ["keys b, a, expected one"]),
        ({"server1": f"start-{encryption.digest('')}"}, "", ["keys none, expected one"]),
    ],
)
def test_what_keeps_an_exchange_from_having_ended(notes: dict, text: str, expected: list[str]) -> None:
    found = list(encryption.disagreements(notes, text))
    assert len(found) == len(expected)
    for one, part in zip(found, expected, strict=True):
        assert part in one
