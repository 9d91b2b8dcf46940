"""Authorities that take the place of others, made by openssl and looked at by another library."""

from __future__ import annotations

import contextlib
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authorities, client, layout
from cryptography import x509
from cryptography.hazmat.primitives import serialization


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a server's directory with authorities as k3s makes them."""
    monkeypatch.setattr(layout, "TLS_DIR", str(tmp_path / "tls"))
    monkeypatch.setattr(layout, "AUTHORITIES_DIR", str(tmp_path / "authorities"))
    monkeypatch.setattr(layout, "FORMER_CLIENT", str(tmp_path / "former-client"))
    monkeypatch.setattr(layout, "BINARY", str(tmp_path / "k3s"))
    for name in authorities.NAMES:
        target = tmp_path / "tls" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        make(target, "-x509", "-days", "100", "-subj", f"/CN=former-{name.replace('/', '-')}")
    return tmp_path


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make(target: Path, *arguments: str) -> None:
    """Make a key and what openssl makes of it."""
    key, to = f"{target}.key", f"{target}.crt"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl("req", *curve, "-noenc", "-keyout", key, "-out", to, *arguments)


def leaf(tls: Path, name: str, authority: str) -> None:
    """Have the first certificate of an authority sign one."""
    target = tls / name
    make(target, "-subj", "/CN=leaf")
    request = target.with_suffix(".csr")
    Path(f"{target}.crt").rename(request)
    signer = ("-CA", f"{tls / authority}.crt", "-CAkey", f"{tls / authority}.key")
    openssl("x509", "-req", "-days", "9", "-in", str(request), *signer, "-out", f"{target}.crt")


def taken_over(place: Path, kind: str) -> None:
    """Have the server run with what was laid out, as its restart does."""
    for name in authorities.NAMES:
        for end in ("crt", "key"):
            source = place / "authorities" / kind / "tls" / f"{name}.{end}"
            if source.exists():
                (place / "tls" / f"{name}.{end}").write_bytes(source.read_bytes())


def renewed(place: Path) -> None:
    for name, authority in authorities.LEAVES.items():
        leaf(place / "tls", name, authority)


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
    assert authorities.forget(former=False)
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
    authorities.forget(former=True)
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
    assert not authorities.prove(former=False)
    authorities.prepare("crossed", former=False)
    taken_over(place, "crossed")
    with pytest.raises(authorities.Failed, match="client-admin is not of the present authority"):
        authorities.prove(former=False)
    renewed(place)
    assert not authorities.prove(former=False)
    with pytest.raises(authorities.Failed, match="still trusts former authorities"):
        authorities.prove(former=True)


def test_no_bundle_may_hold_a_former_one(place: Path) -> None:
    authorities.prepare("crossed", former=False)
    taken_over(place, "crossed")
    both = {name: (place / f"tls/{name}.crt").read_bytes() for name in authorities.NAMES}
    authorities.prepare("alone", former=True)
    taken_over(place, "alone")
    renewed(place)
    assert not authorities.prove(former=True)
    for name, former in both.items():
        alone = (place / f"tls/{name}.crt").read_bytes()
        (place / f"tls/{name}.crt").write_bytes(former)
        with pytest.raises(authorities.Failed, match=rf"still trusts former authorities \({name}\)"):
            authorities.prove(former=True)
        (place / f"tls/{name}.crt").write_bytes(alone)


def exchanged(place: Path) -> None:
    """Have other authorities, and what the former ones have signed kept."""
    renewed(place)
    assert authorities.keep_client() and not authorities.keep_client()
    assert {one.name for one in place.glob("former-client*.crt")} == {
        f"former-client{end}.crt" for end in ("", "-server", "-proxy", "-etcd", "-etcd-peer")
    }
    for kind in ("crossed", "alone"):
        authorities.prepare(kind, former=kind == "alone")
        taken_over(place, kind)
        renewed(place)


