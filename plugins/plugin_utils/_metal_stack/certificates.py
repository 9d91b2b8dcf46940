# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of a control plane, issued by an authority of its own that is kept with its secrets.

They are renewed before they end; the authority stays, since partitions trust it.
"""

from __future__ import annotations

import datetime
import typing as t

from ...module_utils._metal_stack.components import Component
from ...module_utils._metal_stack.secrets import AUTHORITY, Kept
from .._pki import certificate
from .._site import authority

LIFETIME, RENEW = datetime.timedelta(days=365), datetime.timedelta(days=60)


class Issued(t.NamedTuple):
    """A certificate by the variables that metal-roles have for it.

    hosts: the Services that it is for. bundled: whether the certificate has its key behind it, which C(bus) of
    metal-lib reads out of one file.
    """

    component: str
    authority: str
    certificate: str
    key: str
    hosts: tuple[str, ...]
    bundled: bool = False

    @property
    def variables(self) -> tuple[str, str, str]:
        return self.authority, self.certificate, self.key


_MASTERDATA, _GRPC, _NSQ = "metal_masterdata_api_tls", "metal_api_grpc_certs", "nsq_certs"
CERTIFICATES: tuple[Issued, ...] = (
    Issued("metal", f"{_MASTERDATA}_ca", f"{_MASTERDATA}_cert", f"{_MASTERDATA}_cert_key", ("masterdata-api",)),
    Issued("metal", f"{_MASTERDATA}_ca", f"{_MASTERDATA}_client_cert", f"{_MASTERDATA}_client_key", ("metal-api",)),
    Issued("metal", f"{_GRPC}_ca_cert", f"{_GRPC}_server_cert", f"{_GRPC}_server_key", ("metal-api",)),
    # metal-roles hands it to no role of the control plane; the machines of a partition are given it.
    Issued("metal", f"{_GRPC}_ca_cert", f"{_GRPC}_client_cert", f"{_GRPC}_client_key", ("metal-api",)),
    Issued("nsq", f"{_NSQ}_ca_cert", f"{_NSQ}_client_cert", f"{_NSQ}_client_key", ("nsqd", "nsq-lookupd"), True),
)


def complaints(given: t.Mapping[str, t.Any]) -> list[str]:
    """Which certificates an inventory gives in part, which nobody could complete."""
    found = []
    for trusted in dict.fromkeys(one.authority for one in CERTIFICATES):
        names = {name for one in CERTIFICATES if one.authority == trusted for name in one.variables}
        # The client's of gRPC is for partitions, and may stay where it is.
        missing = sorted(names - set(given) - {f"{_GRPC}_client_cert", f"{_GRPC}_client_key"})
        if names & set(given) and missing:
            found.append(
                f"{', '.join(sorted(names & set(given)))} given without {', '.join(missing)} -> give all or none"
            )
    return found


def lost(
    components: t.Iterable[Component], kept: Kept, given: t.Mapping[str, t.Any], known: t.Collection[str]
) -> list[str]:
    """Why no authority may be made: partitions trust the one that a control plane with data had."""
    wanted = _issued(components, given)
    if AUTHORITY in kept or not wanted or "metal-db" not in known:
        return []
    names = ", ".join(sorted({name for one in wanted for name in one.variables}))
    return [
        "the authority that the control plane had is not known, and metal-db has its data -> bring back the Secret that"
        f" kept it, or give the certificates themselves: {names}"
    ]


def settle(
    components: t.Iterable[Component],
    kept: Kept,
    given: t.Mapping[str, t.Any],
    stage: str,
    namespace: str,
    domain: str,
    now: datetime.datetime,
) -> tuple[Kept, list[str]]:
    """What is kept with the certificates that are needed, and those that are new, with the reason.

    domain: below which the control plane is found.
    """
    wanted = _issued(components, given)
    if not wanted:
        return dict(kept), []
    found, news = dict(kept), []
    if AUTHORITY not in found:
        found[AUTHORITY] = authority.generate(f"metal-stack {stage}")
        news.append("an authority")
    issuer = certificate.authority(found[AUTHORITY])
    for one in wanted:
        subject = certificate.Subject(_names(one, namespace, domain), (), client=True)
        have = found.get(one.certificate, "")
        why = certificate.due(have, _matches(have, found.get(one.key, "")), issuer, subject, RENEW, now)
        if not why and found.get(one.authority) == issuer.pem:
            continue
        made, key = certificate.issue(issuer, subject, LIFETIME, now)
        found |= {one.certificate: made + key if one.bundled else made, one.key: key, one.authority: issuer.pem}
        news.append(f"{one.certificate} ({why or 'without its authority'})")
    return found, news


def _issued(components: t.Iterable[Component], given: t.Mapping[str, t.Any]) -> list[Issued]:
    """The certificates that the inventory does not give."""
    chosen = {one.name for one in components}
    return [one for one in CERTIFICATES if one.component in chosen and not set(one.variables) & set(given)]


def _names(one: Issued, namespace: str, domain: str) -> tuple[str, ...]:
    inside = [f"{host}{end}" for host in one.hosts for end in ("", f".{namespace}", f".{namespace}.svc")]
    return (*inside, *(f"{host}.{namespace}.svc.cluster.local" for host in one.hosts), domain, f"api.{domain}")


def _matches(pem: str, key: str) -> bool:
    try:
        certificate.authority(f"{key}{pem}")
    except ValueError:
        return False
    return True
