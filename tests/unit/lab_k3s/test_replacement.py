from __future__ import annotations

from pathlib import Path

import pytest
from authorities import Authority, Succession, authority, succession

from lab.k3s.standin import bundle, pki, replacement
from lab.k3s.standin.bundle import Kept
from lab.k3s.standin.paths import Paths

SERVER_CA, SERVER_KEY, SERVICE_KEY = "tls/server-ca.crt", "tls/server-ca.key", "tls/service.key"


@pytest.fixture
def present(tmp_path: Path) -> dict[str, Kept]:
    """Return the authorities of a new cluster."""
    pki.authorities(Paths(tmp_path))
    return bundle.on_disk(tmp_path / "server")


def kept(content: bytes) -> Kept:
    return Kept(content, 0.0)


def objections(present: dict[str, Kept], **given: bytes) -> list[str]:
    """To these files in the place of the ones there are, the server's authority by its old and new content."""
    names = {"ca": SERVER_CA, "key": SERVER_KEY, "service": SERVICE_KEY}
    files = {names[name]: kept(content) for name, content in given.items()}
    return replacement.objections(present, replacement.combined(present, files))


def under(present: dict[str, Kept], made: Succession) -> dict[str, Kept]:
    return present | {SERVER_CA: kept(made.old.pem), SERVER_KEY: kept(made.old.key_pem)}


def test_nothing_new_is_nothing_to_object_to(present: dict[str, Kept]) -> None:
    assert objections(present) == []


def test_a_cross_signed_authority_is_welcome(present: dict[str, Kept]) -> None:
    made = succession()
    assert objections(under(present, made), ca=made.bundle, key=made.keys) == []


def foreign() -> tuple[Authority, Authority]:
    root = authority("foreign-root")
    return root, authority("foreign", parent=root)


def test_a_foreign_root_is_not(present: dict[str, Kept]) -> None:
    root, leaf = foreign()
    (said,) = objections(present, ca=leaf.pem + root.pem, key=leaf.key_pem)
    assert said.startswith("ServerCA: new CA cert cannot be verified using old CA chain")


def test_an_authority_without_its_root_is_not(present: dict[str, Kept]) -> None:
    made = succession()
    (said,) = objections(under(present, made), ca=made.leaf.pem, key=made.keys)
    assert "only a single certificate" in said


def test_certificate_and_key_belong_together(present: dict[str, Kept]) -> None:
    made = succession()
    (said,) = objections(under(present, made), ca=made.bundle)
    assert said.startswith("ServerCAKey: ")


def test_the_signing_key_of_service_accounts_stays_among_the_new_ones(present: dict[str, Kept]) -> None:
    new = authority("x").key_pem
    assert objections(present, service=new) == [
        "ServiceKey: old ServiceAccount signing key not in new ServiceAccount key list"
    ]
    assert objections(present, service=new + present[SERVICE_KEY].content) == []


def test_only_authorities_are_replaced(present: dict[str, Kept]) -> None:
    given = {"cred/passwd": kept(b"other"), SERVER_CA: kept(b"")}
    assert replacement.combined(present, given) == present
