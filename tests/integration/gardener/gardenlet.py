"""A stand-in for gardenlet and the scheduler: it writes of a shoot what these write, and makes no cluster.

The order of its writes, their fields and their words are those of gardenlet v1.138.3
(pkg/gardenlet/controller/shoot/shoot/reconciler.go): C(start) is updateShootStatusOperationStart, C(succeed) is
patchShootStatusOperationSuccess, C(fail) is patchShootStatusOperationError.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import landscape
from garden import CertificateAuthority, Garden, Object

GARDENER = {"id": "test", "name": "gardenlet-0", "version": "v1.138.3"}
FINALIZER = "gardener"
OPERATION = "gardener.cloud/operation"
# pkg/api/core/v1beta1/helper/errors.go
NOT_RETRIED = {
    "ERR_INFRA_UNAUTHENTICATED", "ERR_INFRA_UNAUTHORIZED", "ERR_INFRA_DEPENDENCIES", "ERR_INFRA_QUOTA_EXCEEDED",
    "ERR_INFRA_RATE_LIMITS_EXCEEDED", "ERR_CONFIGURATION_PROBLEM", "ERR_PROBLEMATIC_WEBHOOK",
}  # fmt: skip
CONDITIONS = (
    "APIServerAvailable", "ControlPlaneHealthy", "ObservabilityComponentsHealthy", "EveryNodeReady",
    "SystemComponentsHealthy",
)  # fmt: skip
CONSTRAINTS = ("HibernationPossible", "MaintenancePreconditionsSatisfied")
TWO_STEPS = {"ca": "certificateAuthorities", "serviceaccount-key": "serviceAccountKey"}
WITHOUT_ROLLOUT = "-without-workers-rollout"
ENCRYPTION, SSH, OBSERVABILITY = "etcdEncryptionKey", "sshKeypair", "observability"
PAUSE = 0.2
MERGE = "application/merge-patch+json"

Step = Callable[["Shoot"], object]


class Shoot:
    """One shoot as gardenlet has it before it."""

    def __init__(self, garden: Garden, namespace: str, name: str) -> None:
        self.garden, self.namespace, self.name = garden, namespace, name
        self.path = f"/apis/{landscape.CORE}/namespaces/{namespace}/shoots/{name}"

    def read(self) -> Object:
        return dict(self.garden.request(self.path))

    def there(self) -> bool:
        return self.garden.find(self.path) is not None

    @property
    def status(self) -> Object:
        return dict(self.read().get("status") or {})

    def write(self, status: Object) -> None:
        """Merge into the status; lists and what is None are replaced."""
        self.garden.request(f"{self.path}/status", "PATCH", {"status": status}, MERGE)

    @property
    def annotations(self) -> dict[str, str]:
        return dict(self.read()["metadata"].get("annotations") or {})

    def annotate(self, annotations: Mapping[str, str | None]) -> None:
        """Merge annotations; None removes one."""
        self._change({"annotations": dict(annotations)})

    def pending(self, reason: str) -> None:
        """The scheduler has found no seed."""
        said = f"Failed to schedule Shoot: {reason}"
        self.write({"lastOperation": _operation("Create", "Pending", 0, said)})

    def bind(self, seed: str = landscape.SEED) -> None:
        """The scheduler has found a seed."""
        found = self.read()
        found["spec"]["seedName"] = seed
        self.garden.request(f"{self.path}/binding", "PUT", found)

    def awaits(self) -> bool:
        """Whether there is something to do for gardenlet that it has not begun."""
        found = self.read()
        return bool(found["metadata"]["generation"] != (found.get("status") or {}).get("observedGeneration", 0))

    def start(self) -> str:
        """Begin what is to be done, and take what the annotation asks for; the type of the operation."""
        self._hold()
        found = self.read()
        metadata, status = found["metadata"], found.get("status") or {}
        last = status.get("lastOperation") or {}
        if "deletionTimestamp" in metadata:
            kind, said = "Delete", "Deletion of Shoot cluster in progress."
        else:
            created = last and (last["type"], last["state"] == "Succeeded") not in {("Create", False)}
            kind, said = ("Reconcile" if created else "Create"), "Reconciliation of Shoot cluster initialized."
        asked = [one for one in (metadata.get("annotations") or {}).get(OPERATION, "").split(";") if one]
        taken = [one for one in asked if one.startswith(("rotate-", "rollout-workers"))]
        self.write(
            {
                "observedGeneration": metadata["generation"], "gardener": GARDENER,
                "technicalID": f"shoot--{self.namespace.removeprefix('garden-')}--{self.name}",
                "uid": status.get("uid") or metadata["uid"], "seedName": found["spec"].get("seedName"),
                "lastOperation": _operation(kind, "Processing", 0, said), **_credentials(_begun(found, taken)),
            }
        )  # fmt: skip
        if taken:
            self.annotate({OPERATION: ";".join(one for one in asked if one not in taken) or None})
        return kind

    def progress(self, percent: int, task: str) -> None:
        last = self.status["lastOperation"]
        self.write({"lastOperation": _operation(last["type"], "Processing", percent, task)})

    def succeed(self, healthy: bool = True) -> None:
        """End what was begun. healthy: the next look at its health comes at once, else it is C(Progressing) yet."""
        found = self.read()
        kind = found["status"]["lastOperation"]["type"]
        said = f"Shoot cluster has been successfully {'deleted' if kind == 'Delete' else 'reconciled'}."
        rotation = (found["status"].get("credentials") or {}).get("rotation") or {}
        state = "True" if healthy else "Progressing"
        self.write(
            {
                "lastOperation": _operation(kind, "Succeeded", 100, said), "lastErrors": None,
                "hibernated": bool((found["spec"].get("hibernation") or {}).get("enabled")),
                **_credentials(_ended(rotation)),
                "conditions": [_condition(one, state) for one in CONDITIONS],
                "constraints": [_condition(one, state) for one in CONSTRAINTS],
            }
        )  # fmt: skip

    def fail(self, description: str, *codes: str, final: bool = False) -> None:
        """Fail. Codes that are not retried end it at once; so does, with final, the end of 12 hours of retries."""
        last = self.status["lastOperation"]
        failed = final or bool(NOT_RETRIED.intersection(codes))
        errors = [{"description": description, "codes": list(codes), "lastUpdateTime": _now()}]
        said = description if failed else f"{description} Operation will be retried."
        state = "Failed" if failed else "Error"
        self.write({"lastOperation": _operation(last["type"], state, last["progress"], said), "lastErrors": errors})

    def condition(self, kind: str, state: str, message: str = "") -> None:
        """Say how it is in one respect, leaving all others."""
        name = "constraints" if kind in CONSTRAINTS or kind == "CRDsWithProblematicConversionWebhooks" else "conditions"
        others = [one for one in self.status.get(name) or [] if one["type"] != kind]
        self.write({name: [*others, _condition(kind, state, message)]})

    def remove(self) -> None:
        """Let go what was deleted: its finalizers end once its deletion has succeeded, and not before."""
        self._change({"finalizers": None})

    def expose(self, authority: CertificateAuthority, *former: CertificateAuthority, url: str = "") -> None:
        """Have what a kubeconfig is made of. former: authorities before it, still trusted. url: where its API is."""
        pems = "".join(one.pem for one in (*former, authority))
        labels = {"gardener.cloud/role": "ca-cluster", "shoot.gardener.cloud/name": self.name}
        bundle = {
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"ca.crt": pems},
            "metadata": {"name": f"{self.name}.ca-cluster", "namespace": self.namespace, "labels": labels},
        }  # fmt: skip
        self.garden.apply(bundle, "configmaps")
        data = {"ca.crt": authority.pem, "ca.key": authority.key}
        secret = {
            "apiVersion": landscape.CORE, "kind": "InternalSecret", "type": "Opaque",
            "metadata": {"name": f"{self.name}.ca-client", "namespace": self.namespace},
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
        }  # fmt: skip
        self.garden.apply(secret, "internalsecrets")
        host = f"{self.name}.{self.namespace.removeprefix('garden-')}"
        addresses = [
            {"name": "external", "url": url or f"https://api.{host}.test"},
            {"name": "internal", "url": f"https://api.{host}.internal.test"},
            {"name": "service-account-issuer", "url": f"https://api.{host}.internal.test"},
        ]
        self.write({"advertisedAddresses": addresses})

    def maintain(self, version: str, failure: str = "") -> None:
        """gardener-controller-manager does its maintenance, in one write, or fails at it and changes nothing.

        As in pkg/controllermanager/controller/shoot/maintenance/reconciler.go.
        """
        told = {"description": "Control Plane", "triggeredTime": _now(), "state": "Failed" if failure else "Succeeded"}
        if failure:
            self.write({"lastMaintenance": {**told, "failureReason": failure}})
            self.annotate({OPERATION: None})
            return
        change = {
            "metadata": {"annotations": {OPERATION: "reconcile"}},
            "spec": {"kubernetes": {"version": version}},
        }
        self.garden.request(self.path, "PATCH", change, MERGE)
        self.write({"lastMaintenance": told})

    @contextlib.contextmanager
    def playing(self, *steps: Step, pause: float = PAUSE) -> Iterator[list[Exception]]:
        """Beside what is done with the shoot: wait until it asks for something, then take these steps.

        Without steps it succeeds. What goes wrong in here is raised at the end.
        """
        ended, wrong = threading.Event(), list[Exception]()
        thread = threading.Thread(target=self._play, args=(steps or (Shoot.succeed,), pause, ended, wrong), daemon=True)
        thread.start()
        try:
            yield wrong
        finally:
            ended.set()
            thread.join(60)
        if wrong:
            raise wrong[0]

    def _hold(self) -> None:
        """Have the finalizer by which nothing of it goes before gardenlet has deleted it."""
        metadata = self.read()["metadata"]
        if FINALIZER not in metadata.get("finalizers", []) and "deletionTimestamp" not in metadata:
            self._change({"finalizers": [*metadata.get("finalizers", []), FINALIZER]})

    def _change(self, metadata: Object) -> None:
        self.garden.request(self.path, "PATCH", {"metadata": metadata}, MERGE)

    def _play(self, steps: Sequence[Step], pause: float, ended: threading.Event, wrong: list[Exception]) -> None:
        try:
            while not ended.is_set():
                if self.there() and self.awaits():
                    self.start()
                    for step in steps:
                        time.sleep(pause)
                        step(self)
                time.sleep(pause)
        except Exception as error:
            wrong.append(error)


def progressed(percent: int, task: str) -> Step:
    """A step of C(Shoot.playing)."""
    return lambda shoot: shoot.progress(percent, task)


def failed(description: str, *codes: str, final: bool = False) -> Step:
    """A step of C(Shoot.playing)."""
    return lambda shoot: shoot.fail(description, *codes, final=final)


def _begun(found: Object, asked: Sequence[str]) -> Object:
    """What changes of the phases of all rotations by what is asked for."""
    version = tuple(int(part) for part in found["spec"]["kubernetes"]["version"].split(".")[:2])
    pools = [one["name"] for one in found["spec"]["provider"].get("workers") or []]
    rotation = ((found.get("status") or {}).get("credentials") or {}).get("rotation") or {}
    changed: Object = {}
    for one in asked:
        name, _, given = one.partition("=")
        bare = name.removesuffix(WITHOUT_ROLLOUT)
        what, _, step = bare.removeprefix("rotate-").rpartition("-")
        for credential, field in TWO_STEPS.items():
            if what in ("credentials", credential) and step == "start":
                changed[field] = _prepare(pools if name != bare else None)
            if what in ("credentials", credential) and step == "complete":
                changed[field] = {"phase": "Completing", "lastCompletionTriggeredTime": _now()}
            waiting = (rotation.get(field) or {}).get("phase") == "WaitingForWorkersRollout"
            if name == "rotate-rollout-workers" and waiting:
                left = rotation[field].get("pendingWorkersRollouts") or []
                changed[field] = {
                    "pendingWorkersRollouts": [one for one in left if one["name"] not in given.split(",")]
                }  # fmt: skip
        if (what, step) == ("credentials", "start") or bare in (
            "rotate-etcd-encryption-key",
            "rotate-etcd-encryption-key-start",
        ):
            whole = bare == "rotate-etcd-encryption-key" or version >= (1, 34)
            changed[ENCRYPTION] = {**_prepare(None), "autoCompleteAfterPrepared": whole}
        if bare == "rotate-etcd-encryption-key-complete" or (
            (what, step) == ("credentials", "complete") and version < (1, 34)
        ):
            changed[ENCRYPTION] = {"phase": "Completing", "lastCompletionTriggeredTime": _now()}
        if bare in ("rotate-ssh-keypair", "rotate-credentials-start"):
            changed[SSH] = {"lastInitiationTime": _now()}
        if bare in ("rotate-observability-credentials", "rotate-credentials-start"):
            changed[OBSERVABILITY] = {"lastInitiationTime": _now()}
    encryption = rotation.get(ENCRYPTION) or {}
    if encryption.get("phase") == "Prepared" and (encryption.get("autoCompleteAfterPrepared") or version >= (1, 34)):
        changed.setdefault(ENCRYPTION, {"phase": "Completing", "lastCompletionTriggeredTime": _now()})
    return changed


def _prepare(pools: Sequence[str] | None) -> Object:
    begun: Object = {
        "phase": "Preparing", "lastInitiationTime": _now(), "lastInitiationFinishedTime": None,
        "lastCompletionTriggeredTime": None,
    }  # fmt: skip
    if pools is None:
        return begun
    pending = [{"name": one, "lastInitiationTime": _now()} for one in pools]
    return {**begun, "phase": "PreparingWithoutWorkersRollout", "pendingWorkersRollouts": pending}


def _ended(rotation: Object) -> Object:
    """What changes of the phases of all rotations by success."""
    prepared = {"phase": "Prepared", "lastInitiationFinishedTime": _now()}
    completed = {
        "phase": "Completed", "lastCompletionTime": _now(), "lastInitiationFinishedTime": None,
        "lastCompletionTriggeredTime": None,
    }  # fmt: skip
    after = {
        "Preparing": prepared, "Completing": completed,
        "PreparingWithoutWorkersRollout": {"phase": "WaitingForWorkersRollout"},
    }  # fmt: skip
    changed: Object = {}
    for field, found in rotation.items():
        phase = found.get("phase")
        if phase in after:
            changed[field] = after[phase]
        elif phase == "WaitingForWorkersRollout" and not found.get("pendingWorkersRollouts"):
            changed[field] = prepared
        elif field in (SSH, OBSERVABILITY) and found["lastInitiationTime"] > found.get("lastCompletionTime", ""):
            changed[field] = {"lastCompletionTime": _now()}
    return changed


def _credentials(rotation: Object) -> Object:
    return {"credentials": {"rotation": rotation}} if rotation else {}


def _operation(kind: str, state: str, progress: int, description: str) -> Object:
    return {
        "type": kind, "state": state, "progress": progress, "description": description, "lastUpdateTime": _now(),
    }  # fmt: skip


def _condition(kind: str, state: str, message: str = "") -> Object:
    return {
        "type": kind, "status": state, "reason": "Test", "message": message or "As the test has it.",
        "lastTransitionTime": _now(), "lastUpdateTime": _now(),
    }  # fmt: skip


def _now() -> str:
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
