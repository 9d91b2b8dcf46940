"""A stand-in for gardener-operator and the resource manager of a virtual garden: it writes what these write.

It makes no virtual garden. No registry has their images, and no kubelet runs here. The order of its writes, their
fields and their words are those of gardener-operator v1.138.3 (pkg/operator/controller/garden/garden/reconciler.go):
C(_start) is updateStatusOperationStart, C(_succeed) is updateStatusOperationSuccess, C(_fail) is
updateStatusOperationError. What its webhooks refuse they do not refuse here, since none runs.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import json
import secrets
import threading
import urllib.error
from collections.abc import Iterator
from typing import Protocol

from runtime import CHART, OF_MANAGER, OF_OPERATOR, OPERATOR_API, SPACE, Object, Runtime

MERGE = "application/merge-patch+json"
OPERATION = "gardener.cloud/operation"
GENERIC = "generic-token-kubeconfig.secret.gardener.cloud/name"
CONDITIONS = (
    "VirtualGardenAPIServerAvailable", "RuntimeComponentsHealthy", "VirtualComponentsHealthy",
    "ObservabilityComponentsHealthy",
)  # fmt: skip
TWO_STEPS = {
    "ca": "certificateAuthorities", "serviceaccount-key": "serviceAccountKey",
    "workload-identity-key": "workloadIdentityKey",
}  # fmt: skip
ENCRYPTION, OBSERVABILITY = "etcdEncryptionKey", "observability"
# What the secrets manager makes, by the field of the status that tells of its rotation.
KEPT = {
    "certificateAuthorities": ("ca", "ca-client", "ca-etcd", "ca-etcd-peer", "ca-front-proxy", "ca-gardener"),
    "etcdEncryptionKey": ("kube-apiserver-etcd-encryption-key", "gardener-apiserver-etcd-encryption-key"),
    "serviceAccountKey": ("service-account-key",),
    "workloadIdentityKey": ("gardener-apiserver-workload-identity-signing-key",),
}
CONFIGURATIONS = tuple(f"{one}-apiserver-etcd-encryption-configuration" for one in ("kube", "gardener"))
TOKEN_SECRET = "shoot-access-metalstack-autonomous"
PAUSE = 0.1


class Virtual(Protocol):
    """The API of a virtual garden, as far as it is handed out."""

    authority: str
    token: str


class Operator:
    """Runs beside a test. What it does otherwise than well is said by its attributes.

    fails: descriptions of errors that the next reconciliations end with. broken: that of one which it never gets
    beyond. halted: it has taken a reconciliation up and
    goes no further. blocked: a code of an error of its DNSRecord, which it never gets beyond. unhealthy: of what is
    never healthy, the name. virtual: the API of the virtual garden, whose authority and token it hands out.
    """

    def __init__(self, cluster: Runtime, version: str, virtual: Virtual | None = None) -> None:
        self.cluster, self.version, self.virtual = cluster, version, virtual
        self.fails: list[str] = []
        self.unhealthy: set[str] = set()
        self.halted, self.blocked, self.broken, self.ended = False, "", "", ""
        self.reconciled = 0
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """As when its pod is killed: whatever it was at stays where it is."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self.error is not None:
            raise self.error

    @contextlib.contextmanager
    def running(self) -> Iterator[Operator]:
        self.start()
        try:
            yield self
        finally:
            self.stop()

    @contextlib.contextmanager
    def installed(self) -> Iterator[Operator]:
        """Running, and its pods are told as ready as soon as its chart is there: no kubelet runs here."""
        ended = threading.Event()

        def kubelet() -> None:
            while not ended.wait(0.3):
                found = self.cluster.find(CHART)
                if found and (found.get("status") or {}).get("observedGeneration") != found["metadata"]["generation"]:
                    self.cluster.run_operator()

        thread = threading.Thread(target=kubelet)
        thread.start()
        try:
            with self.running():
                yield self
        finally:
            ended.set()
            thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(PAUSE):
                # It comes again, as with every error of a client; nothing else writes what it writes.
                with contextlib.suppress(urllib.error.HTTPError):
                    self._look()
        except BaseException as error:
            self.error = error

    def _look(self) -> None:
        for one in self.cluster.extensions():
            self._extension(one)
        for garden in (self.cluster.find(f"{OPERATOR_API}/gardens") or {}).get("items") or []:
            if self._due(garden):
                self._reconcile(garden["metadata"]["name"])
        self._token()

    def _due(self, garden: Object) -> bool:
        status = garden.get("status") or {}
        known = (status.get("gardener") or {}).get("version", "")
        if known and self._refuses(known):
            self.ended = f"my version is {self.version}, old version was {known}"
            return False
        if self.halted and status.get("lastOperation"):
            return False
        asked = (garden["metadata"].get("annotations") or {}).get(OPERATION)
        seen = status.get("observedGeneration", 0) == garden["metadata"]["generation"]
        if self.broken and seen and not asked and (status.get("lastOperation") or {}).get("state") == "Error":
            return False
        return bool(
            status.get("observedGeneration", 0) < garden["metadata"]["generation"]
            or known != self.version
            or asked
            or (status.get("lastOperation") or {}).get("state") != "Succeeded"
            or _phase(garden, ENCRYPTION) == "Prepared"
        )

    def _refuses(self, known: str) -> bool:
        """VerifyGardenerVersion: it ends where a version is gone back to, or a minor one left out."""
        before, mine = (tuple(map(int, one.lstrip("v").split("."))) for one in (known, self.version))
        return mine < before or mine[1] - before[1] > 1

    def _reconcile(self, name: str) -> None:
        garden = self._start(name)
        if self._stop.is_set() or self.halted:
            return
        if self.broken or self.fails:
            self._fail(name, self.broken or self.fails.pop(0))
            return
        self.cluster.define(OF_OPERATOR, OF_MANAGER)
        self._status(name, {"lastOperation": {"progress": 42, "description": "Deploying virtual garden"}})
        self._record(garden)
        if self.blocked:
            self._fail(name, "task reconcileDNSRecords failed: retry failed with context deadline exceeded")
            return
        self._secrets(garden)
        self._generic(garden)
        self._succeed(name)
        self.reconciled += 1

    def _start(self, name: str) -> Object:
        garden = self.cluster.request(f"{OPERATOR_API}/gardens/{name}")
        annotations = garden["metadata"].get("annotations") or {}
        asked = [one for one in annotations.get(OPERATION, "").split(";") if one]
        rotation = ((garden.get("status") or {}).get("credentials") or {}).get("rotation") or {}
        for one in asked:
            _begin(rotation, one)
        if (rotation.get(ENCRYPTION) or {}).get("phase") == "Prepared":
            rotation[ENCRYPTION]["phase"] = "Completing"
        at_rest = {"resources": [], "provider": {"type": "aescbc"}}
        self._status(
            name,
            {
                "lastOperation": _operation("Processing", 0, "Reconciliation of Garden cluster initialized."),
                "gardener": {"id": "stand-in", "name": "gardener-operator", "version": self.version},
                "observedGeneration": garden["metadata"]["generation"],
                "credentials": {"rotation": rotation, "encryptionAtRest": at_rest},
            },
        )
        if asked:
            self._patch(f"{OPERATOR_API}/gardens/{name}", {"metadata": {"annotations": {OPERATION: None}}})
        return dict(self.cluster.request(f"{OPERATOR_API}/gardens/{name}"))

    def _fail(self, name: str, description: str) -> None:
        said = f"{description} Operation will be retried."
        self._status(name, {"lastOperation": {"type": "Reconcile", "state": "Error", "description": said}})

    def _succeed(self, name: str) -> None:
        garden = self.cluster.request(f"{OPERATOR_API}/gardens/{name}")
        rotation = (garden["status"].get("credentials") or {}).get("rotation") or {}
        for one in rotation.values():
            if one.get("phase") == "Preparing":
                one |= {"phase": "Prepared", "lastInitiationFinishedTime": _now()}
            elif one.get("phase") == "Completing":
                one |= {"phase": "Completed", "lastCompletionTime": _now()}
            elif one.get("lastInitiationTime", "") > one.get("lastCompletionTime", "") and "phase" not in one:
                one["lastCompletionTime"] = _now()
        conditions = [_condition(one, one not in self.unhealthy) for one in CONDITIONS]
        operation = _operation("Succeeded", 100, "Garden cluster has been successfully reconciled.")
        self._status(
            name, {"conditions": conditions, "lastOperation": operation, "credentials": {"rotation": rotation}}
        )

    def _extension(self, found: Object) -> None:
        name, generation = found["metadata"]["name"], found["metadata"]["generation"]
        wanted = [
            _condition("Installed", name not in self.unhealthy), _condition("RequiredRuntime", False),
            _condition("ControllerInstallationsHealthy", True),
        ]  # fmt: skip
        status = found.get("status") or {}
        states = [(one["type"], one["status"]) for one in status.get("conditions") or []]
        if (status.get("observedGeneration"), states) != (generation, [(one["type"], one["status"]) for one in wanted]):
            body = {"status": {"observedGeneration": generation, "conditions": wanted}}
            self._patch(f"{OPERATOR_API}/extensions/{name}/status", body)

    def _record(self, garden: Object) -> None:
        """The record in the DNS of the virtual garden, with an error that its extension does not try again."""
        domain = garden["spec"]["virtualCluster"]["dns"]["domains"][0]["name"]
        version = "extensions.gardener.cloud/v1alpha1"
        metadata = {"name": f"api-{domain.replace('.', '-')}-powerdns", "namespace": "garden"}
        spec = {
            "name": f"api.{domain}", "recordType": "A", "type": "powerdns", "values": ["192.0.2.200"],
            "secretRef": {"name": "dns", "namespace": "garden"},
        }  # fmt: skip
        self.cluster.put({"apiVersion": version, "kind": "DNSRecord", "metadata": metadata, "spec": spec})
        status: Object = {"lastOperation": _operation("Succeeded", 100, "done"), "lastError": None}
        if self.blocked:
            error = {"description": f"no zone for api.{domain}", "codes": [self.blocked], "lastUpdateTime": _now()}
            status = {"lastOperation": _operation("Error", 50, error["description"]), "lastError": error}
        self._patch(f"/apis/{version}/namespaces/garden/dnsrecords/{metadata['name']}/status", {"status": status})

    def _secrets(self, garden: Object) -> None:
        rotation = ((garden.get("status") or {}).get("credentials") or {}).get("rotation") or {}
        for field, names in KEPT.items():
            begun = (rotation.get(field) or {}).get("lastInitiationTime", "")
            moment = str(int(datetime.datetime.fromisoformat(begun).timestamp())) if begun else ""
            for name in names:
                self._managed(name, moment)
        for name in CONFIGURATIONS:
            data = {"encryption-configuration.yaml": _encoded("- name: key17")}
            self._secret(f"{name}-0a1b2c3d", {"role": name}, data)

    def _managed(self, name: str, moment: str) -> None:
        labels = {
            "managed-by": "secrets-manager", "manager-identity": "gardener-operator", "name": name, "persist": "true",
            "last-rotation-initiation-time": moment,
        }  # fmt: skip
        full = f"{name}-1f2e3d4c" + (f"-{hashlib.sha256(moment.encode()).hexdigest()[:5]}" if moment else "")
        if self.cluster.secret(full) is None:
            key = f"the key of {full}, {secrets.token_hex(8)}"
            self._secret(full, labels, {"key": _encoded("key17"), "value": _encoded(key)})

    def _generic(self, garden: Object) -> None:
        """The kubeconfig without a login, whose name changes with the authority."""
        begun = ((garden["status"].get("credentials") or {}).get("rotation") or {}).get("certificateAuthorities") or {}
        digest = hashlib.sha256(str(begun.get("lastInitiationTime")).encode()).hexdigest()[:8]
        name = f"generic-token-kubeconfig-{digest}"
        authority = self.virtual.authority if self.virtual else f"authority {digest}"
        cluster = {"server": "https://api", "certificate-authority-data": _encoded(authority)}
        config = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "garden", "cluster": cluster}]}
        self._secret(name, {}, {"kubeconfig": _encoded(json.dumps(config))})
        path = f"{OPERATOR_API}/gardens/{garden['metadata']['name']}"
        self._patch(path, {"metadata": {"annotations": {GENERIC: name}}})

    def _token(self) -> None:
        """gardener-resource-manager: a token for whoever requests one."""
        found = self.cluster.secret(TOKEN_SECRET)
        if found is None or (found.get("data") or {}).get("token"):
            return
        token = self.virtual.token if self.virtual else "of-the-stand-in"
        annotations = {"serviceaccount.resources.gardener.cloud/token-renew-timestamp": _now()}
        body = {"metadata": {"annotations": annotations}, "data": {"token": _encoded(token)}}
        self._patch(f"{SPACE}/secrets/{TOKEN_SECRET}", body)

    def _secret(self, name: str, labels: dict[str, str], data: dict[str, str]) -> None:
        metadata = {"name": name, "namespace": "garden", "labels": labels}
        self.cluster.put(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}, manager="gardener-operator"
        )

    def _status(self, name: str, status: Object) -> None:
        self._patch(f"{OPERATOR_API}/gardens/{name}/status", {"status": status})

    def _patch(self, path: str, body: Object) -> None:
        self.cluster.request(f"{path}?fieldManager=gardener-operator", "PATCH", body, MERGE)


