# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster that a control plane is deployed to, by a kubeconfig and the Kubernetes client for Python."""

from __future__ import annotations

import importlib
import json
import time
import typing as t
from pathlib import Path

from .._k3s import client, objects
from .errors import StackError

Object = dict[str, t.Any]

SECONDS = 30.0
PODS = 20
_PATHS = {
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets/{}",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments/{}",
    "Job": "/apis/batch/v1/namespaces/{}/jobs/{}",
    "Secret": "/api/v1/namespaces/{}/secrets/{}",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps/{}",
    "Pod": "/api/v1/namespaces/{}/pods/{}",
}
# Names and labels alone, without what an object holds.
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
MERGE = "application/strategic-merge-patch+json"


class Cluster(client.Client):
    """What C(_k3s.client.Client) does, with whatever a kubeconfig says to log in with."""

    def __init__(self, kubeconfig: Path) -> None:
        try:
            config = importlib.import_module("kubernetes.config")
        except ImportError as error:
            raise StackError(
                f"the controller lacks the Python package kubernetes (pip install kubernetes): {error}"
            ) from error
        try:
            self._api = config.new_client_from_config(config_file=str(kubeconfig), persist_config=False)
        except Exception as error:  # the client raises whatever its parts do, YAML's errors and OSError among them
            raise StackError(f"{kubeconfig} is no kubeconfig that can be used: {error}") from error
        self._broken = importlib.import_module("urllib3.exceptions").HTTPError

    def text(
        self,
        path: str,
        method: str = "GET",
        body: dict[str, t.Any] | None = None,
        content: str = "application/json",
        accept: str = "application/json",
    ) -> str:
        url = f"{self._api.configuration.host}{path}"
        headers = {"Accept": accept, "Content-Type": content}
        for login in self._api.configuration.auth_settings().values():
            if login["in"] == "header" and login["value"]:
                headers[login["key"]] = login["value"]
        try:
            answer = self._api.rest_client.pool_manager.request(
                method,
                url,
                body=None if body is None else json.dumps(body),
                headers=headers,
                timeout=SECONDS,
                retries=False,
            )
        except (self._broken, OSError) as error:
            raise client.Unreachable(f"{method} {url}: {getattr(error, 'reason', None) or error}") from error
        text = str(answer.data, "utf-8", "replace")
        if answer.status >= 400:
            raise client.Unreachable(f"{method} {url}: {answer.status} {_message(text)}", answer.status)
        return text

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """An object of a kind, None without any."""
        return self.find(_PATHS[kind].format(namespace, name))

    def patch(self, kind: str, namespace: str, name: str, change: Object) -> None:
        """Merge a change into an object that is there."""
        self.json(_PATHS[kind].format(namespace, name), "PATCH", change, content=MERGE)

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Delete an object, if it is there."""
        self.delete(_PATHS[kind].format(namespace, name))

    def keep(self, kind: str, namespace: str, name: str, data: t.Mapping[str, str], before: Object | None) -> None:
        """Have a ConfigMap or a Secret hold this and nothing else.

        before: as it was read, None without any. Raises client.Unreachable with status 409 where somebody else was
        faster.
        """
        path = _PATHS[kind].format(namespace, name)
        metadata: Object = {"name": name, "namespace": namespace, "labels": {objects.MARK: objects.MANAGER}}
        wanted: Object = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": dict(data)}
        if before is None:
            self.json(path.rpartition("/")[0], "POST", wanted)
            return
        metadata["resourceVersion"] = before["metadata"]["resourceVersion"]
        metadata["labels"] = {**(before["metadata"].get("labels") or {}), **metadata["labels"]}
        self.json(path, "PUT", wanted)

    def locked(self, namespace: str, release: str) -> list[str]:
        """The Secrets by which helm takes a release for one that is being deployed just now."""
        states = "%2C".join(f"pending-{what}" for what in ("install", "upgrade", "rollback"))
        query = f"owner%3Dhelm%2Cname%3D{release}%2Cstatus%20in%20%28{states}%29"
        found = self.json(f"/api/v1/namespaces/{namespace}/secrets?labelSelector={query}", accept=METADATA)
        # Of metadata alone, no items are null.
        return [one["metadata"]["name"] for one in found.get("items") or []]

    def waiting(self, workload: Object) -> list[str]:
        """Why pods of a workload do not run, as the kubelets and the scheduler have it."""
        labels = (workload["spec"].get("selector") or {}).get("matchLabels") or {}
        query = "%2C".join(f"{key}%3D{value}" for key, value in labels.items())
        pods = self.json(
            f"/api/v1/namespaces/{workload['metadata']['namespace']}/pods?limit={PODS}&labelSelector={query}"
        )
        return objects.waiting(pods)

    def resources(self, group: str) -> set[str]:
        """The kinds of a group of the API, in whatever version; none where there is no such group."""
        found = self.find(f"/apis/{group}")
        kinds: set[str] = set()
        for version in (found or {}).get("versions") or []:
            listed = self.json(f"/apis/{version['groupVersion']}")
            kinds |= {one["kind"] for one in listed.get("resources") or [] if "/" not in one["name"]}
        return kinds


def pause() -> None:
    """Between two looks at the same."""
    time.sleep(1.0)


def _message(body: str) -> str:
    try:
        return str(json.loads(body).get("message", ""))[:300]
    except (ValueError, AttributeError):
        return body[:300]
