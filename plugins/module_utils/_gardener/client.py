# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of a garden: the cluster in which Gardener's shoots are described."""

from __future__ import annotations

import typing as t
import urllib.parse
from pathlib import Path

from .._k3s import objects
from .._k3s.client import Unreachable
from .._kube.client import METADATA, Cluster, Object, Refusal
from .kinds import Kind, path

__all__ = ["Garden", "Object", "Refusal", "Unreachable"]

MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
_UNAUTHORIZED = 401


class Garden:
    """What is asked of the garden of a kubeconfig.

    What is refused raises C(Refusal), with C(status), C(reason) and C(causes), what gives no answer C(Unreachable)
    with status 0. Login data that counts no more is read from the file anew once, since others renew it there.
    """

    def __init__(self, kubeconfig: str | Path, context: str = "", seconds: int = 30) -> None:
        """context: that of the file without it. seconds: how long one question may take."""
        self._open: t.Callable[[], Cluster] = lambda: Cluster(kubeconfig, context, seconds)
        self._cluster = self._open()

    @property
    def warnings(self) -> list[str]:
        """What the API server has warned of so far, each once."""
        return self._cluster.warnings

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """An object, None where there is none. namespace: empty for kinds without."""
        try:
            return self._ask(path(kind, namespace, name), what=f"read {_called(kind, namespace, name)}")
        except Refusal as error:
            if _absent(error):
                return None
            raise

    def names(self, kind: Kind, namespace: str, labels: str = "") -> list[str]:
        """The names of all of a kind in a namespace, with these labels, without what they hold."""
        query = f"?{urllib.parse.urlencode({'labelSelector': labels})}" if labels else ""
        found = self._ask(path(kind, namespace) + query, accept=METADATA, what=f"list {kind.plural} {namespace}")
        # Of metadata alone, no items are null.
        return [one["metadata"]["name"] for one in found.get("items") or []]

    def list(self, kind: Kind, namespace: str = "", labels: str = "") -> list[Object]:
        """All of a kind, of one namespace or of all, with these labels (as C(kubectl get -l) takes them)."""
        query = f"?{urllib.parse.urlencode({'labelSelector': labels})}" if labels else ""
        found = self._ask(path(kind, namespace) + query, what=f"list {kind.plural} {namespace}".rstrip())
        # In a list they do not say themselves of which kind they are.
        return [{"apiVersion": kind.version, "kind": kind.name, **one} for one in found.get("items") or []]

    def version(self) -> str:
        """That of Kubernetes, as C(v1.35.4+k3s1)."""
        return str(self._ask("/version", what="ask for its version")["gitVersion"])

    def create(self, kind: Kind, namespace: str, name: str, subresource: str, body: Object) -> Object:
        """POST to a subresource, such as C(adminkubeconfig), and its answer. Never dry."""
        what = f"create {subresource} of {_called(kind, namespace, name)}"
        return self._ask(path(kind, namespace, name, subresource), "POST", body, what=what)

    def apply(self, kind: Kind, wanted: Object, dry: bool = False, force: bool = False) -> Object:
        """Server-side apply as C(metalstack.autonomous); what it makes, or dry would make, of it.

        force: fields that others manage otherwise are taken over; else status 409 names who manages them.
        """
        namespace, name = _place(wanted)
        words = {"fieldManager": objects.MANAGER, "force": str(force).lower(), **_dry(dry)}
        place = f"{path(kind, namespace, name)}?{urllib.parse.urlencode(words)}"
        return self._ask(place, "PATCH", wanted, objects.APPLY, f"apply {_called(kind, namespace, name)}")

    def replace(self, kind: Kind, wanted: Object, dry: bool = False) -> Object:
        """PUT a whole object; status 409 where it has changed since it was read."""
        namespace, name = _place(wanted)
        place = _asked(path(kind, namespace, name), dry)
        return self._ask(place, "PUT", wanted, what=f"replace {_called(kind, namespace, name)}")

    def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        change: Object | t.Sequence[Object],
        dry: bool = False,
        subresource: str = "",
    ) -> Object:
        """Merge a change into an object; a list of operations is a JSON patch."""
        place = _asked(path(kind, namespace, name, subresource), dry)
        content = MERGE if isinstance(change, dict) else JSON
        return self._ask(place, "PATCH", change, content, f"change {_called(kind, namespace, name)}")

    def delete(self, kind: Kind, namespace: str, name: str, uid: str = "", dry: bool = False) -> None:
        """Delete an object, if it is there. uid: of the one meant; status 409 where another has its name."""
        # With a body, a server takes no option from the query: dryRun there would delete for real.
        options = {**({"preconditions": {"uid": uid}} if uid else {}), **({"dryRun": ["All"]} if dry else {})}
        what = f"delete {_called(kind, namespace, name)}"
        try:
            self._ask(path(kind, namespace, name), "DELETE", options or None, what=what)
        except Refusal as error:
            if not _absent(error):
                raise

    def _ask(
        self,
        place: str,
        method: str = "GET",
        body: object = None,
        content: str = "application/json",
        what: str = "",
        accept: str = "application/json",
    ) -> Object:
        sent = t.cast("Object | None", body)
        try:
            return self._cluster.json(place, method, sent, content=content, what=what, accept=accept)
        except Refusal as error:
            if error.status != _UNAUTHORIZED:
                raise
        warnings = self._cluster.warnings
        self._cluster = self._open()
        self._cluster.warnings = warnings
        return self._cluster.json(place, method, sent, content=content, what=what, accept=accept)


def _absent(error: Refusal) -> bool:
    """Whether an object is not there; of an API that it does not have a server says 404 without that reason."""
    return error.status == 404 and error.reason == "NotFound"


def _place(wanted: Object) -> tuple[str, str]:
    metadata = wanted["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _called(kind: Kind, namespace: str, name: str) -> str:
    return f"{kind.name} {'/'.join(part for part in (namespace, name) if part)}"


def _dry(dry: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry else {}


def _asked(place: str, dry: bool) -> str:
    """The place with who asks, and whether it is for real."""
    return f"{place}?{urllib.parse.urlencode({'fieldManager': objects.MANAGER, **_dry(dry)})}"
