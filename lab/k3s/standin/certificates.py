"""Certificates on disk: which service has which files, and how they are listed."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import chains
from .paths import Paths
from .pki import RENEW_DAYS

SERVER, AGENT = "server", "agent"
FILES = {  # service -> below server/tls or agent, without the ending
    "admin": ["tls/client-admin"],
    "api-server": ["tls/client-kube-apiserver", "tls/serving-kube-apiserver"],
    "auth-proxy": ["tls/client-auth-proxy"],
    "cloud-controller": [],
    "controller-manager": ["tls/client-controller", "tls/kube-controller-manager/kube-controller-manager"],
    "etcd": ["tls/etcd/client", "tls/etcd/server-client", "tls/etcd/peer-server-client"],
    "scheduler": ["tls/client-scheduler", "tls/kube-scheduler/kube-scheduler"],
    "supervisor": ["tls/client-supervisor"],
    "k3s-server": [],
    "kube-proxy": ["tls/client-kube-proxy", "agent/client-kube-proxy"],
    "kubelet": ["agent/client-kubelet", "agent/serving-kubelet"],
    "k3s-controller": [],
}
OF_AGENTS = ("kube-proxy", "kubelet", "k3s-controller")
USAGES = {ExtendedKeyUsageOID.SERVER_AUTH: "ServerAuth", ExtendedKeyUsageOID.CLIENT_AUTH: "ClientAuth"}
COLUMNS = ("FILENAME", "SUBJECT", "USAGES", "EXPIRES", "RESIDUAL TIME", "STATUS")
DAY = 86400
AGES = (  # below so many days, of 30 a month and 12 months a year: the word, and how many days it stands for
    (2, "1 day", 0), (7, "{} days", 1), (14, "1 week", 0), (30, "{} weeks", 7), (60, "1 month", 0),
    (360, "{} months", 30), (540, "1 year", 0), (720, "2 years", 0),
)  # fmt: skip


@dataclass(frozen=True)
class Listed:
    file: str
    subject: str
    issuer: str
    usages: list[str]
    expires: datetime.datetime
    left: datetime.timedelta
    status: str


def files(paths: Paths, services: Iterable[str]) -> list[Path]:
    """Certificates and keys of these services, there or not."""
    stems = [stem for service in services for stem in FILES[service]]
    bases = [paths.data / stem if stem.startswith("agent/") else paths.server / stem for stem in stems]
    return [base.with_name(f"{base.name}.{kind}") for base in bases for kind in ("crt", "key")]


def listed(paths: Paths, services: Iterable[str], now: datetime.datetime) -> list[Listed]:
    present = [file for file in files(paths, services) if file.suffix == ".crt" and file.exists()]
    return [_listed(file.name, one, now) for file in present for one in chains.read(file.read_bytes())]


def _listed(file: str, one: x509.Certificate, now: datetime.datetime) -> Listed:
    status = status_of(one, now)
    expires = one.not_valid_before_utc if status == "NOT YET VALID" else one.not_valid_after_utc
    left = one.not_valid_after_utc - now
    return Listed(file, _name(one.subject), _name(one.issuer), _usages(one), expires, left, status)


def status_of(one: x509.Certificate, now: datetime.datetime) -> str:
    if now < one.not_valid_before_utc:
        return "NOT YET VALID"
    if now > one.not_valid_after_utc:
        return "EXPIRED"
    return "WARNING" if now + datetime.timedelta(days=RENEW_DAYS) > one.not_valid_after_utc else "OK"


def _name(name: x509.Name) -> str:
    names = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _usages(one: x509.Certificate) -> list[str]:
    usages: list[str] = []
    for extension in one.extensions:
        if isinstance(extension.value, x509.KeyUsage) and extension.value.key_cert_sign:
            usages.insert(0, "CertSign")
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            usages += [USAGES[usage] for usage in extension.value if usage in USAGES]
    return usages or ["Unknown"]


def lines(certificates: Iterable[Listed]) -> list[tuple[str, str]]:
    """What the plain form logs: level and message."""
    told = []
    for one in certificates:
        moment, named = _moment(one.expires), f"{one.file}: certificate {one.subject} ({','.join(one.usages)})"
        told.append({
            "NOT YET VALID": ("error", f"{named} is not valid before {moment}"),
            "EXPIRED": ("error", f"{named} expired at {moment}"),
            "WARNING": ("warning", f"{named} will expire within {RENEW_DAYS} days at {moment}"),
            "OK": ("info", f"{named} is ok, expires at {moment}"),
        }[one.status])  # fmt: skip
    return told


def table(certificates: Iterable[Listed]) -> str:
    rows = [COLUMNS, tuple("-" * len(column) for column in COLUMNS)]
    for one in certificates:
        expires = one.expires.strftime("%b %d, %Y %H:%M UTC")
        rows.append((one.file, one.subject, ",".join(one.usages), expires, age(one.left), one.status))
    widths = [max(len(row[column]) for row in rows) + 3 for column in range(len(COLUMNS) - 1)]
    padded = [[*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]] for row in rows]
    return "\n" + "".join("".join(row) + "\n" for row in padded)


def age(left: datetime.timedelta) -> str:
    seconds = abs(left.total_seconds())
    if seconds < DAY:
        return f"{int(seconds // 3600)} hours "
    for below, words, unit in AGES:
        if seconds < below * DAY:
            return words.format(int(seconds // (unit * DAY)) if unit else "") + " "
    return f"{int(seconds // (360 * DAY))} years "


def as_json(certificates: Iterable[Listed]) -> str:
    documents: list[dict[str, Any]] = [
        {
            "Filename": one.file, "Subject": one.subject, "Issuer": one.issuer, "Usages": one.usages,
            "ExpiryTime": _moment(one.expires), "ResidualTime": int(one.left.total_seconds()) * 10**9,
            "Status": one.status,
        }
        for one in certificates
    ]  # fmt: skip
    return json.dumps({"Certificates": documents}, separators=(",", ":")) + "\n"


def _moment(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
