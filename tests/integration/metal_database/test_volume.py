"""What there is of a volume, also where its pod does not run."""

from __future__ import annotations

from pathlib import Path

import pytest
from ask import about, refused
from conftest import Run
from containers import Container
from kubelet import MISSING_IMAGE
from objects import CRASHED, NAMESPACE, SECURITY, World

IMAGE = "sidecar:1"


@pytest.fixture
def volume(network: None, tree: Path, tmp_path: Path) -> Container:
    """One with data of PostgreSQL."""
    container = Container(tree, tmp_path)
    container.write("postgres/PG_VERSION", "postgres/.part")
    return container


def test_where_nothing_is_there_is_nothing(world: World, run: Run) -> None:
    found = about(run, "postgres")
    assert found["volume"] == {
        "exists": False,
        "entries": [],
        "restoring": False,
        "running": False,
        "began": None,
        "begun": None,
    }
    assert found["idle"] == "pod masterdata-db-0 is not there" and found["restore"] is None


def test_a_claim_that_has_no_volume_yet_has_no_data(world: World, run: Run) -> None:
    world.claim("masterdata-db", phase="Pending")
    assert about(run, "postgres")["volume"] == {
        "exists": True, "entries": [], "restoring": False, "running": False, "began": None, "begun": None,
    }  # fmt: skip


def test_a_claim_that_has_lost_its_volume_is_an_error(world: World, run: Run) -> None:
    world.claim("masterdata-db", phase="Lost")
    assert "claim masterdata-db-masterdata-db-0 is Lost" in refused(run, "postgres")


def test_a_volume_that_is_being_deleted_is_waited_for(world: World, run: Run) -> None:
    claim = world.claim("masterdata-db")
    held = {"metadata": {"finalizers": ["example.com/held"]}}
    world.core.patch_namespaced_persistent_volume_claim(claim, NAMESPACE, held)
    world.core.delete_namespaced_persistent_volume_claim(claim, NAMESPACE)
    assert "is being deleted -> wait" in refused(run, "postgres")


def test_a_data_directory_that_is_not_made_yet_is_empty(world: World, run: Run, tree: Path, tmp_path: Path) -> None:
    world.claim("masterdata-db")
    world.pod("masterdata-db", "postgres", Container(tree, tmp_path), database=CRASHED)
    assert about(run, "postgres")["volume"]["entries"] == []


def test_the_sidecar_looks_while_the_database_crashes(world: World, run: Run, volume: Container) -> None:
    world.claim("masterdata-db")
    world.pod("masterdata-db", "postgres", volume, database=CRASHED)
    found = about(run, "postgres")
    assert found["volume"] == {
        "exists": True, "entries": [".part", "PG_VERSION"], "restoring": False, "running": False, "began": None,
        "begun": None,
    }  # fmt: skip
    assert found["idle"] == "container postgres of pod masterdata-db-0 does not run: CrashLoopBackOff"


def test_without_a_running_pod_it_is_refused_unless_a_reader_may_look(
    world: World, run: Run, volume: Container
) -> None:
    world.claim("masterdata-db", volume)
    world.stateful_set("masterdata-db")
    assert "name a reader_image" in refused(run, "postgres")
    assert "in check mode no pod is made" in refused(run, "postgres", check=True, reader_image=IMAGE)
    assert world.pods() == [] and not world.kubelet.specs

    assert about(run, "postgres", reader_image=IMAGE)["volume"] == {
        "exists": True, "entries": [".part", "PG_VERSION"], "restoring": False, "running": False, "began": None,
        "begun": None,
    }  # fmt: skip
    assert world.pods() == []


def test_a_reader_sees_the_volume_read_only_as_the_user_of_the_database(
    world: World, run: Run, volume: Container
) -> None:
    world.claim("masterdata-db", volume)
    world.pod("masterdata-db", "postgres", volume, database=CRASHED, sidecar=CRASHED)
    about(run, "postgres", reader_image=IMAGE)
    (pod,) = world.kubelet.specs
    spec, owner = pod.spec, pod.metadata.owner_references[0]
    assert spec.node_name == "node" and spec.security_context.run_as_user == SECURITY["runAsUser"]
    assert spec.volumes[0].persistent_volume_claim.read_only and spec.containers[0].volume_mounts[0].read_only
    assert spec.active_deadline_seconds == 60 and spec.restart_policy == "Never"
    assert spec.automount_service_account_token is False
    assert (owner.kind, owner.name) == ("PersistentVolumeClaim", "masterdata-db-masterdata-db-0")
    assert world.pods() == ["masterdata-db-0"]


def test_a_reader_that_was_left_is_replaced(world: World, run: Run, volume: Container) -> None:
    world.claim("masterdata-db", volume)
    left = {"metadata": {"name": "metal-database-reader-masterdata-db"},
            "spec": {"containers": [{"name": "left", "image": "left:1"}]}}  # fmt: skip
    world.core.create_namespaced_pod(NAMESPACE, left)
    assert about(run, "postgres", reader_image=IMAGE)["volume"]["entries"] == [".part", "PG_VERSION"]
    assert world.pods() == []


def test_a_reader_that_cannot_start_is_an_error_and_removed(world: World, run: Run, volume: Container) -> None:
    world.claim("masterdata-db", volume)
    said = refused(run, "postgres", reader_image=MISSING_IMAGE, timeout=2)
    assert "has not ended within 2 s: ErrImagePull" in said and world.pods() == []


def test_a_reader_that_fails_is_an_error(world: World, run: Run, volume: Container) -> None:
    world.claim("masterdata-db", volume)
    (volume.volume / "postgres").chmod(0o700)
    said = refused(run, "postgres", reader_image=IMAGE)
    assert "has ended as Failed" in said and "Permission denied" in said
