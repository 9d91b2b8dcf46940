"""Signatures of OpenSSH, by the real ssh-keygen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import signature, trust
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

CONTENT = b"a manifest\n"


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text()


def test_who_has_signed_is_believed_and_named(key: Path) -> None:
    signed = signature.sign(CONTENT, key)
    listed = subprocess.run(["ssh-keygen", "-lf", key], capture_output=True, text=True, check=True).stdout
    assert signature.verify(CONTENT, signed, ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", public(key)]) in listed
    assert signature.is_of(CONTENT, signed, key)


def test_another_content_is_refused(key: Path) -> None:
    signed = signature.sign(CONTENT, key)
    with pytest.raises(MirrorError, match="not signed by who is trusted, or was changed"):
        signature.verify(CONTENT + b" ", signed, [public(key)])
    assert not signature.is_of(CONTENT + b" ", signed, key)


def test_another_signer_is_refused(key: Path, make_key: Callable[..., Path]) -> None:
    other = make_key()
    signed = signature.sign(CONTENT, other)
    with pytest.raises(MirrorError, match="not signed by who is trusted"):
        signature.verify(CONTENT, signed, [public(key)])
    assert not signature.is_of(CONTENT, signed, key)


def test_a_signature_for_something_else_is_none(key: Path) -> None:
    command = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", "file"]
    signed = subprocess.run(command, input=CONTENT, capture_output=True, check=True).stdout.decode()
    with pytest.raises(MirrorError, match="not signed by who is trusted"):
        signature.verify(CONTENT, signed, [public(key)])


def test_a_key_that_nobody_can_open_is_said_to_be_the_reason(make_key: Callable[..., Path]) -> None:
    with pytest.raises(MirrorError, match=r"is not signed with .*passphrase"):
        signature.sign(CONTENT, make_key("a passphrase"))


@pytest.mark.parametrize("signer", ["", "somebody", "mirror namespaces=x ssh-ed25519 AAAA", "ssh-ed25519 A\nmirror *"])
def test_what_is_no_key_is_refused(signer: str) -> None:
    with pytest.raises(MirrorError, match="no public key"):
        signature.verify(CONTENT, "", [signer])


def test_a_mirror_is_trusted_by_its_signature(mirror: Path, key: Path) -> None:
    manifest = mirror / "manifest.json"
    with pytest.raises(MirrorError, match="asks for a signature"):
        trust.trusted(mirror, [public(key)])
    (mirror / "manifest.json.sig").write_text(signature.sign(manifest.read_bytes(), key))
    assert trust.trusted(mirror, [public(key)])[1].startswith("SHA256:")
    manifest.write_text(manifest.read_text().replace("k3s", "k4s"))
    with pytest.raises(MirrorError, match="was changed since"):
        trust.trusted(mirror, [public(key)])
    assert trust.trusted(mirror, [])[1] == ""
