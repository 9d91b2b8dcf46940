"""A restore is marked from before its volume is there until it was confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_database_restore
from api import Server
from ask import about
from conftest import Run
from containers import Container
from objects import NAMESPACE, World


def mark(run: Run, state: str, **options: Any) -> dict[str, Any]:
    engine = {"engine": "postgres"} if state == "cleared" else {}
    return run(metal_database_restore, name="masterdata-db", state=state, **engine, **options)


def test_a_restore_is_begun_once_and_confirmed_once(world: World, run: Run) -> None:
    assert mark(run, "begun", version="v1", check=True)["changed"] is True
    assert about(run, "postgres")["restore"] is None
    first = mark(run, "begun", version="v1")
    assert first["changed"] is True and first["before"] is None and first["after"]["version"] == "v1"
    again = mark(run, "begun", version="v1")
    assert again["changed"] is False and again["after"] == first["after"]
    assert mark(run, "begun", version="v2")["diff"]["before"]["version"] == "v1"
    assert about(run, "postgres")["restore"]["version"] == "v2"

    assert mark(run, "confirmed", check=True)["changed"] is True
    assert about(run, "postgres")["restore"]["version"] == "v2"
    assert mark(run, "confirmed")["after"] is None
    assert about(run, "postgres")["restore"] is None
    assert mark(run, "confirmed")["changed"] is False


def test_it_is_a_restore_of_a_volume_that_is_there(world: World, run: Run) -> None:
    """With the volume goes what was restored in part, so that another restore may begin."""
    mark(run, "begun")
    assert about(run, "postgres")["volume"]["restoring"] is False
    claim = world.claim("masterdata-db", phase="Pending")
    assert about(run, "postgres")["volume"]["restoring"] is True
    world.core.delete_namespaced_persistent_volume_claim(claim, NAMESPACE)
    assert about(run, "postgres")["volume"]["restoring"] is False
    world.claim("masterdata-db", phase="Pending")
    mark(run, "confirmed")
    assert about(run, "postgres")["volume"]["restoring"] is False


def test_how_a_database_has_begun_is_told_of_this_cluster_and_these_backups(world: World, run: Run) -> None:
    prefix = "masterdata-db-prod"
    first = mark(run, "fresh", prefix=prefix)
    assert first["changed"] is True and mark(run, "fresh", prefix=prefix)["changed"] is False
    assert about(run, "postgres")["volume"]["began"] is None
    world.claim("masterdata-db", phase="Pending")
    assert about(run, "postgres")["volume"]["began"] == {"how": "fresh", "since": first["after"]["since"]}
    assert about(run, "postgres", stage="test")["volume"]["began"] is None
    mark(run, "begun", version="v1")
    mark(run, "confirmed", prefix=prefix)
    volume = about(run, "postgres")["volume"]
    assert volume["began"]["how"] == "restore" and volume["restoring"] is False


def test_what_a_restore_has_left_is_cleared_away(world: World, run: Run) -> None:
    mark(run, "begun", version="v1")
    world.stateful_set("masterdata-db")
    claim = world.claim("masterdata-db", phase="Pending")
    left = {"StatefulSet": "masterdata-db", "PersistentVolumeClaim": claim}
    assert mark(run, "cleared", version="v1", check=True)["before"] == left
    assert "no restore of version v2" in mark(run, "cleared", version="v2")["msg"]
    assert world.apps.list_namespaced_stateful_set(NAMESPACE).items and about(run, "postgres")["volume"]["exists"]
    assert mark(run, "cleared", version="v1")["before"] == left
    assert not world.apps.list_namespaced_stateful_set(NAMESPACE).items
    found = about(run, "postgres")
    assert found["volume"]["exists"] is False and found["restore"]["version"] == "v1"
    assert mark(run, "cleared", version="v1")["changed"] is False


def test_a_volume_is_not_removed_while_its_pod_does_not_end(world: World, run: Run, tree: Path, tmp_path: Path) -> None:
    """Nobody ends pods here, as on a node that is dead."""
    mark(run, "begun", version="v1")
    world.claim("masterdata-db")
    world.pod("masterdata-db", "postgres", Container(tree, tmp_path))
    refused = mark(run, "cleared", version="v1", discard=True, timeout=2)
    assert "Pod masterdata-db-0 is still there 2 s after" in refused["msg"]
    (claim,) = world.core.list_namespaced_persistent_volume_claim(NAMESPACE).items
    assert claim.metadata.deletion_timestamp is None


def test_a_claim_that_was_there_before_stays(world: World, run: Run) -> None:
    world.claim("masterdata-db", phase="Pending")
    mark(run, "begun", version="v1")
    assert mark(run, "cleared", version="v1")["changed"] is False
    volume = about(run, "postgres")["volume"]
    # Nobody has had a volume of it, so that all that comes into one is restored.
    assert volume["exists"] and volume["begun"]["made"] is True


def test_a_volume_that_had_nothing_is_given_up_with_what_a_restore_has_left_there(
    world: World, run: Run, tree: Path, tmp_path: Path
) -> None:
    volume = Container(tree, tmp_path)
    claim = world.claim("masterdata-db", volume)
    mark(run, "begun", version="v1")
    assert mark(run, "cleared", version="v1", reader_image="sidecar:1")["changed"] is False
    assert about(run, "postgres", reader_image="sidecar:1")["volume"]["begun"]["made"] is True
    # The run ends here, with a part of the backup.
    volume.write("postgres/PG_VERSION")
    assert mark(run, "begun", version="v1")["changed"] is True
    # Nobody sees how far it came, and whether a database has run on it.
    assert "to have it discarded, say discard" in mark(run, "cleared", version="v1")["msg"]
    assert world.core.list_namespaced_persistent_volume_claim(NAMESPACE).items
    assert mark(run, "cleared", version="v1", discard=True)["before"] == {"PersistentVolumeClaim": claim}
    assert about(run, "postgres")["volume"]["exists"] is False


def test_one_who_may_not_mark_it_is_told_so(world: World, run: Run, server: Server) -> None:
    assert (
        "refuses to read ConfigMap metal-database-restore-masterdata-db"
        in (mark(run, "begun", kubeconfig=str(server.stranger))["msg"])
    )
