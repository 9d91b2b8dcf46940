"""Certificate authorities, certificates and kubeconfigs: k3s's names, lifetimes and renewal."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import os
import time
from collections.abc import Iterable
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import chains
from .paths import Paths, write

CA_DAYS, LEAF_DAYS, RENEW_DAYS = 3650, 365, 120
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
AUTHORITIES = {  # file below tls -> common name
    "client-ca": "k3s-client-ca", "server-ca": "k3s-server-ca", "request-header-ca": "k3s-request-header-ca",
    "etcd/server-ca": "etcd-server-ca", "etcd/peer-ca": "etcd-peer-ca",
}  # fmt: skip
CLIENTS = {  # file -> authority, common name, organisation, kubeconfig below cred
    "client-admin": ("client-ca", "system:admin", "system:masters", "admin"),
    "client-supervisor": ("client-ca", "system:k3s-supervisor", "system:masters", "supervisor"),
    "client-controller": ("client-ca", "system:kube-controller-manager", "", "controller"),
    "client-scheduler": ("client-ca", "system:kube-scheduler", "", "scheduler"),
    "client-kube-apiserver": ("client-ca", "system:apiserver", "system:masters", "api-server"),
    "client-kube-proxy": ("client-ca", "system:kube-proxy", "", ""),
    "client-auth-proxy": ("request-header-ca", "system:auth-proxy", "", ""),
    "etcd/client": ("etcd/server-ca", "etcd-client", "", ""),
}
SERVERS = {  # file -> authority, common name, key usages
    "serving-kube-apiserver": ("server-ca", "kube-apiserver", (SERVER,)),
    "kube-scheduler/kube-scheduler": ("server-ca", "kube-scheduler", (SERVER,)),
    "kube-controller-manager/kube-controller-manager": ("server-ca", "kube-controller-manager", (SERVER,)),
    "etcd/server-client": ("etcd/server-ca", "etcd-server", (SERVER, CLIENT)),
    "etcd/peer-server-client": ("etcd/peer-ca", "etcd-peer", (SERVER, CLIENT)),
}


def leaf_days() -> int:
    """For how many days certificates are issued; the variable is that of the library that k3s issues them with."""
    given = os.environ.get("CATTLE_NEW_SIGNED_CERT_EXPIRATION_DAYS", "")
    return int(given) if given.isdecimal() else LEAF_DAYS


def authorities(paths: Paths) -> None:
    """The cluster's own secrets, made once by its first server; later ones fetch them."""
    for name, common_name in AUTHORITIES.items():
        if not (paths.tls / f"{name}.crt").exists():
            _new_authority(paths.tls / name, f"{common_name}@{int(time.time())}")
    service_key = paths.tls / "service.key"
    if not service_key.exists():
        write(service_key, key_pem(ec.generate_private_key(ec.SECP256R1())))


def server_certificates(paths: Paths, names: Iterable[str]) -> None:
    """Every certificate of this server; those that are missing, foreign, near their end or short of a name are made."""
    for ca in ("client-ca", "server-ca"):
        write(paths.tls / f"{ca}.nochain.crt", chains.first((paths.tls / f"{ca}.crt").read_bytes()))
    write(paths.tls / "service.current.key", chains.first_key((paths.tls / "service.key").read_bytes()))
    for name, (ca, common_name, organisation, kubeconfig_name) in CLIENTS.items():
        certificate(paths.tls / ca, paths.tls / name, common_name, organisation, (CLIENT,))
        if kubeconfig_name:
            write(
                paths.cred / f"{kubeconfig_name}.kubeconfig",
                kubeconfig("https://127.0.0.1:6443", paths.tls / "server-ca.crt", paths.tls / name),
            )
    for name, (ca, common_name, usages) in SERVERS.items():
        local = "/" in name and not name.startswith("etcd/")
        certificate(
            paths.tls / ca, paths.tls / name, common_name, "", usages, ["localhost", "127.0.0.1"] if local else names
        )


