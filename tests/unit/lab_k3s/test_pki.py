from __future__ import annotations

import ssl
from pathlib import Path

import yaml
from authorities import succession

from lab.k3s.standin import chains, pki
from lab.k3s.standin.paths import Paths, write


def made(tmp_path: Path, *names: str) -> Paths:
    paths = Paths(tmp_path)
    pki.authorities(paths)
    pki.server_certificates(paths, ["127.0.0.1", *names])
    return paths


def contents(paths: Paths) -> dict[str, bytes]:
    return {str(file.relative_to(paths.tls)): file.read_bytes() for file in paths.tls.rglob("*.crt")}


def test_certificates_that_serve_are_kept(tmp_path: Path) -> None:
    before = contents(made(tmp_path, "api.lab.example"))
    assert contents(made(tmp_path, "api.lab.example")) == before


def test_another_name_renews_only_what_carries_names(tmp_path: Path) -> None:
    before = contents(made(tmp_path))
    after = contents(made(tmp_path, "api.lab.example"))
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"serving-kube-apiserver.crt", "etcd/server-client.crt", "etcd/peer-server-client.crt"}


def test_another_authority_renews_what_it_signs(tmp_path: Path) -> None:
    before = contents(made(tmp_path))
    for kind in ("crt", "key"):
        (tmp_path / f"server/tls/request-header-ca.{kind}").unlink()
    after = contents(made(tmp_path))
    assert {name for name in after if after[name] != before[name]} == {"request-header-ca.crt", "client-auth-proxy.crt"}


def test_keys_are_for_root_alone(tmp_path: Path) -> None:
    paths = made(tmp_path)
    assert {oct(file.stat().st_mode & 0o777) for file in paths.tls.rglob("*.key")} == {"0o600"}


def test_a_certificate_is_followed_by_its_authority(tmp_path: Path) -> None:
    """That is how a joiner learns the authority from a handshake, bit by bit as it lies on disk."""
    paths = made(tmp_path)
    chain = (paths.tls / "serving-kube-apiserver.crt").read_text()
    last = chain[chain.rindex("-----BEGIN") :]
    assert pki.pem_of(ssl.PEM_cert_to_DER_cert(last)) == (paths.tls / "server-ca.crt").read_bytes()


def test_what_a_cross_signed_authority_signs_is_trusted_by_those_who_know_the_old_one(tmp_path: Path) -> None:
    made_by = succession()
    paths = Paths(tmp_path)
    write(paths.tls / "server-ca.crt", made_by.bundle)
    write(paths.tls / "server-ca.key", made_by.keys)
    made(tmp_path)
    assert (paths.tls / "server-ca.nochain.crt").read_bytes() == made_by.leaf.pem
    own, *rest = chains.read((paths.tls / "serving-kube-apiserver.crt").read_bytes())
    assert chains.verified(own, [made_by.old.certificate], rest)[-1] == made_by.old.certificate


def test_a_kubeconfig_names_its_files_or_holds_them(tmp_path: Path) -> None:
    paths = made(tmp_path)
    arguments = ("https://127.0.0.1:6443", paths.tls / "server-ca.crt", paths.tls / "client-admin")
    naming, holding = (yaml.safe_load(pki.kubeconfig(*arguments, embed=embed))["users"][0]["user"] for embed in (0, 1))
    assert naming["client-key"] == str(paths.tls / "client-admin.key")
    assert set(holding) == {"client-certificate-data", "client-key-data"}
