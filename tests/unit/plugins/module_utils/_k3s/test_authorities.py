"""Authorities that take the place of others, made by openssl and looked at by another library."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authorities, layout
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from taking_over import renewed, taken_over


def loaded(file: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(file.read_bytes())


def test_each_is_signed_by_a_root_of_its_own_and_that_by_the_former(place: Path) -> None:
    assert authorities.prepare("crossed", former=False)
    roots = set()
    for name in authorities.NAMES:
        own, crossed, root, former = loaded(place / f"authorities/crossed/tls/{name}.crt")
        [known] = loaded(place / f"tls/{name}.crt")
        assert former == known
        own.verify_directly_issued_by(root)
        root.verify_directly_issued_by(root)
        crossed.verify_directly_issued_by(former)
        assert (crossed.subject, crossed.public_key()) == (root.subject, root.public_key())
        for one in (own, root, crossed):
            assert one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        key = serialization.load_pem_private_key((place / f"authorities/crossed/tls/{name}.key").read_bytes(), None)
        assert key.public_key() == own.public_key()
        roots.add(root.subject.rfc4514_string())
    assert len(roots) == len(authorities.NAMES)


def test_what_is_laid_out_is_for_root_alone_and_stays(place: Path) -> None:
    authorities.prepare("crossed", former=False)
    files = [path for path in (place / "authorities").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len(files) == 2 * len(authorities.NAMES)
    before = authorities.digest("crossed")
    assert not authorities.prepare("crossed", former=False)
    assert authorities.digest("crossed") == before
    assert authorities.forget() and not authorities.forget()
    assert not (place / "authorities").exists()


def test_half_of_them_is_nothing(place: Path) -> None:
    (place / "tls/etcd/peer-ca.key").unlink()
    with pytest.raises(authorities.Failed, match="openssl x509"):
        authorities.prepare("crossed", former=False)
    assert list((place / "authorities").iterdir()) == []


def test_former_ones_are_left_out_and_keys_stay_as_they_are(place: Path) -> None:
    with pytest.raises(authorities.Failed, match="trusts no former authority"):
        authorities.prepare("alone", former=True)
    authorities.prepare("crossed", former=False)
    taken_over(place, "crossed")
    assert authorities.trusted(f"{layout.TLS_DIR}/server-ca.crt") == 4
    authorities.prepare("alone", former=True)
    for name in authorities.NAMES:
        assert loaded(place / f"authorities/alone/tls/{name}.crt") == [
            loaded(place / f"tls/{name}.crt")[index] for index in (0, 2)
        ]
        assert not (place / f"authorities/alone/tls/{name}.key").exists()


def test_they_take_the_place_of_those_that_were_exchanged_before(place: Path) -> None:
    authorities.prepare("crossed", former=False)
    taken_over(place, "crossed")
    authorities.prepare("alone", former=True)
    taken_over(place, "alone")
    authorities.forget()
    authorities.prepare("crossed", former=False)
    _own, crossed, _root, former, _former_root = loaded(place / "authorities/crossed/tls/server-ca.crt")
    crossed.verify_directly_issued_by(former)


def test_k3s_is_told_where_they_lie(place: Path) -> None:
    (place / "k3s").write_text(f'#!/bin/sh\necho "$*" >{place}/log\n')
    (place / "k3s").chmod(0o755)
    authorities.exchange("crossed")
    assert (place / "log").read_text() == f"certificate rotate-ca --path {place}/authorities/crossed\n"
    (place / "k3s").write_text("#!/bin/sh\necho no quorum; exit 1\n")
    with pytest.raises(authorities.Failed, match="no quorum -> read"):
        authorities.exchange("crossed")


def test_all_certificates_have_to_be_of_the_present_ones(place: Path) -> None:
    renewed(place)
    authorities.prove(former=False)
    authorities.prepare("crossed", former=False)
    taken_over(place, "crossed")
    with pytest.raises(authorities.Failed, match="client-admin is not of the present authority"):
        authorities.prove(former=False)
    renewed(place)
    authorities.prove(former=False)
    with pytest.raises(authorities.Failed, match="still trusts former authorities"):
        authorities.prove(former=True)


def test_no_bundle_may_hold_a_former_one(place: Path) -> None:
    authorities.prepare("crossed", former=False)
    taken_over(place, "crossed")
    both = {name: (place / f"tls/{name}.crt").read_bytes() for name in authorities.NAMES}
    authorities.prepare("alone", former=True)
    taken_over(place, "alone")
    renewed(place)
    authorities.prove(former=True)
    for name, former in both.items():
        alone = (place / f"tls/{name}.crt").read_bytes()
        (place / f"tls/{name}.crt").write_bytes(former)
        with pytest.raises(authorities.Failed, match=rf"still trusts former authorities \({name}\)"):
            authorities.prove(former=True)
        (place / f"tls/{name}.crt").write_bytes(alone)
