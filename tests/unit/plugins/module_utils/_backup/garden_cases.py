"""A Garden in the midst of a rotation, what belongs to it, and an API server that keeps it."""

from __future__ import annotations

import base64
import copy
import json
import typing as t
import urllib.parse
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_fit, garden_state
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, objects

BEGUN, MOMENT = "2026-11-20T10:00:00Z", "1795168800"
EARLIER = "2026-06-01T08:00:00Z"
WORD = "a-word-of-nobody"
RECORD = Record("L1", 2)
SET = "20261127T060000Z"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "garden"}}


def encoded(**data: str) -> dict[str, str]:
    return {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}


def secret(name: str, created: str = EARLIER, labels: dict[str, str] | None = None, **data: str) -> dict[str, t.Any]:
    metadata = {
        "name": name, "namespace": "garden", "uid": f"uid-{name}", "resourceVersion": "5", "labels": labels or {},
        "creationTimestamp": created, "finalizers": ["gardener.cloud/reference-protection"],
    }  # fmt: skip
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": encoded(**data)}


def managed(name: str, suffix: str = "-1f2e3d4c", created: str = EARLIER, **data: str) -> dict[str, t.Any]:
    """One of the secrets manager; of a rotation if its suffix has two parts."""
    moment = MOMENT if suffix.count("-") == 2 else ""
    labels = {**garden_state.MANAGED, "name": name, "persist": "true", garden_state.ROTATION: moment}
    found = secret(f"{name}{suffix}", created, labels, **(data or {"value": f"{name}{suffix} {WORD}"}))
    return {**found, "immutable": True}


def configuration(server: str, suffix: str, created: str, *keys: str) -> dict[str, t.Any]:
    name = f"{server}-etcd-encryption-configuration"
    found = secret(f"{name}-{suffix}", created, {"role": name})
    text = "\n".join(f"- name: {key}\n  secret: {WORD}" for key in keys)
    return {**found, "data": encoded(**{"encryption-configuration.yaml": text})}


def garden(**changed: t.Any) -> dict[str, t.Any]:
    rotation = {"certificateAuthorities": {"phase": "Prepared", "lastInitiationTime": BEGUN}}
    found = {
        "apiVersion": garden_state.VERSION,
        "kind": "Garden",
        "metadata": {
            "name": "local", "uid": "9f0c", "resourceVersion": "77", "generation": 9, "creationTimestamp": EARLIER,
            "finalizers": ["gardener.cloud/operator"],
            "annotations": {"gardener.cloud/operation": "rotate-ca-complete", "kept": "yes"},
        },
        "spec": {
            "dns": {"providers": [{"name": "main", "type": "powerdns", "secretRef": {"name": "dns"}}]},
            "runtimeCluster": {"networking": {"pods": ["10.42.0.0/16"], "services": ["10.43.0.0/16"]}},
            "virtualCluster": {
                "gardener": {"clusterIdentity": "of-ours"},
                "networking": {"services": ["100.64.0.0/13"]},
                "etcd": {"main": {"backup": {"provider": "s3", "secretRef": {"name": "bucket"}}}},
                "kubernetes": {
                    "version": "1.35.6",
                    "kubeAPIServer": {"auditConfig": {"auditPolicy": {"configMapRef": {"name": "audit"}}}},
                },
            },
        },
        "status": {
            "gardener": {"id": "x", "name": "operator", "version": "v1.138.3"},
            "conditions": [{"type": "RuntimeComponentsHealthy", "status": "True"}],
            "lastOperation": {"type": "Reconcile", "state": "Succeeded"},
            "observedGeneration": 9,
            "encryptedResources": ["configmaps"],
            "credentials": {"rotation": rotation},
        },
    }  # fmt: skip
    return {**found, **changed}


