"""What former authorities have signed: kept, tried against what listens with a server's certificates, and removed."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authorities, client, former_clients
from taking_over import renewed, taken_over


def exchanged(place: Path) -> None:
    """Have other authorities, and what the former ones have signed kept."""
    renewed(place)
    assert former_clients.keep() and not former_clients.keep()
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
    bundles = {leaf: place / "tls" / f"{authorities.LEAVES[leaf]}.crt" for leaf in former_clients.PORTS}
    former = {leaf: bundle.read_bytes() for leaf, bundle in bundles.items()}
    exchanged(place)
    monkeypatch.setattr(former_clients, "SILENCE_SECONDS", 60)
    trusts, kept = place / "trusts.crt", dict(former_clients.KEPT)
    for leaf, bundle in bundles.items():
        monkeypatch.setattr(former_clients, "KEPT", {end: one for end, one in kept.items() if one == leaf})
        for trusted, expected in (
            (bundle.read_bytes(), ""),
            (bundle.read_bytes() + former[leaf], "still takes a certificate"),
            # It refuses all that are asked for, so that nothing can be told by it.
            ((place / "tls/client-ca.crt").read_bytes(), "refuses its own certificate, too"),
        ):
            trusts.write_bytes(trusted)
            with listening(place, leaf, trusts) as port:
                monkeypatch.setattr(former_clients, "PORTS", {leaf: port})
                with pytest.raises(authorities.Failed, match=expected) if expected else contextlib.nullcontext():
                    former_clients._prove_untrusted()
        with pytest.raises(authorities.Failed, match="can't be told"):
            former_clients._prove_untrusted()
        # As etcd does with whom it takes.
        monkeypatch.setattr(former_clients, "SILENCE_SECONDS", 0.3)
        trusts.write_bytes(bundle.read_bytes() + former[leaf])
        with listening(place, leaf, trusts, waits=True) as port:
            monkeypatch.setattr(former_clients, "PORTS", {leaf: port})
            with pytest.raises(authorities.Failed, match="still takes a certificate"):
                former_clients._prove_untrusted()
        monkeypatch.setattr(former_clients, "SILENCE_SECONDS", 60)


def test_no_bundle_may_trust_what_a_former_one_has_signed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    former = {name: (place / "tls" / f"{name}.crt").read_bytes() for name in authorities.NAMES}
    exchanged(place)
    monkeypatch.setattr(former_clients, "_refused", lambda _leaf, certificate: "former-client" in certificate)
    former_clients._prove_untrusted()
    assert {authorities.LEAVES[leaf] for leaf in former_clients.KEPT.values()} == set(authorities.NAMES)
    for name in authorities.NAMES:
        bundle = place / "tls" / f"{name}.crt"
        right = bundle.read_bytes()
        # As many as there should be, and the wrong ones.
        bundle.write_bytes(authorities.blocks(right.decode())[0].encode() + former[name])
        with pytest.raises(authorities.Failed, match=rf"{name}.crt trusts what a former authority has signed"):
            former_clients._prove_untrusted()
        bundle.write_bytes(right)
    # A run that began before all were kept tries what there is.
    for file in place.glob("former-client-*"):
        file.unlink()
    former_clients._prove_untrusted()


@pytest.mark.parametrize(
    ("status", "expected"), [(401, ""), (0, "can't be told"), (503, "can't be told"), (200, "still takes")]
)
def test_a_certificate_of_a_former_one_has_to_be_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, status: int, expected: str
) -> None:
    exchanged(place)
    monkeypatch.setattr(former_clients, "_refused", lambda _leaf, certificate: "former-client" in certificate)

    class Api:
        """Says one thing only."""

        def __init__(self, *_arguments: object) -> None:
            pass

        def text(self, _path: str) -> str:
            if status != 200:
                raise client.Unreachable("so it is", status)
            return "ok"

    monkeypatch.setattr(former_clients.client, "Client", Api)
    if expected:
        with pytest.raises(authorities.Failed, match=expected):
            former_clients.prove()
        return
    assert former_clients.prove()
    assert former_clients.forget() and not former_clients.forget()
    assert not former_clients.prove()
