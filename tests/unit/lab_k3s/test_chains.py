from __future__ import annotations

import hashlib

from authorities import authority, succession
from cryptography.hazmat.primitives import hashes

from lab.k3s.standin import chains


def test_a_file_of_one_authority_is_known_by_its_bytes() -> None:
    one = authority("one").pem
    assert chains.fingerprint(one) == hashlib.sha256(one).hexdigest()


def test_a_bundle_is_known_by_the_root_it_leads_to() -> None:
    made = succession()
    assert chains.fingerprint(made.bundle) == made.root.certificate.fingerprint(hashes.SHA256()).hex()


def test_an_authority_under_the_same_root_leaves_the_fingerprint() -> None:
    root = authority("root")
    one, other = (authority(name, parent=root).pem + root.pem for name in ("one", "other"))
    assert one != other
    assert chains.fingerprint(one) == chains.fingerprint(other)


def test_a_chain_is_found_through_what_is_cross_signed() -> None:
    made = succession()
    between = [made.root.certificate, made.crossed.certificate]
    chain = chains.verified(made.leaf.certificate, [made.old.certificate], between)
    assert chain == [made.leaf.certificate, made.crossed.certificate, made.old.certificate]
    assert chains.verified(made.leaf.certificate, [made.old.certificate], [made.root.certificate]) == []


def test_a_server_presents_what_old_clients_can_follow_first() -> None:
    made = succession()
    shown = chains.presented(chains.read(made.bundle))
    assert shown.index(made.crossed.certificate) < shown.index(made.root.certificate)
    assert shown[0] == made.leaf.certificate


def test_the_first_key_of_a_file_signs() -> None:
    made = succession()
    assert chains.first_key(made.keys) == made.leaf.key_pem
    assert [key.private_numbers() for key in chains.keys(made.keys)] == [  # type: ignore[union-attr]
        made.leaf.key.private_numbers(),
        made.root.key.private_numbers(),
    ]
