# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access to a virtual garden for automation: what requests its token, and the kubeconfig that is made of it. Pure.

After docs/concepts/operator.md of Gardener 1.138, "Virtual Garden Kubeconfig". There is no static login:
gardener-resource-manager requests a token for a ServiceAccount of the virtual garden, writes it into a Secret here, and
renews it there.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import typing as t

from .._gardener.client import Object
from .._k3s.objects import MANAGER, MARK
from .kinds import MANAGED_RESOURCE, SECRET, SPACE
from .manifests import secret

ACCOUNT, ACCOUNT_SPACE = "metalstack-autonomous", "kube-system"
TOKEN_SECRET, GRANT = f"shoot-access-{ACCOUNT}", f"{ACCOUNT}-access"
ROLE = "cluster-admin"
CONTEXT = "virtual-garden"
# Where a Garden names the Secret that has the address and the authority of its API.
GENERIC = "generic-token-kubeconfig.secret.gardener.cloud/name"
_REQUESTOR = "resources.gardener.cloud"
_OF_ACCOUNT = "serviceaccount.resources.gardener.cloud"


class Held(t.NamedTuple):
    """What a kubeconfig says: its server, that server's name in its certificate, its authority in PEM, its token."""

    server: str
    name: str
    authority: str
    token: str


class Stranger(ValueError):
    """The text is no kubeconfig that was made here."""


def objects(seconds: int) -> list[Object]:
    """What is applied to the runtime cluster. seconds: that a token lasts; it is renewed well before its end."""
    token: Object = {
        "apiVersion": SECRET.version,
        "kind": SECRET.name,
        "type": "Opaque",
        "metadata": {
            "name": TOKEN_SECRET,
            "namespace": SPACE,
            "labels": {
                MARK: MANAGER,
                f"{_REQUESTOR}/purpose": "token-requestor",
                f"{_REQUESTOR}/class": "shoot",
            },
            "annotations": {
                f"{_OF_ACCOUNT}/name": ACCOUNT,
                f"{_OF_ACCOUNT}/namespace": ACCOUNT_SPACE,
                f"{_OF_ACCOUNT}/token-expiration-duration": f"{seconds}s",
            },
        },
    }
    resource: Object = {
        "apiVersion": MANAGED_RESOURCE.version,
        "kind": MANAGED_RESOURCE.name,
        "metadata": {"name": GRANT, "namespace": SPACE, "labels": {MARK: MANAGER}},
        "spec": {"secretRefs": [{"name": f"managedresource-{GRANT}"}]},
    }
    grant = json.dumps(_binding(), sort_keys=True).encode()
    return [token, secret(f"managedresource-{GRANT}", {"clusterrolebinding.yaml": grant}), resource]


def kubeconfig(held: Held) -> Object:
    """For a file. name: is checked in the certificate where the server is not called so."""
    cluster: Object = {
        "server": held.server,
        "certificate-authority-data": base64.b64encode(held.authority.encode()).decode(),
        **({"tls-server-name": held.name} if held.name else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": {"token": held.token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
    }


def held(config: object) -> Held:
    """What a kubeconfig says, given as the data of its YAML. Raises Stranger."""
    try:
        found = t.cast(Object, config)
        (cluster,), (user,) = found["clusters"], found["users"]
        if cluster["name"] != CONTEXT:
            raise KeyError(CONTEXT)
        inside = cluster["cluster"]
        authority = base64.b64decode(inside["certificate-authority-data"], validate=True).decode()
        return Held(inside["server"], inside.get("tls-server-name", ""), authority, user["user"]["token"])
    except (KeyError, TypeError, ValueError) as error:
        raise Stranger("it is no kubeconfig of a virtual garden") from error


def authority(config: object) -> str:
    """The authority, in PEM, of the kubeconfig without a login that gardener-operator keeps. Raises Stranger."""
    try:
        (cluster,) = t.cast(Object, config)["clusters"]
        return base64.b64decode(cluster["cluster"]["certificate-authority-data"], validate=True).decode()
    except (KeyError, TypeError, ValueError) as error:
        raise Stranger("the Secret that the Garden names has no kubeconfig with an authority") from error


def due(found: Held | None, offered: Held, now: datetime.datetime, before: datetime.timedelta) -> str:
    """Why a file is written anew, empty where it is not. before: its token ends that it is replaced by a later one."""
    if found is None:
        return "there is none"
    if (found.server, found.name) != (offered.server, offered.name):
        return "the address of the garden is another one"
    if found.authority != offered.authority:
        return "the authority of the garden is rotated"
    if found.token == offered.token:
        return ""
    if _key(found.token) != _key(offered.token):
        return "the key of its token is rotated"
    if _account(found.token) != _account(offered.token):
        return "the ServiceAccount of its token is another one"
    end = ends(found.token)
    if end is None or end - now <= before:
        return f"its token {'ends' if end and end > now else 'has ended'}{f' at {said(end)}' if end else ''}"
    return ""


def ends(token: str) -> datetime.datetime | None:
    """When a token does; None where it does not say."""
    moment = _part(token, 1).get("exp")
    return datetime.datetime.fromtimestamp(moment, datetime.UTC) if isinstance(moment, int) else None


def said(moment: datetime.datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def _key(token: str) -> str:
    """The key that it was signed with."""
    return str(_part(token, 0).get("kid", ""))


def _account(token: str) -> str:
    """The UID of the ServiceAccount that it is of, which is another one in a garden that was made anew."""
    claims = _part(token, 1).get("kubernetes.io")
    account = claims.get("serviceaccount") if isinstance(claims, dict) else None
    return str(account.get("uid", "")) if isinstance(account, dict) else ""


def _part(token: str, place: int) -> Object:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    text = parts[place]
    try:
        found = json.loads(base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}"))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _binding() -> Object:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"metalstack.autonomous:{ACCOUNT}"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": ROLE},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": ACCOUNT_SPACE}],
    }
