# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letting go of the volumes and pods of a node that is gone, so that others have them, through the local API server.

A claim is made anew as it was but for its volume. Until it is, what it was is kept at the volume, which goes last:
interrupted anywhere, the same call goes on.
"""

from __future__ import annotations

import json
import time
import typing as t

from . import client, disruption

Object = dict[str, t.Any]

REQUEST_SECONDS = 10.0
POLL_SECONDS = 0.5
# What a claim and a volume take to go once nothing uses them.
GOING_SECONDS = 60.0
KEPT = "metalstack.autonomous/claim"
# Written by Kubernetes when it binds a claim.
BINDING = ("pv.kubernetes.io/", "volume.kubernetes.io/selected-node", "volume.kubernetes.io/storage-provisioner",
           "volume.beta.kubernetes.io/storage-provisioner", KEPT)  # fmt: skip


class Stuck(Exception):
    """What did not go, and what to do."""


def renewed(claim: Object) -> Object:
    """The claim as somebody would make it today: without its volume and what Kubernetes wrote. Pure."""
    metadata = claim["metadata"]
    annotations = {key: value for key, value in metadata.get("annotations", {}).items() if not key.startswith(BINDING)}
    kept = {key: metadata[key] for key in ("name", "namespace", "labels", "ownerReferences") if key in metadata}
    spec = {key: value for key, value in claim["spec"].items() if key != "volumeName"}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {**kept, **({"annotations": annotations} if annotations else {})},
        "spec": spec,
    }


def users(pods: t.Iterable[Object], claim: str) -> list[Object]:
    """The pods that ask for a claim of their namespace, by its name or as an ephemeral volume. Pure."""
    return [
        pod
        for pod in pods
        if any(
            volume.get("persistentVolumeClaim", {}).get("claimName") == claim
            or ("ephemeral" in volume and f"{pod['metadata']['name']}-{volume['name']}" == claim)
            for volume in pod["spec"].get("volumes", [])
        )
    ]


def lasts(claim: Object) -> bool:
    """Whether somebody wants a claim yet: neither was it deleted, nor does it go with a pod. Pure."""
    owners = claim["metadata"].get("ownerReferences", [])
    return "deletionTimestamp" not in claim["metadata"] and all(owner["kind"] != "Pod" for owner in owners)


def waiting(pods: t.Iterable[Object], claim: Object) -> list[str]:
    """What a claim that was made anew still lacks: it is bound, and its pods are ready. Pure."""
    asking = users(pods, claim["metadata"]["name"])
    # Without a pod nobody binds it.
    if not asking:
        return []
    unready = [disruption.name(pod) for pod in asking if not disruption.ready(pod)]
    name = f"{claim['metadata']['namespace']}/{claim['metadata']['name']}"
    phase = claim.get("status", {}).get("phase", "Pending")
    return [f"claim {name} is {phase}"] * (phase != "Bound") + [f"pod {pod} is not ready" for pod in unready]


def _api() -> client.Client:
    return client.api(client.Deadline(REQUEST_SECONDS), per_request=REQUEST_SECONDS)


def _volume_path(name: str) -> str:
    return f"/api/v1/persistentvolumes/{name}"


def _path(kind: str, namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/{kind}" + (f"/{name}" if name else "")


def _until_gone(path: str, uid: str, what: str) -> None:
    end = time.monotonic() + GOING_SECONDS
    while True:
        found = _api().find(path)
        # One of the same name is another one.
        if found is None or found["metadata"]["uid"] != uid:
            return
        if time.monotonic() > end:
            held = ", ".join(found["metadata"].get("finalizers", [])) or "nothing that is named"
            raise Stuck(
                f"{what} does not go within {GOING_SECONDS:.0f} s: {held} holds it -> see 'kubectl describe', and run"
                " this again once it is gone"
            )
        time.sleep(POLL_SECONDS)


def exists(name: str) -> bool:
    return _api().find(_volume_path(name)) is not None


def release(name: str, node: str) -> None:
    """Delete a volume of a node that is gone; its claim is made anew, and the pods that it had there go."""
    volume = _api().find(_volume_path(name))
    if volume is None:
        return
    claim = _claim(volume)
    if claim is not None:
        # One that this deletes is written down already.
        if lasts(claim):
            volume = _keep(volume, claim)
        _delete_claim(claim, node)
    _make_anew(volume)
    _api().delete(_volume_path(name))
    _until_gone(_volume_path(name), volume["metadata"]["uid"], f"volume {name}")


def pods_of(node: str) -> list[str]:
    """The pods that were left on a node (NAMESPACE/NAME)."""
    found = _api().json(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")["items"]
    return sorted(disruption.name(pod) for pod in found)


def drop(pod: str) -> None:
    """Delete a pod (NAMESPACE/NAME) that nobody will say of that it has ended."""
    _api().delete(_path("pods", *pod.split("/")), {"gracePeriodSeconds": 0})


def _claim(volume: Object) -> Object | None:
    """The claim that the volume is bound to, as long as it is this one."""
    reference = volume["spec"].get("claimRef")
    if not reference:
        return None
    found = _api().find(_path("persistentvolumeclaims", reference["namespace"], reference["name"]))
    return found if found and found["spec"].get("volumeName") == volume["metadata"]["name"] else None


def _keep(volume: Object, claim: Object) -> Object:
    """Write the claim down, and have nobody look for the data of a node that is gone."""
    kept = {"metadata": {"annotations": {KEPT: json.dumps(renewed(claim), sort_keys=True)}}}
    patch = {**kept, "spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    return _api().json(_volume_path(volume["metadata"]["name"]), "PATCH", patch, content="application/merge-patch+json")


def _delete_claim(claim: Object, node: str) -> None:
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    path, uid = _path("persistentvolumeclaims", namespace, name), claim["metadata"]["uid"]
    _api().delete(path, {"preconditions": {"uid": uid}})
    for pod in users(_api().json(_path("pods", namespace))["items"], name):
        # Nobody there says that it has ended; one that waits for a node holds nothing.
        if pod["spec"].get("nodeName") == node:
            _api().delete(_path("pods", namespace, pod["metadata"]["name"]), {"gracePeriodSeconds": 0})
    _until_gone(path, uid, f"claim {namespace}/{name}")


def _make_anew(volume: Object) -> None:
    kept = volume["metadata"].get("annotations", {}).get(KEPT)
    if not kept:
        return
    manifest = json.loads(kept)
    try:
        _api().json(_path("persistentvolumeclaims", manifest["metadata"]["namespace"]), "POST", manifest)
    except client.Unreachable as error:
        # A StatefulSet is as quick, or an interrupted run was; or its namespace has gone, or is going.
        if error.status not in (404, 409) and not (error.status == 403 and "being terminated" in str(error)):
            raise


def settle(claims: list[str], seconds: float) -> list[str]:
    """Wait until the claims (NAMESPACE/NAME) are met elsewhere; what they lack in the end."""
    end = time.monotonic() + seconds
    while True:
        lacking = [text for claim in claims for text in _lacking(*claim.split("/"))]
        if not lacking or time.monotonic() > end:
            return lacking
        time.sleep(POLL_SECONDS)


def _lacking(namespace: str, name: str) -> list[str]:
    claim = _api().find(_path("persistentvolumeclaims", namespace, name))
    if claim is None:
        return []
    return waiting(_api().json(_path("pods", namespace))["items"], claim)
