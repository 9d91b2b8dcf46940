"""Node objects: what a server says about its own, and the passwords that tie a name to a host."""

from __future__ import annotations

import base64
import datetime
import hashlib
import secrets
from typing import Any

from .api import KUBE_SYSTEM, MERGE, STRATEGIC, ApiError, Client
from .etcd import Member
from .paths import NODE_PASSWORD, write

ETCD = "etcd.k3s.cattle.io"
NAME, ADDRESS, REMOVE, REMOVED = (f"{ETCD}/{n}" for n in ("node-name", "node-address", "remove", "removed-node-name"))
ETCD_ROLE, CONTROL_PLANE_ROLE = "node-role.kubernetes.io/etcd", "node-role.kubernetes.io/control-plane"
FINALIZERS = ["wrangler.cattle.io/managed-etcd-controller", "wrangler.cattle.io/node"]
CONDITION = "EtcdIsVoter"
NODES = "/api/v1/nodes"
REJECTED = (
    f"Node password rejected, duplicate hostname or contents of '{NODE_PASSWORD}' may not match server node-passwd "
    "entry, try enabling a unique node name with the --with-node-id flag"
)
STATES = {  # status, reason, message of the condition
    "learner": ("False", "MemberIsLearner", "Node has not been promoted to voting member of the etcd cluster"),
    "voter": ("True", "MemberNotLearner", "Node is a voting member of the etcd cluster"),
    "unhealthy": ("False", "Unhealthy", "Node is unhealthy"),
    "unjoined": ("False", "NotAMember", "Node is not a member of the etcd cluster"),
}

Node = dict[str, Any]


def annotations_of(node: Node) -> dict[str, str]:
    return node["metadata"].get("annotations", {})


def labels_of(node: Node) -> dict[str, str]:
    return node["metadata"].get("labels", {})


def named(nodes: list[Node], name: str) -> Node | None:
    return next((node for node in nodes if node["metadata"]["name"] == name), None)


def patch(api: Client, node: Node, **metadata: Any) -> None:
    api.call("PATCH", f"{NODES}/{node['metadata']['name']}", {"metadata": metadata}, MERGE)


def describe(api: Client, node: Node, member: str, address: str) -> bool:
    """The labels and annotations of a server's own node; true where nothing had to be said."""
    wanted_labels = {ETCD_ROLE: "true", CONTROL_PLANE_ROLE: "true"}
    own = {"k3s.io/hostname": node["metadata"]["name"], "k3s.io/internal-ip": address}
    wanted = {NAME: member, ADDRESS: address, **own}
    if wanted_labels.items() <= labels_of(node).items() and wanted.items() <= annotations_of(node).items():
        return True
    patch(api, node, labels=wanted_labels, annotations=wanted)
    return False


def cancel_removals(api: Client, nodes: list[Node]) -> None:
    """After a reset: no member that was to leave is there any more."""
    for node in nodes:
        if ETCD_ROLE in labels_of(node) and {REMOVE, REMOVED} & annotations_of(node).keys():
            patch(api, node, annotations={REMOVE: None, REMOVED: None})


def state_of(node: Node, members: list[Member], healthy: set[str]) -> str:
    """Where a server's node stands in etcd."""
    member = next((m for m in members if m.name == annotations_of(node).get(NAME)), None)
    if member is None:
        return "unjoined"
    if member.name not in healthy:
        return "unhealthy"
    return "learner" if member.learner else "voter"


def set_condition(api: Client, node: Node, state: str) -> None:
    status, reason, message = STATES[state]
    present: dict[str, Any] = next((c for c in node["status"].get("conditions", []) if c["type"] == CONDITION), {})
    if (present.get("status"), present.get("reason")) == (status, reason):
        return
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {
        "type": CONDITION, "status": status, "reason": reason, "message": message, "lastTransitionTime": now,
        "lastHeartbeatTime": now,
    }  # fmt: skip
    path = f"{NODES}/{node['metadata']['name']}/status"
    api.call("PATCH", path, {"status": {"conditions": [condition]}}, STRATEGIC)


def own_password() -> str:
    if not NODE_PASSWORD.exists():
        NODE_PASSWORD.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        write(NODE_PASSWORD, secrets.token_hex(16) + "\n")
    return NODE_PASSWORD.read_text().strip()


def fingerprint(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _password_secret(node: str) -> str:
    return f"{node}.node-password.k3s".lower()


def password_accepted(api: Client, node: str, hashed: str) -> bool:
    """The first password a node comes with is its password until the node is deleted."""
    path = f"{KUBE_SYSTEM}/secrets"
    secret = api.find(f"{path}/{_password_secret(node)}")
    if secret is None:
        body = {
            "metadata": {"name": _password_secret(node)}, "type": "k3s.cattle.io/node-password", "immutable": True,
            "stringData": {"hash": hashed},
        }  # fmt: skip
        secret = api.call("POST", path, body)
    return base64.b64decode(secret["data"]["hash"]).decode() == hashed


def forget_password(api: Client, node: str) -> None:
    try:
        api.call("DELETE", f"{KUBE_SYSTEM}/secrets/{_password_secret(node)}")
    except ApiError as error:
        if error.status != 404:
            raise
