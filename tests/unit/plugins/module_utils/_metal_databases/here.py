"""A cluster of a server with databases of metal-stack, and a bucket that their sidecars back up to."""

from __future__ import annotations

import base64
import datetime
import json
import types

from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import kinds
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import deployed, sentinels
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.held import held
from listed import NOON, version

STORED = {
    "endpoint": "https://s3.example", "bucketName": "box", "region": "", "accessKey": "a", "secretKey": "k",
    "trustedCaCert": "",
}  # fmt: skip
CONFIG = """db: postgres
backup-provider: s3
backup-cron-schedule: "*/3 * * * *"
object-prefix: ipam-db-prod
object-max-keep: 480
"""


def encoded(**data):
    return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}}


def stateful_set(name="ipam-db", engine="postgres", replicas=1, sidecar=deployed.SIDECAR):
    containers = [{"name": engine}, {"name": sidecar}]
    volumes = [{"name": "bin-provision"}, {"name": f"{deployed.SIDECAR}-config", "configMap": {"name": f"of-{name}"}}]
    spec = {"replicas": replicas, "template": {"spec": {"containers": containers, "volumes": volumes}}}
    return {"metadata": {"name": name, "creationTimestamp": "2026-11-29T11:00:00Z"}, "spec": spec}


class Here:
    """One database, ipam-db. rows, projects: what it counts, one after the other, the last again and again.

    said: what create-backup ends with, one after the other; once it ends well the bucket has one more version.
    """

    seconds = 60

    def __init__(self, bucket=None, sets=None):
        self.bucket = bucket or Bucket()
        self.sets = [stateful_set()] if sets is None else sets
        self.config_maps = {"of-ipam-db": {"data": {"config.yaml": CONFIG}}}
        self.secrets = {deployed.provider("ipam-db"): encoded(**STORED)}
        self.rows, self.projects = [10], [["a", "b"]]
        self.said, self.commands, self.uid = [Done(0, "", "")], [], "uid"
        self.makes, self.limits = True, []

    def identity(self):
        return self.uid

    def all(self, kind):
        assert kind == kinds.STATEFUL_SET
        return self.sets

    def get(self, kind, name):
        sets = {one["metadata"]["name"]: one for one in self.sets}
        return {kinds.CONFIG_MAP: self.config_maps, kinds.SECRET: self.secrets, kinds.STATEFUL_SET: sets}[kind].get(
            name
        )

    def run(self, pod, container, command, seconds=0):
        self.commands.append((pod, container))
        self.limits.append(seconds)
        if container != deployed.SIDECAR:
            return Done(0, self._counted(), "")
        done = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if done.code == 0 and self.makes:
            self.bucket.add()
        return done

    def _counted(self):
        rows, names = (one.pop(0) if len(one) > 1 else one[0] for one in (self.rows, self.projects))
        told = [{"databases": 1}, {"database": "m", "schema": "public", "table": "ips", "rows": rows}]
        told += [{"database": "m", "schema": "public", "table": "projects", "rows": len(names)}]
        told += [{"list": "projects", "database": "m", "name": one} for one in names]
        return "\n".join(map(json.dumps, [*told, {"counted": "m"}, {"main": "m"}]))


class Bucket:
    """What Client tells of one; versions of ipam-db, a minute from one to the next."""

    key = "ipam-db-prod/db.tar.gz"

    def __init__(self, count=1):
        self.storage = types.SimpleNamespace(where="s3/box")
        self.versions, self.saved = [], {}
        for _number in range(count):
            self.add()

    def add(self, size=1000):
        self.versions = [*self.versions, version(100 - len(self.versions), size, key=self.key)]

    def held(self, prefix):
        return held(prefix, self.versions)

    def manifest(self, prefix, until=None):
        return self.saved.get(sentinels.last(self.saved, prefix, until))

    def save(self, prefix, one, found):
        self.saved[sentinels.key(prefix, one)] = found

    def keep(self, rows=10, projects=("a", "b"), cluster="uid", moment=NOON):
        """Save what the newest version holds."""
        counted = sentinels.Counted({"ips": rows, "projects": len(projects)}, {"projects": list(projects)})
        one = self.versions[-1]
        self.save("ipam-db-prod", one, sentinels.manifest("ipam-db-prod", one, counted, cluster, moment))


def later(**since):
    return NOON + datetime.timedelta(**since)