@contextlib.contextmanager
def listening(place: Path, leaf: str, trusts: Path, waits: bool = False) -> Iterator[int]:
    """Something with the certificate of a leaf that lets in whom a bundle trusts, then ends or waits; its port."""
    # Without the strictness that Python's defaults have from 3.13 on, and etcd has not.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(trusts)
    context.load_cert_chain(f"{place}/tls/{leaf}.crt", f"{place}/tls/{leaf}.key")
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _address = server.accept()
                with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as secured:
                    if waits:
                        secured.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_etcd_has_to_refuse_what_a_former_one_has_signed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundles = {leaf: place / "tls" / f"{authorities.LEAVES[leaf]}.crt" for leaf in authorities.PORTS}
    former = {leaf: bundle.read_bytes() for leaf, bundle in bundles.items()}
    exchanged(place)
    monkeypatch.setattr(authorities, "SILENCE_SECONDS", 60)
    trusts, kept = place / "trusts.crt", dict(authorities.KEPT)
    for leaf, bundle in bundles.items():
        monkeypatch.setattr(authorities, "KEPT", {end: one for end, one in kept.items() if one == leaf})
        for trusted, expected in (
            (bundle.read_bytes(), ""),
            (bundle.read_bytes() + former[leaf], "still takes a certificate"),
            # It refuses all that are asked for, so that nothing can be told by it.
            ((place / "tls/client-ca.crt").read_bytes(), "refuses its own certificate, too"),
        ):
            trusts.write_bytes(trusted)
            with listening(place, leaf, trusts) as port:
                monkeypatch.setattr(authorities, "PORTS", {leaf: port})
                with pytest.raises(authorities.Failed, match=expected) if expected else contextlib.nullcontext():
                    authorities._prove_untrusted()
        with pytest.raises(authorities.Failed, match="can't be told"):
            authorities._prove_untrusted()
        # As etcd does with whom it takes.
        monkeypatch.setattr(authorities, "SILENCE_SECONDS", 0.3)
        trusts.write_bytes(bundle.read_bytes() + former[leaf])
        with listening(place, leaf, trusts, waits=True) as port:
            monkeypatch.setattr(authorities, "PORTS", {leaf: port})
            with pytest.raises(authorities.Failed, match="still takes a certificate"):
                authorities._prove_untrusted()
        monkeypatch.setattr(authorities, "SILENCE_SECONDS", 60)


def test_no_bundle_may_trust_what_a_former_one_has_signed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    former = {name: (place / "tls" / f"{name}.crt").read_bytes() for name in authorities.NAMES}
    exchanged(place)
    monkeypatch.setattr(authorities, "_refused", lambda _leaf, certificate: "former-client" in certificate)
    authorities._prove_untrusted()
    assert {authorities.LEAVES[leaf] for leaf in authorities.KEPT.values()} == set(authorities.NAMES)
    for name in authorities.NAMES:
        bundle = place / "tls" / f"{name}.crt"
        right = bundle.read_bytes()
        # As many as there should be, and the wrong ones.
        bundle.write_bytes(authorities.blocks(right.decode())[0].encode() + former[name])
        with pytest.raises(authorities.Failed, match=rf"{name}.crt trusts what a former authority has signed"):
            authorities._prove_untrusted()
        bundle.write_bytes(right)
    # A run that began before all were kept tries what there is.
    for file in place.glob("former-client-*"):
        file.unlink()
    authorities._prove_untrusted()


@pytest.mark.parametrize(
    ("status", "expected"), [(401, ""), (0, "can't be told"), (503, "can't be told"), (200, "still takes")]
)
def test_a_certificate_of_a_former_one_has_to_be_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, status: int, expected: str
) -> None:
    exchanged(place)
    monkeypatch.setattr(authorities, "_refused", lambda _leaf, certificate: "former-client" in certificate)

    class Api:
        """Says one thing only."""

        def __init__(self, *_arguments: object) -> None:
            pass

        def text(self, _path: str) -> str:
            if status != 200:
                raise client.Unreachable("so it is", status)
            return "ok"

    monkeypatch.setattr(authorities.client, "Client", Api)
    if expected:
        with pytest.raises(authorities.Failed, match=expected):
            authorities.prove(former=True)
        return
    assert authorities.prove(former=True)
    assert authorities.forget(former=True) and not authorities.forget(former=True)
    assert not authorities.prove(former=True)