def secrets() -> list[dict[str, t.Any]]:
    """All that a restore needs, of the authorities those of before the rotation as well."""
    authorities, keys, tokens, identities = garden_state.ROTATED.values()
    return [
        *(managed(name) for name in authorities),
        *(managed(name, "-1f2e3d4c-5e58a", BEGUN) for name in authorities),
        *(managed(name, key="key17", secret=WORD) for name in keys),
        *(managed(name) for name in (*tokens, *identities)),
        managed("observability-ingress"),
        configuration("kube-apiserver", "0a1b2c3d", EARLIER, "key09"),
        configuration("kube-apiserver", "4e5f6a7b", BEGUN, "key17"),
        configuration("gardener-apiserver", "0a1b2c3d", EARLIER, "key17"),
    ]


def referred() -> list[dict[str, t.Any]]:
    policy = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "audit", "namespace": "garden"}}
    return [secret("dns", apiKey=WORD), secret("bucket", accessKeyID=WORD), {**policy, "data": {"policy": "rules: []"}}]


def others() -> list[dict[str, t.Any]]:
    """What Gardener makes anew, and what is somebody else's."""
    bundle = managed("ca-bundle")
    bundle["metadata"]["labels"] |= {"bundle-for": "ca"}
    server = managed("kube-apiserver")
    del server["metadata"]["labels"]["persist"]
    seed = managed("ca-seed")
    seed["metadata"]["labels"]["manager-identity"] = "gardenlet"
    return [bundle, server, seed, secret("gardener", token=WORD)]


def operator(replicas: int = 1, image: str = "example.org/gardener/operator:v1.138.3") -> dict[str, t.Any]:
    spec = {"replicas": replicas, "template": {"spec": {"containers": [{"name": "operator", "image": image}]}}}
    metadata = {"name": "gardener-operator", "namespace": "garden"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec, "status": {}}