def _begin(rotation: Object, operation: str) -> None:
    """startRotation* and completeRotation*."""
    bare, _dash, step = operation.removeprefix("rotate-").rpartition("-")
    if bare == "credentials":
        fields = [*TWO_STEPS.values(), *([ENCRYPTION, OBSERVABILITY] if step == "start" else [])]
    elif bare in TWO_STEPS:
        fields = [TWO_STEPS[bare]]
    elif operation == "rotate-etcd-encryption-key":
        fields, step = [ENCRYPTION], "start"
    elif operation == "rotate-observability-credentials":
        fields, step = [OBSERVABILITY], "start"
    else:
        return
    for one in fields:
        entry = rotation.setdefault(one, {})
        if step == "start":
            entry |= {"lastInitiationTime": _now(), "lastInitiationFinishedTime": None}
        if one == ENCRYPTION:
            entry["autoCompleteAfterPrepared"] = True
        if one != OBSERVABILITY:
            entry["phase"] = "Preparing" if step == "start" else "Completing"


def _phase(garden: Object, field: str) -> str:
    rotation = ((garden.get("status") or {}).get("credentials") or {}).get("rotation") or {}
    return str((rotation.get(field) or {}).get("phase", ""))


def _operation(state: str, progress: int, description: str) -> Object:
    return {
        "type": "Reconcile", "state": state, "progress": progress, "description": description,
        "lastUpdateTime": _now(),
    }  # fmt: skip


def _condition(name: str, true: bool) -> Object:
    state, reason = ("True", "AllHealthy") if true else ("False", "Unhealthy")
    return {
        "type": name, "status": state, "reason": reason, "message": f"told of {name}", "lastUpdateTime": _now(),
        "lastTransitionTime": _now(),
    }  # fmt: skip


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _now() -> str:
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
