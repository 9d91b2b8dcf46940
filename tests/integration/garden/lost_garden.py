"""A garden that is lost with its runtime cluster: the real API servers of both, beside stand-ins for what acts there.

The virtual garden is the real gardener-apiserver. Its API lives through the loss, which stands for its etcd, that comes
back from its bucket; who has not the keys of before would not be able to read that (C(Keeper)). No registry has the
images of gardener-operator and gardenlet, and no kubelet runs.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import subprocess
import urllib.error
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import landscape
import power_loss
from cluster import Etcd
from garden import CertificateAuthority, Garden, Object, write_pair
from gardenlet import Shoot
from landscapers import Seed
from operator_stand_in import MERGE, OPERATION, Operator
from reconciling import Reconciler
from role import Site
from runtime import SPACE, Runtime, version

SEED, PROJECT = "initial", "stacks"
IGNORE = "shoot.gardener.cloud/ignore"
DEPLOYMENTS = "/apis/apps/v1/namespaces/garden/deployments"
KEY = "kube-apiserver-etcd-encryption-key"
SECRETS = [
    {"name": "dns", "data": {"server": "https://dns.example.org", "apiKey": "key-of-the-seed"}},
    {"name": "backup", "data": {"accessKeyID": "id", "secretAccessKey": "key-of-the-seeds-store"}},
]
OF_SEED: dict[str, Any] = {
    "seed": True, "seed_name": SEED, "gardenlet_chart": "registry.example/charts/gardenlet", "region": landscape.REGION,
    "seed_ingress_domain": "seed.site-a.example.org", "seed_secrets": SECRETS, "seed_timeout": 240,
    "seed_dns": {"type": "powerdns", "secret_name": "dns", "internal_domain": "internal.site-a.example.org"},
    "seed_backup": {"provider": "S3", "secret_name": "backup"},
}  # fmt: skip


@dataclasses.dataclass
class Access:
    """What whoever asks for access to the virtual garden is handed out."""

    authority: str
    token: str


class VirtualGarden(Garden):
    """With a certificate of the name that whoever asks it knows it by."""

    def __init__(self, directory: Path, etcd: Etcd) -> None:
        authority, pair = CertificateAuthority("virtual-garden"), directory.parent / "tls"
        write_pair(pair, authority.issue("api.garden.site-a.example.org"))
        own = f"{pair.with_suffix('.crt')},{pair.with_suffix('.key')}"
        super().__init__(directory, etcd, tls_sni_cert_key=own)
        self.access = Access(authority.pem, self.token)


class Keeper(Operator):
    """gardener-operator that acts while its Deployment has replicas, and whose etcd was written with a key.

    C(key): what of it the Garden's etcd was written with; empty before there is any.
    """

    key = ""

    def _look(self) -> None:
        found = self.cluster.find(f"{DEPLOYMENTS}/gardener-operator")
        if found and found["spec"]["replicas"]:
            super()._look()

    def _secrets(self, garden: Object) -> None:
        super()._secrets(garden)
        found = next(one for one in managed(self.cluster).values() if one["metadata"]["labels"]["name"] == KEY)
        assert self.key in ("", found["data"]["value"]), "nobody reads the etcd of the garden with this key"
        type(self).key = self.key or found["data"]["value"]


class Seedkeeper(Reconciler):
    """What gardener-operator, gardenlet and kubelets do about a seed in a runtime cluster.

    C(made_anew): shoots for which gardenlet has made other authorities than those that their nodes trust.
    """

    def __init__(self, runtime: Runtime, virtual: Garden) -> None:
        super().__init__(runtime)
        self.runtime, self.virtual, self.seed = runtime, virtual, Seed(virtual, SEED)
        self.made_anew: list[str] = []
        self.start()

    def steps(self) -> Iterable[Callable[[], None]]:
        return [self._run_pods, self._deploy, self._look_after]

    def _run_pods(self) -> None:
        for one in (self.runtime.find(DEPLOYMENTS) or {"items": []})["items"]:
            wanted, known = one["spec"]["replicas"], one.get("status") or {}
            if (known.get("observedGeneration"), known.get("readyReplicas", 0)) != (
                one["metadata"]["generation"], wanted,
            ):  # fmt: skip
                status = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), wanted)
                status["observedGeneration"] = one["metadata"]["generation"]
                path = f"{DEPLOYMENTS}/{one['metadata']['name']}/status"
                self.runtime.request(path, "PATCH", {"status": status}, MERGE)

    def _replicas(self, name: str) -> int:
        found = self.runtime.find(f"{DEPLOYMENTS}/{name}")
        return int(found["spec"]["replicas"]) if found else 0

    def _deploy(self) -> None:
        """pkg/operator/controller/gardenlet: once, and again where it is asked to."""
        if not self._replicas("gardener-operator") or not self.seed.gardenlet.there():
            return
        asked = (self.seed.gardenlet.read()["metadata"].get("annotations") or {}).get(OPERATION) == "force-redeploy"
        if self.seed.there() and not asked:
            return
        labels = {"app": "gardener", "role": "gardenlet"}
        containers = [{"name": "gardenlet", "image": f"registry.example/gardenlet:{version()}"}]
        self.runtime.put(
            {
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "gardenlet", "namespace": "garden"},
                "spec": {
                    "replicas": 2, "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
                },
            }
        )  # fmt: skip
        self.seed.gardenlet.change({"metadata": {"annotations": {OPERATION: None}}})

    def _look_after(self) -> None:
        if not self._replicas("gardenlet"):
            return
        self.seed.run()
        if not self.seed.there():
            return
        version_ = "extensions.gardener.cloud/v1alpha1"
        spec = {"type": "S3", "region": landscape.REGION, "secretRef": {"name": "backup", "namespace": "garden"}}
        uid = self.seed.read()["metadata"]["uid"]
        if self.runtime.find(f"/apis/{version_}/backupbuckets/{uid}") is None:
            self.runtime.put({"apiVersion": version_, "kind": "BackupBucket", "metadata": {"name": uid}, "spec": spec})
        for found in self.virtual.request(f"/apis/{landscape.CORE}/shoots")["items"]:
            ignored = (found["metadata"].get("annotations") or {}).get(IGNORE) == "true"
            if found["spec"].get("seedName") == SEED and not ignored:
                self._shoot(Shoot(self.virtual, found["metadata"]["namespace"], found["metadata"]["name"]))

    def _shoot(self, shoot: Shoot) -> None:
        awaits = shoot.awaits()
        if awaits:
            shoot.start()
        if not authorities(self.runtime, shoot):
            authority = CertificateAuthority(shoot.name)
            keep(self.runtime, shoot, authority)
            shoot.expose(authority)
            self.made_anew.append(shoot.name)
        if awaits:
            shoot.succeed()


class Rig:
    """A site's garden, on the runtime cluster that it has now."""

    def __init__(self, directory: Path, virtual: VirtualGarden) -> None:
        self.directory, self.virtual = directory, virtual
        self.site: Site
        self.operator: Keeper
        self.seedkeeper: Seedkeeper
        self._stack = contextlib.ExitStack()

    def on(self, runtime: Runtime) -> None:
        """Have what acts on a runtime cluster act there, and nowhere else any more."""
        self.stop()
        self.site = Site(self.directory, runtime)
        self.operator = Keeper(runtime, version(), self.virtual.access)
        self.seedkeeper = Seedkeeper(runtime, self.virtual)
        self._stack.callback(self.seedkeeper.stop)
        self._stack.enter_context(self.operator.running())

    def stop(self) -> None:
        self._stack.close()

    def given(self, **more: Any) -> dict[str, Any]:
        return {"virtual_server": f"https://127.0.0.1:{self.virtual.port}", **OF_SEED, **more}

    def play(self, *options: str, entry: str, fails: bool = False, **more: Any) -> tuple[int, str]:
        return self.site.play(*options, entry=entry, fails=fails, **self.given(**more))

    @contextlib.contextmanager
    def begun(self, entry: str, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
        """A run that loses its power, and has not ended before."""
        log = self.directory / "begun.log"
        with power_loss.begun(self.site.command(entry=entry, **self.given(**more)), self.site.environment, log) as run:
            yield run
            assert run.poll() is None, log.read_text()[-6000:]

    def shoot(self, name: str) -> Shoot:
        return Shoot(self.virtual, f"garden-{PROJECT}", name)

    def make(self, name: str) -> Shoot:
        """A shoot whose control plane is in the runtime cluster, and the state of which is saved."""
        made = self.shoot(name)
        self.virtual.apply(landscape.shoot(landscape.Project(PROJECT, made.namespace), name), "shoots")
        made.bind(SEED)
        self.virtual.until(lambda: name in self.seedkeeper.made_anew and not made.awaits(), f"{name} is made")
        labels = {"name": "ca", "managed-by": "secrets-manager"}
        kept = {"name": "ca-1", "type": "secret", "labels": labels, "data": {"ca.crt": ""}}
        self.virtual.apply(
            {
                "apiVersion": landscape.CORE, "kind": "ShootState", "spec": {"gardener": [kept]},
                "metadata": {"name": name, "namespace": made.namespace},
            },
            "shootstates",
        )  # fmt: skip
        return made

    def known(self) -> dict[str, str]:
        """What may never be another one: UIDs of the seed, which its bucket is named by, and of shoots."""
        seed = self.virtual.request(f"/apis/{landscape.CORE}/seeds/{SEED}")
        shoots = self.virtual.request(f"/apis/{landscape.CORE}/shoots")["items"]
        return {one["metadata"]["name"]: one["metadata"]["uid"] for one in (seed, *shoots)}

    def bundles(self) -> dict[str, str]:
        """The authorities that the nodes of each shoot trust."""
        found = self.virtual.request(f"/api/v1/namespaces/garden-{PROJECT}/configmaps")["items"]
        return {one["metadata"]["name"]: one["data"]["ca.crt"] for one in found if "ca.crt" in one["data"]}

    def held(self) -> list[str]:
        shoots = self.virtual.request(f"/apis/{landscape.CORE}/shoots")["items"]
        return [one["metadata"]["name"] for one in shoots if IGNORE in (one["metadata"].get("annotations") or {})]


def managed(runtime: Runtime) -> dict[str, Object]:
    """The Secrets of the garden's state, by name."""
    found = runtime.request(f"{SPACE}/secrets?labelSelector=managed-by%3Dsecrets-manager")["items"]
    return {one["metadata"]["name"]: one for one in found}


def authorities(runtime: Runtime, shoot: Shoot) -> list[str]:
    """Those of a shoot that its seed has."""
    space = shoot.status.get("technicalID", "")
    found = (runtime.find(f"/api/v1/namespaces/{space}/secrets") or {"items": []})["items"] if space else []
    return [base64.b64decode(one["data"]["ca.crt"]).decode() for one in found]


def keep(runtime: Runtime, shoot: Shoot, authority: CertificateAuthority) -> None:
    """Have an authority of a shoot in the seed."""
    space, labels = shoot.status["technicalID"], {"name": "ca", "managed-by": "secrets-manager"}
    runtime.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    data = {"ca.crt": base64.b64encode(authority.pem.encode()).decode()}
    metadata = {"name": "ca-1", "namespace": space, "labels": labels}
    runtime.put({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})


def forgotten(runtime: Runtime, shoot: Shoot) -> Object:
    """Take the authority of a shoot out of the seed, as one that was made after its snapshot; what it was."""
    path = f"/api/v1/namespaces/{shoot.status['technicalID']}/secrets/ca-1"
    found = runtime.request(path)
    runtime.remove(path)
    return {key: found[key] for key in ("apiVersion", "kind", "data")} | {
        "metadata": {key: found["metadata"][key] for key in ("name", "namespace", "labels")}
    }


def scale(runtime: Runtime, name: str, replicas: int) -> None:
    with contextlib.suppress(urllib.error.HTTPError):
        runtime.request(f"{DEPLOYMENTS}/{name}", "PATCH", {"spec": {"replicas": replicas}}, MERGE)
