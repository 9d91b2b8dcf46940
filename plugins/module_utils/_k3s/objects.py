# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of the cluster as they are wanted; the API server itself tells what it makes, or would make, of each."""

from __future__ import annotations

import base64
import copy
import time
import typing as t
import urllib.parse

from . import client

Object = dict[str, t.Any]

SECRET, DEPLOYMENT = "Secret", "Deployment"
MANAGER = "metalstack.autonomous"
MARK = "app.kubernetes.io/managed-by"
APPLY = "application/apply-patch+yaml"
POLL_SECONDS = 1.0
# One request may carry a megabyte.
REQUEST_SECONDS = 10.0
# What the cluster keeps of an object beside what somebody wanted of it.
KEPT = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


class Refused(Exception):
    """An object that cannot become what is wanted; the text says why."""


def api(seconds: float) -> client.Client:
    return client.api(client.Deadline(seconds), per_request=REQUEST_SECONDS)


def path(wanted: Object) -> str:
    """Where an object is; the plural of its kind only takes an s."""
    version, metadata = wanted["apiVersion"], wanted["metadata"]
    inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"/{'apis' if '/' in version else 'api'}/{version}{inside}/{wanted['kind'].lower()}s/{metadata['name']}"


def name(wanted: Object) -> str:
    metadata = wanted["metadata"]
    return "/".join([wanted["kind"], *([metadata["namespace"]] if "namespace" in metadata else []), metadata["name"]])


def composed(given: t.Iterable[Object], secrets: t.Mapping[str, t.Mapping[str, str]]) -> list[Object]:
    """Mark every object as ours, and give each Secret what it holds."""
    found = copy.deepcopy(list(given))
    for one in found:
        one["metadata"].setdefault("labels", {})[MARK] = MANAGER
        if one["kind"] == SECRET:
            held = secrets.get(one["metadata"]["name"], {})
            one["data"] = {key: base64.b64encode(text.encode()).decode() for key, text in held.items()}
    return found


def look(server: client.Client, wanted: t.Iterable[Object]) -> list[Object | None]:
    """Return what there is of each, None without any."""
    return [server.find(path(one)) for one in wanted]


def every(server: client.Client, wanted: Object) -> list[Object]:
    """Return the object of a name, if there is one; without a name all of the kind with these labels.

    Those of one namespace where one is given.
    """
    metadata = wanted["metadata"]
    if "name" in metadata:
        found = server.find(path(wanted))
        return [] if found is None else [found]
    place = path({**wanted, "metadata": {**metadata, "name": ""}}).rstrip("/")
    listed = server.json(f"{place}?{_labelled(metadata.get('labels') or {})}")
    # In a list they do not say themselves of which kind they are.
    kind = {name: wanted[name] for name in ("apiVersion", "kind")}
    return [{**one, **kind} for one in listed.get("items") or []]


def ours(found: Object) -> bool:
    return bool((found["metadata"].get("labels") or {}).get(MARK) == MANAGER)


def refuse(before: t.Iterable[Object | None]) -> None:
    """Leave alone what somebody else has made under the same name."""
    if strangers := [name(one) for one in before if one is not None and not ours(one)]:
        raise Refused(
            f"{', '.join(strangers)}: there already, and without the label {MARK}={MANAGER}, so it is somebody else's."
            f" Nothing was changed -> take another name, or give it the label to have it taken over"
        )


def apply(
    server: client.Client, wanted: Object, before: Object | None, seconds: float, dry: bool, place: str = ""
) -> Object:
    """Have the server make it so, or tell what it would make. place: its path, where its kind takes more than an s."""
    if before is None and dry:
        # Its namespace may not be there yet, without which the server says nothing.
        return wanted
    if before is not None and "deletionTimestamp" in before["metadata"] and not dry:
        until_gone(server, wanted, seconds, place)
    words = {"fieldManager": MANAGER, "force": "true", **({"dryRun": "All"} if dry else {})}
    return server.json(f"{place or path(wanted)}?{urllib.parse.urlencode(words)}", "PATCH", wanted, content=APPLY)


