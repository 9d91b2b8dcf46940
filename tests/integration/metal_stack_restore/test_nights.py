"""What a server does every night with databases that run, and what a restore is compared with then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import objects
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.client import Cluster
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.namespace import Namespace
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import nights, noted, watch
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.own_cluster import OwnCluster
from one_site import DATABASES, Site
from pods import NAMESPACE

NAME = "masterdata-db"


@pytest.fixture
def own(saved: Site, monkeypatch: pytest.MonkeyPatch) -> OwnCluster:
    """The cluster as a server of it asks. Its kubelet is a stand-in that does not speak with kubectl."""
    api = Cluster(saved.cluster.kubeconfig, seconds=60)
    monkeypatch.setattr(objects, "api", lambda seconds: api)
    cluster, namespace = OwnCluster(NAMESPACE, 60), Namespace(api, NAMESPACE)

    def run(pod: str, container: str, command: Sequence[str], seconds: int = 0) -> Done:
        return namespace.run(pod, container, command)

    monkeypatch.setattr(cluster, "run", run)
    return cluster


def test_a_night_saves_what_the_backup_holds_that_it_makes(saved: Site, own: OwnCluster, tmp_path: Path) -> None:
    site = saved
    former = {name: (site.backups(name)[0], len(site.sentinels(name))) for name in DATABASES}
    site.ask("insert into projects values ('p-night', '{}')")
    outcomes = nights.run(own, tmp_path, again=True, accept={})
    assert {one["database"]: one["error"] for one in outcomes} == dict.fromkeys(DATABASES, "")
    for name in DATABASES:
        newest, known = site.backups(name)[0], site.sentinels(name)
        assert newest != former[name][0] and known[-1]["version"] == newest and len(known) == former[name][1] + 1
    assert site.sentinels(NAME)[-1]["tables"]["projects"] == 41
    assert "p-night" in site.sentinels(NAME)[-1]["lists"]["projects"]
    assert set(noted.read(tmp_path)) == set(DATABASES)
    # Another server has nothing left to do this night.
    assert all(one["idle"] for one in nights.run(own, tmp_path, again=False, accept={}))


def test_the_storage_is_seen_as_it_is(saved: Site, own: OwnCluster) -> None:
    seen = {one["database"]: one for one in watch.look(own)}
    assert set(seen) == set(DATABASES)
    for name, one in seen.items():
        assert one["count"] == len(saved.backups(name)) and not (one["suspect"] or one["unanswered"] or one["waits"])
        assert one["interval"] == 86400 and one["saved"]


def test_one_that_was_emptied_is_backed_up_told_and_not_saved(saved: Site, own: OwnCluster, tmp_path: Path) -> None:
    site = saved
    known, count = site.sentinels(NAME), len(site.backups(NAME))
    site.ask("delete from projects")
    outcomes = {one["database"]: one for one in nights.run(own, tmp_path, again=True, accept={})}
    assert "table projects has 0 rows" in outcomes[NAME]["error"] and not outcomes["valkey"]["error"]
    assert site.sentinels(NAME) == known and len(site.backups(NAME)) == count + 1
    assert noted.read(tmp_path)[NAME]["drops"]