class Server:
    """What the component asks of a client: objects by path, selectors, and who has applied what."""

    def __init__(self, *found: dict[str, t.Any], knows: bool = True) -> None:
        self.stored = {objects.path(one): copy.deepcopy(one) for one in (NAMESPACE, *found)}
        self.knows = knows
        self.calls: list[str] = []
        self.clock = 0
        self.cut = -1

    def find(self, path: str) -> dict[str, t.Any] | None:
        if path.endswith("/gardens"):
            return self._listed(path) if self.knows else None
        return copy.deepcopy(self.stored.get(path))

    def _listed(self, path: str, selector: str = "") -> dict[str, t.Any]:
        below = [one for place, one in sorted(self.stored.items()) if place.rpartition("/")[0] == path]
        items = [one for one in below if _selected(one["metadata"].get("labels") or {}, selector)]
        return {"items": [{k: v for k, v in copy.deepcopy(one).items() if k not in ("kind",)} for one in items]}

    def json(self, path: str, method: str = "GET", body: t.Any = None, **more: str) -> dict[str, t.Any]:
        place, _mark, query = path.partition("?")
        words = dict(urllib.parse.parse_qsl(query))
        if method == "GET":
            return self._listed(place, words.get("labelSelector", ""))
        self.calls.append(f"{method} {place.removeprefix('/api/v1/namespaces/garden/')}")
        if method in ("POST", "PUT"):
            assert words == {"dryRun": "All"} and more["content"] == "application/json"
            if refusal := self._refusal(method, place, body):
                raise client.Unreachable(f"{method} {path}: {refusal}", int(refusal[:3]))
            return copy.deepcopy(body)
        if more["content"] == objects.APPLY:
            assert words == {"fieldManager": garden_fit.MANAGER, "force": "true"}
            return self._applied(place, copy.deepcopy(body))
        self.stored[place]["metadata"] |= copy.deepcopy(body["metadata"])
        return self.stored[place]

    def _refusal(self, method: str, place: str, body: dict[str, t.Any]) -> str:
        """What the API, the definition of Gardens and the operator's webhook say of what is made or replaced."""
        if method == "POST":
            assert place not in self.stored and body["metadata"]["name"].startswith("rehearsal-")
            one_lives = body["kind"] == "Garden" and self._listed(place)["items"]
            return "400 there can be only one Garden resource in the system at a time" if one_lives else ""
        living = self.stored[place]
        if body["metadata"].get("resourceVersion") != living["metadata"]["resourceVersion"]:
            return "409 the object has been modified"
        return "; ".join(f"422 {why}" for why in forbidden(living["spec"], body["spec"]))

    def _applied(self, place: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        if self.cut == 0:
            raise client.Unreachable("timed out")
        self.cut -= 1
        if place.endswith("/status"):
            found = self.stored[place.removesuffix("/status")]
            found["status"] = {**found.get("status", {}), **body["status"]}
            return found
        assert not {"creationTimestamp", "managedFields", "uid"} & body["metadata"].keys() and "status" not in body
        kept = {"generation": 1, "resourceVersion": "1", "creationTimestamp": f"{self.clock:04}"}
        manager = {"managedFields": [{"manager": garden_fit.MANAGER, "fieldsV1": {"f:data": {}}}]}
        body["metadata"] |= kept | manager
        self.stored[place] = body
        return body


def at(found: t.Any, path: str) -> t.Any:
    for field in path.split("."):
        found = (found or {}).get(field)
    return found


def altered(spec: dict[str, t.Any], path: str, value: t.Any) -> dict[str, t.Any]:
    """The spec of a Garden with another value at a path; None takes it away."""
    spec = below = copy.deepcopy(spec)
    *above, last = path.split(".")
    for field in above:
        below = below.setdefault(field, {})
    below[last] = value
    if value is None:
        del below[last]
    return spec


def forbidden(old: dict[str, t.Any], new: dict[str, t.Any]) -> t.Iterator[str]:
    """The rules of Gardener's ValidateGardenUpdate and of its definition, as far as the cases have such fields."""
    virtual = "virtualCluster."
    for path in (f"{virtual}gardener.clusterIdentity", f"{virtual}etcd.main.backup.bucketName"):
        if at(old, path.rpartition(".")[0]) and at(old, path) != at(new, path):
            yield f"{path}: field is immutable"
    of_nodes = [f"runtimeCluster.networking.{name}" for name in ("nodes", "pods", "services")]
    for path in (*of_nodes, f"{virtual}networking.services"):
        if (at(new, path) or [])[: len(at(old, path) or [])] != (at(old, path) or []):
            yield f"{path}: cannot be removed, field is immutable"
    for path in ("etcd.main.backup", "controlPlane.highAvailability", "gardener.gardenerDiscoveryServer"):
        if at(old, virtual + path) is not None and at(new, virtual + path) is None:
            yield f"{path} must not be disabled"
    version, encrypted = f"{virtual}kubernetes.version", f"{virtual}kubernetes.kubeAPIServer.encryptionConfig"
    if at(new, version) < at(old, version):
        yield f"{version}: kubernetes version downgrade is not supported"
    if at(new, encrypted) != at(old, encrypted):
        yield f"{encrypted}: resources cannot be changed while they are rolled out"
    if at(new, f"{virtual}kubernetes.kubeAPIServer.unknown") is not None:
        yield "unknown: not supported by Gardener"


def _selected(labels: dict[str, str], selector: str) -> bool:
    """The two forms that are asked for: C(key=value,…) and C(key in (…))."""
    key, found, values = selector.partition(" in ")
    if found:
        return labels.get(key) in values.strip("()").split(",")
    return all(labels.get(one.partition("=")[0]) == one.partition("=")[2] for one in selector.split(",") if one)


def whole() -> list[dict[str, t.Any]]:
    return [garden(), *secrets(), *referred(), *others(), operator()]


def items(stage: Path, name: str) -> list[dict[str, t.Any]]:
    found: list[dict[str, t.Any]] = json.loads((stage / f"{name}.json").read_text())["items"]
    return found


# Of a cluster without a Garden.
EMPTY = (operator(0),)
