"""A cluster of dictionaries: what modules ask of one, and what commands are answered."""

from __future__ import annotations

import contextlib

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import entries
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import DatabaseError

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
    """answers: what is answered by container to those commands that are not about entries."""

    seconds = 60

    def __init__(self, claims=None, pods=None, config_maps=None, sets=None, names=("base",), answers=None):
        self.claims, self.pods, self.sets = claims or {}, pods or {}, sets or {}
        self.config_maps = dict(config_maps or {})
        self.names, self.answers = names, list(answers or [])
        self.ran, self.made = [], []

    def identity(self):
        return "uid"

    def claim(self, name):
        return self.claims.get(name)

    def pod(self, name):
        return self.pods.get(name)

    def stateful_set(self, name):
        return self.sets.get(name)

    def config_map(self, name):
        return self.config_maps.get(name)

    def have_config_map(self, manifest):
        self.config_maps[manifest["metadata"]["name"]] = manifest

    def drop_config_map(self, name):
        self.config_maps.pop(name, None)

    def run(self, pod, container, command):
        self.ran.append((container, command))
        if command[:-1] == entries.command("")[:-1]:
            return Done(0, self.listed(), "")
        answer = self.answers.pop(0)
        if isinstance(answer, DatabaseError):
            raise answer
        return answer

    def drop_pod(self, name):
        del self.pods[name]

    def drop_stateful_set(self, name):
        self.sets.pop(name, None)

    def end_pod(self, name):
        self.pods.pop(name, None)

    def drop_claim(self, name):
        # A claim stays while its pod is there, and comes back while its StatefulSet is.
        assert not self.pods and not self.sets
        self.claims.pop(name, None)

    def output(self, manifest):
        self.made.append(manifest)
        return self.listed()

    def listed(self):
        return "".join(f"/data/postgres/{name}\0" for name in self.names) + "end"

    @contextlib.contextmanager
    def tunnel(self, pod, port):
        yield 4711, lambda: self.answers.pop(0)
