"""A stand-in for a cluster: objects in memory, and a list of what was done to them."""

from __future__ import annotations

from typing import Any


class Objects:
    def __init__(self) -> None:
        self.held: dict[tuple[str, str], dict[str, Any]] = {}
        self.restarts: list[str] = []
        self.pending: dict[str, list[str]] = {}

    def put(self, kind: str, name: str, **more: Any) -> None:
        self.held[kind, name] = {"metadata": {"name": name}, **more}

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        return self.held.get((kind, name))

    def patch(self, kind: str, namespace: str, name: str, change: dict[str, Any]) -> None:
        """A pod's template that stays as it is starts no other pod; labels of the object itself, or data, never do."""
        if "metadata" in change:
            self.held[kind, name]["metadata"].setdefault("labels", {}).update(change["metadata"]["labels"])
            return
        if "data" in change:
            self.held[kind, name]["data"] = {**self.held[kind, name]["data"], **change["data"]}
            return
        annotations = change["spec"]["template"]["metadata"]["annotations"]
        if self.held[kind, name].get("annotations") != annotations:
            self.held[kind, name]["annotations"] = annotations
            self.restarts.append(name)

    def remove(self, kind: str, namespace: str, name: str) -> None:
        self.held.pop((kind, name), None)

    def locked(self, namespace: str, release: str) -> list[str]:
        return self.pending.get(release, [])

    def keep(self, kind: str, namespace: str, name: str, data: dict[str, str], before: Any) -> None:
        self.put(kind, name, data=dict(data))
