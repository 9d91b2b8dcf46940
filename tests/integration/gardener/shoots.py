"""What the tests of gardener_shoot share: a shoot of a project that the module is asked for."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from garden import Garden, Object
from gardenlet import Shoot

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
KUBECTL, MAINTENANCE = "kubectl-client-side-apply", "gardener-controller-manager"

Run = Callable[..., dict[str, Any]]
Made = Callable[..., Shoot]
Have = Callable[..., dict[str, Any]]


def patched(garden: Garden, shoot: Shoot, change: Object, manager: str) -> Object:
    """Change a shoot as another field manager."""
    query = urllib.parse.urlencode({"fieldManager": manager})
    return dict(garden.request(f"{shoot.path}?{query}", "PATCH", change, "application/merge-patch+json"))


def client_side(garden: Garden, wanted: Object) -> None:
    """Create a shoot as C(kubectl apply) does, which notes what it has applied."""
    namespace = wanted["metadata"]["namespace"]
    annotations = {**wanted["metadata"].get("annotations", {}), APPLIED: json.dumps(wanted)}
    noted = {**wanted, "metadata": {**wanted["metadata"], "annotations": annotations}}
    path = f"/apis/{wanted['apiVersion']}/namespaces/{namespace}/shoots?fieldManager={KUBECTL}"
    garden.request(path, "POST", noted)


def impersonated(garden: Garden, user: str, path: str, method: str, body: Object) -> Object:
    """Ask as another administrator."""
    request = urllib.request.Request(
        f"https://127.0.0.1:{garden.port}{path}", method=method, data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {garden.token}", "Content-Type": "application/merge-patch+json",
            "Impersonate-User": user, "Impersonate-Group": "system:masters",
        },
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=20, context=garden._context) as answer:
        return dict(json.load(answer))


def differences(diff: Object) -> set[str]:
    """The paths at which both sides of a diff differ, items of lists by their name where they have one."""

    def walk(one: Any, other: Any, path: str) -> set[str]:
        if isinstance(one, list) and isinstance(other, list) and all("name" in each for each in [*one, *other]):
            one, other = ({each["name"]: each for each in side} for side in (one, other))
        if isinstance(one, dict) and isinstance(other, dict):
            keys = {*one, *other}
            return {found for key in keys for found in walk(one.get(key), other.get(key), f"{path}.{key}")}
        return set() if one == other else {path.lstrip(".")}

    return walk(diff["before"], diff["after"], "")
