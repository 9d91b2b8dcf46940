"""Other authorities for a cluster: whether hosts that know only the present ones will still trust what they sign."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from . import chains
from .bundle import Kept
from .pki import AUTHORITIES

FIELDS = {"client-ca": "ClientCA", "server-ca": "ServerCA", "request-header-ca": "RequestHeaderCA",
          "etcd/server-ca": "ETCDServerCA", "etcd/peer-ca": "ETCDPeerCA"}  # fmt: skip
SERVICE_KEY = "tls/service.key"

Files = dict[str, Kept]


def replaceable(name: str) -> bool:
    return name.startswith("tls/")


def combined(present: Files, given: Files) -> Files:
    """What is given takes the place of what there is; the rest, and whatever is no authority's, stays."""
    return present | {name: file for name, file in given.items() if replaceable(name) and file.content}


def objections(present: Files, wanted: Files) -> list[str]:
    """Each begins with k3s's name for what is wrong."""
    found = []
    for authority in AUTHORITIES:
        certificate, key = f"tls/{authority}.crt", f"tls/{authority}.key"
        old, new = present[certificate].content, wanted[certificate].content
        if old != new and (reason := _distrust(old, new)):
            found.append(f"{FIELDS[authority]}: {reason}")
        if (old, present[key].content) != (new, wanted[key].content) and not _fits(new, wanted[key].content):
            found.append(f"{FIELDS[authority]}Key: new CA cert and key cannot be loaded as X590KeyPair")
    if not _same_signer(present[SERVICE_KEY].content, wanted[SERVICE_KEY].content):
        found.append("ServiceKey: old ServiceAccount signing key not in new ServiceAccount key list")
    return found


def _distrust(old: bytes, new: bytes) -> str:
    known, bundle = chains.read(old), chains.read(new)
    if len(bundle) == 1:
        return (
            "new CA bundle contains only a single certificate but should include root or intermediate CA certificates"
        )
    between = [one for one in known if not chains.is_root(one)] + bundle[1:]
    if not chains.verified(bundle[0], [one for one in known if chains.is_root(one)], between):
        return "new CA cert cannot be verified using old CA chain: x509: certificate signed by unknown authority"
    return ""


def _fits(certificate: bytes, key: bytes) -> bool:
    try:
        return _public(chains.keys(key)[0].public_key()) == _public(chains.read(certificate)[0].public_key())
    except (ValueError, IndexError):
        return False


def _same_signer(old: bytes, new: bytes) -> bool:
    return _public(chains.keys(old)[0].public_key()) in [_public(key.public_key()) for key in chains.keys(new)]


def _public(key: PublicKeyTypes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)
