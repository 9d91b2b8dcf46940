"""What a joining server needs from the cluster: where it is kept, who may read it, how it is fetched.

The real k3s serves it at /v1-k3s; the stand-in copies what etcd keeps, encrypted with the token, into a Secret that a
Kubernetes bootstrap token derived from the same k3s token may read. Agents get a credential that may read the cluster's
public facts and ask for certificates, and no more.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from . import bundle, pki, tokens
from .api import KUBE_SYSTEM, RBAC, UNREACHABLE, ApiError, Client, presented_chain
from .errors import Refusal
from .paths import Paths, write
from .settings import Settings

SECRET, FACTS = "k3s-bootstrap", "k3s-cluster"
GROUPS = {"server": "system:bootstrappers:k3s:server", "agent": "system:bootstrappers:k3s:agent"}
ETCD_CLUSTER = "etcd-cluster"
CREDENTIAL = "bootstrap.kubernetes.io/token"


@dataclass(frozen=True)
class Passwords:
    """cred/passwd: what servers and agents of this cluster must know."""

    server: str
    node: str

    @property
    def by_purpose(self) -> dict[str, str]:
        return {"server": self.server, "agent": self.node}

    @staticmethod
    def read(paths: Paths) -> Passwords | None:
        file = paths.cred / "passwd"
        if not file.exists():
            return None
        rows = [line.split(",") for line in file.read_text().splitlines()]
        known = {row[1]: row[0] for row in rows if len(row) > 1}
        return Passwords(known["server"], known["node"])

    def write(self, paths: Paths) -> None:
        """Only what changed: the file's age says whether it is newer than the datastore's."""
        if Passwords.read(paths) != self:
            write(
                paths.cred / "passwd",
                f"{self.node},node,node,k3s:agent\n{self.server},server,server,k3s:server\n",
            )


def publish(api: Client, settings: Settings, passwords: Passwords, sealed: str, etcd_cluster: str) -> None:
    """Put everything where joiners look for it; the same again changes nothing."""
    ca = (settings.paths.tls / "server-ca.crt").read_text()
    facts = settings.critical | {
        "client-ca": (settings.paths.tls / "client-ca.crt").read_text(), "server-ca": ca, ETCD_CLUSTER: etcd_cluster,
        "disable-kube-proxy": str(settings.options.on("disable-kube-proxy")),
    }  # fmt: skip
    publish_bundle(api, sealed)
    _apply(api, "configmaps", FACTS, {"data": facts})
    _admit(api, passwords)
    _expel(api, passwords)
    _allow(api)


def publish_bundle(api: Client, sealed: str) -> None:
    secret = api.find(f"{KUBE_SYSTEM}/secrets/{SECRET}")
    if not secret or _text(secret, "bundle") != sealed:
        _apply(api, "secrets", SECRET, {"stringData": {"bundle": sealed}})


def _admit(api: Client, passwords: Passwords) -> None:
    """Let in whoever knows these."""
    for purpose, password in passwords.by_purpose.items():
        identity, secret_part = tokens.bootstrap_credential(password, purpose)
        fields = {
            "token-id": identity, "token-secret": secret_part, "usage-bootstrap-authentication": "true",
            "auth-extra-groups": GROUPS[purpose],
        }  # fmt: skip
        _apply(api, "secrets", _credential(password, purpose), {"type": CREDENTIAL, "stringData": fields})


def _expel(api: Client, passwords: Passwords) -> None:
    """Let nobody in any more who knows only what was true before."""
    ours = {_credential(password, purpose) for purpose, password in passwords.by_purpose.items()}
    for secret in api.get(f"{KUBE_SYSTEM}/secrets?fieldSelector=type%3D{quote(CREDENTIAL, safe='')}")["items"]:
        name = secret["metadata"]["name"]
        if name not in ours and _text(secret, "auth-extra-groups") in GROUPS.values():
            api.call("DELETE", f"{KUBE_SYSTEM}/secrets/{name}")


def _credential(password: str, purpose: str) -> str:
    return f"bootstrap-token-{tokens.bootstrap_credential(password, purpose)[0]}"


def _text(secret: dict[str, Any], key: str) -> str:
    return base64.b64decode(secret["data"].get(key, "")).decode()


def _apply(api: Client, kind: str, name: str, content: dict[str, Any]) -> None:
    body = {"apiVersion": "v1", "kind": {"secrets": "Secret", "configmaps": "ConfigMap"}[kind]}
    api.apply(f"{KUBE_SYSTEM}/{kind}/{name}", body | {"metadata": {"name": name}} | content)


def _allow(api: Client) -> None:
    group, scope = "rbac.authorization.k8s.io", "/namespaces/kube-system"
    read_all = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [FACTS], "verbs": ["get"]}
    read_secret = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [SECRET], "verbs": ["get"]}
    request = {
        "apiGroups": ["certificates.k8s.io"], "resources": ["certificatesigningrequests"],
        "verbs": ["create", "get", "delete"],
    }  # fmt: skip
    for kind, place, name, rules, subjects in (
        ("Role", scope, "k3s-join-facts", [read_all], [GROUPS["server"], GROUPS["agent"]]),
        ("Role", scope, "k3s-join-server", [read_secret], [GROUPS["server"]]),
        ("ClusterRole", "", "k3s-join-agent", [request], [GROUPS["agent"]]),
    ):
        meta = {"apiVersion": f"{group}/v1", "metadata": {"name": name}}
        api.apply(f"{RBAC}{place}/{kind.lower()}s/{name}", meta | {"kind": kind, "rules": rules})
        binding = {
            "kind": f"{kind}Binding", "roleRef": {"apiGroup": group, "kind": kind, "name": name},
            "subjects": [{"apiGroup": group, "kind": "Group", "name": subject} for subject in subjects],
        }  # fmt: skip
        api.apply(f"{RBAC}{place}/{kind.lower()}bindings/{name}", meta | binding)


def connect(settings: Settings, purpose: str) -> Client:
    """A client of the cluster to join that trusts the right CA and holds what the token gives."""
    token = tokens.parse(settings.token)
    known_ca = settings.paths.tls / "server-ca.crt"
    try:
        ca = known_ca.read_bytes() if known_ca.exists() else _presented_authority(settings.join_url)
    except UNREACHABLE as error:
        raise Refusal(f"failed to validate token: failed to get CA certs: {settings.join_url}: {error}") from None
    tokens.check_ca(token, ca)
    return Client(settings.join_url, ca, token=".".join(tokens.bootstrap_credential(token.password, purpose)))


def _presented_authority(url: str) -> bytes:
    """What follows a server's own certificate: its authority, and all that leads from there to a root."""
    return b"".join(pki.pem_of(certificate) for certificate in presented_chain(url)[1:])


