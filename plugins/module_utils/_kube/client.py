# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster of a kubeconfig, asked with the connections and logins of the Kubernetes client for Python."""

from __future__ import annotations

import json
import re
import time
import typing as t
from pathlib import Path

from .._k3s import client, objects
from .._net import tls
from . import kinds
from .libraries import load

Object = dict[str, t.Any]

SECONDS = 30
TOO_MANY = 429
PODS = 20
# Names and labels alone, without what an object holds.
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
MERGE = "application/strategic-merge-patch+json"
_LONGEST = 300
_TAIL = 50
# RFC 9110 has the text quoted; Kubernetes' code is always 299.
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


class Refusal(client.Unreachable):
    """What the API server has refused.

    reason: Kubernetes' word for it, such as C(Conflict). said: its whole message. causes: C(field), C(reason) and
    C(message) of each, where it names fields.
    """

    def __init__(self, what: str, status: int, body: str) -> None:
        try:
            told = json.loads(body)
            said, self.reason = str(told.get("message", "")), str(told.get("reason", ""))
            self.causes: list[dict[str, str]] = list((told.get("details") or {}).get("causes") or [])
        except (ValueError, AttributeError):
            said, self.reason, self.causes = body, "", []
        self.said = " ".join(said.split())
        super().__init__(f"the cluster refuses to {what}: {status} {line(said)}", status)


class Cluster(client.Client):
    """What C(_k3s.client.Client) does, with whatever a kubeconfig says to log in with.

    Every error is C(client.Unreachable): what gives no answer is never taken for what is not there.
    """

    def __init__(self, kubeconfig: str | Path, context: str = "", seconds: int = SECONDS) -> None:
        """context: that of the file without it. seconds: how long one question may take."""
        config = load("kubernetes.config")
        try:
            self.api = config.new_client_from_config(str(kubeconfig), context or None, persist_config=False)
            if self.api.configuration.verify_ssl:
                pool = self.api.rest_client.pool_manager.connection_pool_kw
                pool["ssl_context"] = tls.context(cafile=pool["ca_certs"])
        except Exception as error:  # the client raises whatever its parts do, YAML's errors and OSError among them
            raise client.Unreachable(f"kubeconfig {kubeconfig} cannot be used: {line(error)}") from error
        self.seconds = seconds
        # What the API server has warned of, each once.
        self.warnings: list[str] = []
        self._base = self.api.configuration.host
        self._broken = load("urllib3.exceptions").HTTPError

    def text(
        self,
        path: str,
        method: str = "GET",
        body: dict[str, t.Any] | None = None,
        content: str = "application/json",
        accept: str = "application/json",
        what: str = "",
    ) -> str:
        """what: is asked for, in the words of an error; method and URL without it."""
        url = f"{self._base}{path}"
        what = what or f"{method} {url}"
        headers = {"Accept": accept, "Content-Type": content}
        for login in self.api.configuration.auth_settings().values():
            if login["in"] == "header" and login["value"]:
                headers[login["key"]] = login["value"]
        end = time.monotonic() + SECONDS
        while True:
            status, text = self._asked(method, url, None if body is None else json.dumps(body), headers, what)
            # It has too much to do, or serves a kind that was just defined in a moment.
            if status != TOO_MANY or time.monotonic() >= end:
                break
            time.sleep(objects.POLL_SECONDS)
        if status >= 400:
            raise Refusal(what, status, text)
        return text

    def _asked(self, method: str, url: str, body: str | None, headers: dict[str, str], what: str) -> tuple[int, str]:
        """The status and the text of one answer."""
        pool = self.api.rest_client.pool_manager
        try:
            answer = pool.request(method, url, body=body, headers=headers, timeout=self.seconds, retries=False)
        except (self._broken, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise client.Unreachable(f"the cluster gives no answer to {what}: {line(reason)}") from error
        for text in _WARNING.findall(", ".join(answer.headers.getlist("Warning"))):
            if (plain := re.sub(r"\\(.)", r"\1", text)) not in self.warnings:
                self.warnings.append(plain)
        return answer.status, str(answer.data, "utf-8", "replace")

    def identity(self) -> str:
        """The UID of the namespace kube-system, by which clusters are told from one another."""
        found = self.find("/api/v1/namespaces/kube-system", what="read namespace kube-system")
        if found is None:
            raise client.Unreachable(
                "the cluster has no namespace kube-system -> check that kubeconfig is that of a cluster"
            )
        return str(found["metadata"]["uid"])

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """An object of a kind, None without any."""
        return self.find(kinds.path(kind, namespace, name), what=f"read {kind} {name}")

    def make(self, wanted: Object) -> None:
        """Make an object that is not there. It has its namespace."""
        place = objects.path(wanted).rpartition("/")[0]
        self.json(place, "POST", wanted, what=f"make {wanted['kind']} {wanted['metadata']['name']}")

    def patch(self, kind: str, namespace: str, name: str, change: Object) -> None:
        """Merge a change into an object that is there."""
        self.json(kinds.path(kind, namespace, name), "PATCH", change, content=MERGE, what=f"change {kind} {name}")

    def remove(self, kind: str, namespace: str, name: str, grace: int | None = None) -> None:
        """Delete an object, if it is there. grace: seconds that a pod has for its end; its own without."""
        options = None if grace is None else {"gracePeriodSeconds": grace}
        self.delete(kinds.path(kind, namespace, name), options, what=f"remove {kind} {name}")

    def keep(self, kind: str, namespace: str, name: str, data: t.Mapping[str, t.Any], before: Object | None) -> None:
        """Have a ConfigMap or a Secret hold this and nothing else.

        before: as it was read, None without any. Raises client.Unreachable with status 409 where somebody else was
        faster.
        """
        metadata: Object = {"name": name, "namespace": namespace, "labels": {objects.MARK: objects.MANAGER}}
        wanted: Object = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": dict(data)}
        if before is None:
            self.make(wanted)
            return
        metadata["resourceVersion"] = before["metadata"]["resourceVersion"]
        metadata["labels"] = {**(before["metadata"].get("labels") or {}), **metadata["labels"]}
        self.json(objects.path(wanted), "PUT", wanted, what=f"replace {kind} {name}")

    def log(self, namespace: str, pod: str) -> str:
        """What a pod of one container has written."""
        return self.text(
            f"{kinds.path(kinds.POD, namespace, pod)}/log", accept="*/*", what=f"read the log of pod {pod}"
        )

    def last_words(self, namespace: str, pod: str, container: str) -> str:
        """The last lines that a container of a pod had written when it ended, before it was started anew."""
        query = f"container={container}&previous=true&tailLines={_TAIL}"
        path = f"{kinds.path(kinds.POD, namespace, pod)}/log?{query}"
        return self.text(path, accept="*/*", what=f"read what container {container} of pod {pod} has said")

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

    def resources(self, group: str) -> dict[tuple[str, str], set[str]]:
        """The versions that are served of each kind of a group, by both; none where there is no such group."""
        found = self.find(f"/apis/{group}")
        there: dict[tuple[str, str], set[str]] = {}
        for version in (found or {}).get("versions") or []:
            listed = self.json(f"/apis/{version['groupVersion']}")
            for one in listed.get("resources") or []:
                if "/" not in one["name"]:
                    there.setdefault((group, one["kind"]), set()).add(version["version"])
        return there

    def listed(self, path: str) -> list[Object]:
        """The objects of a list; none where the cluster has no such kind."""
        return list((self.find(path) or {}).get("items") or [])


def line(error: object) -> str:
    """What an error says, in one line that has an end."""
    said = " ".join(str(error).split())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