def node_certificates(paths: Paths, node: str, addresses: list[str]) -> None:
    """What a server signs for its own kubelet and kube-proxy."""
    for ca in ("client-ca", "server-ca"):
        write(paths.agent / f"{ca}.crt", (paths.tls / f"{ca}.crt").read_bytes())
    client_ca, server_ca = paths.tls / "client-ca", paths.tls / "server-ca"
    certificate(client_ca, paths.agent / "client-kubelet", f"system:node:{node}", "system:nodes", (CLIENT,))
    certificate(client_ca, paths.agent / "client-kube-proxy", "system:kube-proxy", "", (CLIENT,))
    certificate(
        server_ca, paths.agent / "serving-kubelet", f"system:node:{node}", "system:nodes", (SERVER,),
        [node, "127.0.0.1", "localhost", *addresses],
    )  # fmt: skip


def certificate(
    ca: Path, target: Path, common_name: str, organisation: str,
    usages: Iterable[x509.ObjectIdentifier], names: Iterable[str] = (),
) -> None:  # fmt: skip
    """`target`.crt and .key signed by `ca`.crt and .key, unless what is there still serves."""
    issuers = chains.read(ca.with_suffix(".crt").read_bytes())
    issuer = issuers[0]
    wanted = set(names)
    if _serves(target, issuer, wanted):
        return
    issuer_key = chains.keys(ca.with_suffix(".key").read_bytes())[0]
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    subject.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    builder = (
        _builder(x509.Name(subject), issuer.subject, key, leaf_days())
        .add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
        .add_extension(x509.KeyUsage(True, False, True, False, False, False, False, False, False), critical=True)
        .add_extension(_key_of(issuer), critical=False)
    )
    if wanted:
        builder = builder.add_extension(alternative(wanted), critical=False)
    signed = builder.sign(issuer_key, hashes.SHA256())  # type: ignore[arg-type]
    write(target.with_suffix(".key"), key_pem(key))
    write(target.with_suffix(".crt"), chains.pem_of([signed, *chains.presented(issuers)]))


def _key_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """As the authority itself calls its key: there are several ways to, and a client may compare."""
    name = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(name)


def _new_authority(target: Path, common_name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    signed = (
        _builder(name, name, key, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(True, False, True, False, False, True, False, False, False), critical=True)
        .sign(key, hashes.SHA256())
    )
    write(target.with_suffix(".key"), key_pem(key))
    write(target.with_suffix(".crt"), signed.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _serves(target: Path, issuer: x509.Certificate, wanted: set[str]) -> bool:
    if not (target.with_suffix(".crt").exists() and target.with_suffix(".key").exists()):
        return False
    present = x509.load_pem_x509_certificate(target.with_suffix(".crt").read_bytes())
    left = present.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return (
        _signed_by(present, issuer)
        and left > datetime.timedelta(days=RENEW_DAYS)
        and wanted == alternative_names(present)
    )


def _signed_by(present: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        present.verify_directly_issued_by(issuer)
    except (ValueError, InvalidSignature):
        return False
    return True


def alternative_names(present: x509.Certificate) -> set[str]:
    try:
        names = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names}


def alternative(names: Iterable[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(name) for name in sorted(names)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def pem_of(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def kubeconfig(server: str, ca: Path, client: Path, embed: bool = False) -> str:
    """A kubeconfig that names its files, or holds them (`embed`)."""

    def item(name: str, path: Path) -> dict[str, str]:
        return {f"{name}-data": base64.b64encode(path.read_bytes()).decode()} if embed else {name: str(path)}

    client_crt, client_key = client.with_suffix(".crt"), client.with_suffix(".key")
    user = item("client-certificate", client_crt) | item("client-key", client_key)
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "default", "preferences": {},
        "clusters": [{"name": "default", "cluster": item("certificate-authority", ca) | {"server": server}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "users": [{"name": "default", "user": user}],
    })  # fmt: skip
