"""A garden that has lost its runtime cluster comes back: from a snapshot of that, and to another one.

The same authorities, the same Seed, after whose UID its bucket is named, and no shoot is made anew. One test goes on
with what the one before has left.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import landscape
import lost_garden
import pytest
from cluster import Etcd
from lost_garden import DEPLOYMENTS, PROJECT, Rig, VirtualGarden, managed, scale
from runtime import OPERATOR_API, SPACE, Runtime
from scenario import scenario

DEPLOYED = f"{SPACE}/secrets?labelSelector=owner%3Dhelm,status%3Ddeployed"
NOTE = f"{SPACE}/configmaps/metalstack-autonomous-held-shoots"


@pytest.fixture(scope="module")
def garden(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualGarden]:
    running = VirtualGarden(tmp_path_factory.mktemp("virtual-garden") / "garden", etcd)
    try:
        running.serve()
        landscape.prepare(running)
        landscape.project(running, PROJECT)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def first(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with _served(etcd, tmp_path_factory, "first") as running:
        yield running


@pytest.fixture(scope="module")
def second(etcd: Etcd, rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with _served(etcd, tmp_path_factory, "second") as running:
        yield running
        # What acts there ends before it.
        rig.stop()


@contextlib.contextmanager
def _served(etcd: Etcd, tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Runtime]:
    """A runtime cluster without anything of Gardener's."""
    running = Runtime(tmp_path_factory.mktemp(name) / name, etcd, name)
    try:
        running.prepare()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def rig(garden: VirtualGarden, first: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A garden with two shoots, whose control planes are in its runtime cluster."""
    made = Rig(tmp_path_factory.mktemp("site"), garden)
    try:
        made.on(first)
        made.play(entry="main")
        for name in ("old", "young"):
            made.make(name)
        made.seedkeeper.made_anew.clear()
        yield made
    finally:
        made.stop()


def state(rig: Rig) -> Path:
    return Path(rig.site.state)


def snapshot(rig: Rig, *lost: str) -> dict[str, dict[str, object]]:
    """Have the cluster come back as from a snapshot: what acts is held, and it knows nothing of shoots made since."""
    gone = {}
    for name in ("gardenlet", "gardener-operator"):
        scale(rig.site.cluster, name, 0)
    for name in lost:
        gone[name] = lost_garden.forgotten(rig.site.cluster, rig.shoot(name))
    return gone


def test_1_the_stand_in_makes_a_shoot_anew_that_nobody_holds(rig: Rig) -> None:
    """What all others are about; it is put right again."""
    before = rig.bundles()
    gone = lost_garden.forgotten(rig.site.cluster, rig.shoot("young"))
    rig.virtual.until(lambda: rig.seedkeeper.made_anew == ["young"], "gardenlet makes it anew")
    assert rig.bundles() != before
    rig.site.cluster.put(gone)
    path = f"/api/v1/namespaces/garden-{PROJECT}/configmaps/young.ca-cluster"
    data = {"data": {"ca.crt": before["young.ca-cluster"]}}
    rig.virtual.request(path, "PATCH", data, "application/merge-patch+json")
    rig.seedkeeper.made_anew.clear()


def test_2_a_snapshot_of_before_the_last_rotation_is_refused_and_nothing_is_changed(rig: Rig) -> None:
    kept = state(rig) / "gardens.json"
    before, gardens = kept.read_text(), json.loads(kept.read_text())
    later = {"phase": "Prepared", "lastInitiationTime": "2036-11-20T10:00:00Z"}
    gardens["items"][0]["status"].setdefault("credentials", {})["rotation"] = {"etcdEncryptionKey": later}
    snapshot(rig)
    try:
        kept.write_text(json.dumps(gardens))
        changed, said = rig.play(entry="adopt", fails=True)
    finally:
        kept.write_text(before)
    assert "has a later state than the garden" in said and "etcdEncryptionKey Prepared since 2036" in said, said[-4000:]
    assert not changed and rig.held() == []
    found = rig.site.cluster.request(f"{DEPLOYMENTS}/gardener-operator")
    assert found["spec"]["replicas"] == 0


@scenario(
    id="N6",
    title="The runtime cluster of a garden comes back from a snapshot that is older than a shoot",
    initial_cluster="the garden comes back with its cluster, its etcd from its bucket; gardenlet waits until its shoots"
    " are safe",
    target_cluster="none where the snapshot has its control plane: its nodes go on, and its API is back with gardenlet."
    " A shoot that the snapshot knows nothing of is left as it is, without an API",
    end_users="none; who changes a shoot waits until the virtual garden answers",
    detection="the run that restores fails at its end, and names each shoot that stays held, with the reason",
    remedy="the playbook `bootstrap` has the garden come back with the site; put right what it names, or restore a"
    " newer set, and run the playbook `restore_garden`. Where it is older than a rotation, a set of after that",
)
def test_3_a_garden_comes_back_with_its_cluster_but_for_a_shoot_that_this_knows_nothing_of(rig: Rig) -> None:
    before, bundles, keys = rig.known(), rig.bundles(), managed(rig.site.cluster)
    gone = snapshot(rig, "young")
    changed, _said = rig.play("--check", entry="adopt")
    assert changed and rig.held() == [] and not rig.site.cluster.request(f"{DEPLOYMENTS}/gardenlet")["spec"]["replicas"]
    _changed, said = rig.play(entry="adopt")
    assert f"garden-{PROJECT}/young stays held" in said and "the seed has no authority of it" in said, said[-4000:]
    assert rig.held() == ["young"] and rig.seedkeeper.made_anew == []
    assert rig.known() == before and rig.bundles() == bundles
    assert managed(rig.site.cluster).keys() == keys.keys()
    assert rig.play(entry="adopt")[0] == 0
    rig.site.cluster.put(gone["young"])
    rig.play(entry="adopt")
    assert rig.held() == [] and rig.seedkeeper.made_anew == [] and rig.site.cluster.find(NOTE) is None
    assert rig.play(entry="adopt")[0] == 0


def test_4_a_virtual_garden_without_its_seed_is_refused_before_anything_is_made_in_it(rig: Rig) -> None:
    shoots = rig.known()
    _changed, said = rig.play(entry="adopt", fails=True, seed_name="another")
    assert "The virtual garden has no Seed another, so its etcd is not that of before" in said, said[-4000:]
    assert rig.known() == shoots and rig.held() == []


@scenario(
    id="N9",
    title="A garden has lost its runtime cluster for good, with every snapshot of it",
    initial_cluster="the garden comes to another cluster, with the authorities and keys that were kept of it",
    target_cluster="its nodes and what runs there go on; its API was in the cluster that is lost, and Gardener has no"
    " supported way to bring it back to the same seed. Shoots of other seeds miss nothing",
    end_users="none of shoots in other seeds but that nobody changes them meanwhile",
    detection="there is no set of k3s that could be restored; the state of the garden is left, with the controller or"
    " in a set",
    remedy="have whoever acted on the former cluster act no more, found the cluster anew, and run the playbook"
    " `restore_garden` with `restore_garden_from=state`",
)
@pytest.mark.long
def test_5_a_garden_comes_to_another_cluster_by_a_run_that_is_killed_at_each_step(rig: Rig, second: Runtime) -> None:
    before, bundles, keys = rig.known(), rig.bundles(), managed(rig.site.cluster)
    garden = rig.site.cluster.garden() or {}
    rig.on(second)
    for more, told in (
        ({}, "gardener_restore_fenced is not true"),
        ({"restore_fenced": True, "state_path": str(rig.directory / "none")}, "has no state of a garden"),
    ):
        assert told in rig.play(entry="restore", fails=True, **more)[1]
    assert second.find("/api/v1/namespaces/garden") is None
    fenced = {"restore_fenced": True}
    changed, said = rig.play("--check", entry="restore", **fenced)
    assert not changed and "be brought to this cluster" in said and second.find("/api/v1/namespaces/garden") is None

    def there(path: str) -> bool:
        return second.find(path) is not None

    def held() -> bool:
        return sorted(rig.held()) == ["old", "young"]

    for reached, what in (
        # What helm has locked, somebody has to let go.
        (lambda: bool(second.request(DEPLOYED)["items"]), "the operator is installed"),
        (lambda: there(f"{SPACE}/secrets") and len(managed(second)) > 2, "some of the Secrets are there"),
        (lambda: bool((second.find(f"{OPERATOR_API}/gardens") or {}).get("items")), "the Garden is there"),
        (held, "the shoots are held"),
        (lambda: there(f"{DEPLOYMENTS}/gardenlet"), "gardenlet comes back"),
    ):
        with rig.begun("restore", **fenced) as run:
            second.until(lambda reached=reached, run=run: reached() or run.poll() is not None, what)
    _changed, said = rig.play("--diff", entry="restore", **fenced)
    assert "stays held" in said and rig.seedkeeper.made_anew == [] and held(), said[-4000:]
    for one in keys.values():
        for text in one["data"].values():
            assert text not in said
    assert rig.known() == before and rig.bundles() == bundles
    now = managed(second)
    assert {name: one["data"] for name, one in now.items()} == {name: one["data"] for name, one in keys.items()}
    backup = (second.garden() or {})["spec"]["virtualCluster"]["etcd"]["main"]["backup"]
    assert backup == garden["spec"]["virtualCluster"]["etcd"]["main"]["backup"]
    assert rig.play(entry="restore", **fenced)[0] == 0


@pytest.mark.long
def test_6_another_garden_or_half_a_state_is_refused_and_nothing_is_changed(rig: Rig, second: Runtime) -> None:
    """A garden that somebody has made anew meanwhile has other keys, by which nobody reads the etcd of before."""
    before = {name: one["metadata"]["resourceVersion"] for name, one in managed(second).items()}
    kept = state(rig) / "secrets.json"
    text = kept.read_text()
    others = json.loads(text)
    for one in others["items"]:
        one["data"] = dict.fromkeys(one["data"], "b3RoZXI=")
    with contextlib.ExitStack() as stack:
        stack.callback(kept.write_text, text)
        kept.write_text(json.dumps(others))
        _changed, said = rig.play(entry="restore", fails=True, restore_fenced=True)
        assert "has the state of another garden" in said, said[-4000:]
        kept.write_text(text[: len(text) // 2])
        _changed, said = rig.play(entry="restore", fails=True, restore_fenced=True)
        assert "secrets.json cannot be read" in said, said[-4000:]
    assert {name: one["metadata"]["resourceVersion"] for name, one in managed(second).items()} == before