def remove(server: client.Client, found: Object, seconds: float, place: str = "") -> None:
    """Delete it and wait until it is gone, with all that is in it; one that goes already is only waited for."""
    if "deletionTimestamp" not in found["metadata"]:
        server.delete(place or path(found), {"propagationPolicy": "Foreground"})
    until_gone(server, found, seconds, place)


def until_gone(server: client.Client, found: Object, seconds: float, place: str = "") -> None:
    end = time.monotonic() + seconds
    while server.find(place or path(found)) is not None:
        if time.monotonic() >= end:
            raise Refused(f"{name(found)} does not go within {seconds:g} s -> see 'kubectl describe' what holds it")
        time.sleep(POLL_SECONDS)


def unready(found: Object) -> str:
    """Say what a Deployment lacks yet."""
    wanted, status = found["spec"].get("replicas", 1), found.get("status") or {}
    if status.get("observedGeneration", 0) < found["metadata"]["generation"]:
        return "not seen by its controller"
    ready = min(status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
    return f"{ready} of {wanted} pods are ready" if ready < wanted or status.get("replicas", 0) > wanted else ""


def waiting(pods: Object) -> list[str]:
    """Say why pods do not run, as the kubelets and the scheduler have it."""
    said = []
    for pod in pods.get("items", []):
        status = pod.get("status") or {}
        states = [one.get("state", {}).get("waiting") for one in status.get("containerStatuses") or []]
        unmet = [one for one in status.get("conditions") or [] if one["type"] == "PodScheduled"]
        for one in [state for state in states if state] or [one for one in unmet if one["status"] != "True"]:
            said.append(f"{one.get('reason', '')}: {one.get('message', '')}".strip(": "))
    return sorted(set(said))


def wait(server: client.Client, wanted: t.Iterable[Object], seconds: float) -> None:
    """Wait until all of it runs; what keeps it from that is told."""
    end = time.monotonic() + seconds
    for one in wanted:
        while one["kind"] == DEPLOYMENT and (lack := unready(found := server.json(path(one)))):
            if time.monotonic() >= end:
                why = "; ".join(waiting(server.json(_pods(found))))
                raise Refused(f"{name(one)}: {lack} after {seconds:g} s{f' ({why})' if why else ''}")
            time.sleep(POLL_SECONDS)


def _pods(deployment: Object) -> str:
    inside = deployment["metadata"]["namespace"]
    return f"/api/v1/namespaces/{inside}/pods?{_labelled(deployment['spec']['selector']['matchLabels'])}"


def _labelled(labels: t.Mapping[str, str]) -> str:
    """The query for what has all of these labels."""
    return urllib.parse.urlencode({"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())})


def told(found: Object) -> Object:
    """All that the cluster has of an object, but who manages which of its fields, and no secret."""
    # In the annotations of a Secret is what kubectl has applied.
    hidden = ("managedFields", "annotations") if found["kind"] == SECRET else ("managedFields",)
    metadata = {key: value for key, value in found["metadata"].items() if key not in hidden}
    return {**found, **shown(found), "metadata": metadata}


def shown(found: Object | None, before: Object | None = None) -> Object:
    """What is compared and shown of an object: nothing that the cluster keeps for itself, and no secret."""
    if found is None:
        return {}
    metadata = {key: value for key, value in found["metadata"].items() if key not in KEPT}
    plain = {**{key: value for key, value in found.items() if key != "status"}, "metadata": metadata}
    if found["kind"] == SECRET:
        former = (before or {}).get("data") or {}
        plain["data"] = {
            key: "(secret)" if former.get(key, value) == value else "(another secret)"
            for key, value in (found.get("data") or {}).items()
        }
    return plain
