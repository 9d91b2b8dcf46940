"""A namespace of dictionaries: what modules ask of one, and what commands are answered."""

from __future__ import annotations

import contextlib

from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import kinds
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import entries

NAME = "ipam-db"
CLAIM = {"metadata": {"name": "ipam-db-ipam-db-0", "uid": "u1"}, "status": {"phase": "Bound"}}
RUNNING, CRASHED = {"running": {}}, {"waiting": {"reason": "CrashLoopBackOff"}}


def pod(database=RUNNING, sidecar=RUNNING, engine="postgres", **spec):
    states = {engine: database, "backup-restore-sidecar": sidecar}
    statuses = [{"name": name, "state": state, "restartCount": 0} for name, state in states.items()]
    return {
        "metadata": {"name": "ipam-db-0", "uid": "p1"},
        "spec": spec,
        "status": {"phase": "Running", "containerStatuses": statuses},
    }


class FakeCluster:
    """answers: what is answered by container to those commands that are not about entries.

    names: what is in the data directory of a volume, beside: in the volume itself.
    """

    seconds = 60
    log = ""

    def __init__(self, claims=None, pods=None, config_maps=None, sets=None, names=("base",), answers=None, beside=()):
        self.claims, self.pods, self.sets = claims or {}, pods or {}, sets or {}
        self.config_maps = dict(config_maps or {})
        self.names, self.beside, self.answers = names, beside, list(answers or [])
        self.ran, self.made = [], []

    def identity(self):
        return "uid"

    def of(self, kind):
        return {
            kinds.CLAIM: self.claims, kinds.POD: self.pods, kinds.STATEFUL_SET: self.sets,
            kinds.CONFIG_MAP: self.config_maps,
        }[kind]  # fmt: skip

    def get(self, kind, name):
        return self.of(kind).get(name)

    def keep(self, kind, name, data):
        self.of(kind)[name] = {"data": dict(data)}

    def remove(self, kind, name):
        self.of(kind).pop(name, None)

    def end(self, kind, name, grace=None):
        # A claim stays while its pod is there, and comes back while its StatefulSet is.
        assert kind != kinds.CLAIM or not (self.pods or self.sets)
        self.remove(kind, name)

    def run(self, pod, container, command):
        self.ran.append((container, command))
        if command[:-1] == entries.command("")[:-1]:
            return Done(0, self.listed(), "")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def last_words(self, pod, container):
        return self.log

    def output(self, manifest):
        self.made.append(manifest)
        (container,) = manifest["spec"]["containers"]
        return self.listed(self.beside if container["command"][-1] == "/data" else None)

    def listed(self, names=None):
        return "".join(f"/data/postgres/{name}\0" for name in (self.names if names is None else names)) + "end"

    @contextlib.contextmanager
    def tunnel(self, pod, port):
        yield 4711, lambda: self.answers.pop(0)