def fetch(settings: Settings) -> None:
    """Make this host's files those of the cluster at --server."""
    cluster = connect(settings, "server")
    compare(settings, cluster.get(f"{KUBE_SYSTEM}/configmaps/{FACTS}")["data"])
    secret = cluster.get(f"{KUBE_SYSTEM}/secrets/{SECRET}")
    kept = bundle.read(tokens.decrypt(tokens.parse(settings.token).password, _text(secret, "bundle")))
    if bundle.begun(settings.paths):
        bundle.reconcile(settings.paths, kept)
    else:
        bundle.unpack(settings.paths, kept)


def etcd_cluster(cluster: Client) -> str:
    """The id of the etcd behind that API: Nodes restored from a snapshot may name members of another."""
    return cluster.get(f"{KUBE_SYSTEM}/configmaps/{FACTS}")["data"][ETCD_CLUSTER]


def facts(settings: Settings) -> tuple[Client, dict[str, str]]:
    """For an agent: a client of the cluster, and the facts it configures itself by."""
    cluster = connect(settings, "agent")
    return cluster, cluster.get(f"{KUBE_SYSTEM}/configmaps/{FACTS}")["data"]


def compare(settings: Settings, theirs: dict[str, str]) -> None:
    different = [name for name, value in settings.critical.items() if theirs.get(name) != value]
    if different:
        raise Refusal(
            "failed to validate server configuration: critical configuration value mismatch between servers: "
            + ", ".join(different)
        )


def explain(error: Exception) -> str:
    if isinstance(error, ApiError) and error.status in (401, 403):
        return "not authorized"
    return str(error)
