"""A stage's directory, whole at every moment."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.files import locked
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.stage import Stage, set_id

RECORD = {"release": "v1", "vectors": [], "components": {}, "roles": {}}


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path / "stages", "initial")


def install(stage, tmp_path, content, former=None):
    prepared = tmp_path / f"prepared-{content}"
    (prepared / "role").mkdir(parents=True)
    (prepared / "role/file").write_text(content)
    identity = set_id({"role": content})
    stage.commit(identity, prepared, {**RECORD, "release": content}, stage.record() if former is None else former)
    return identity


def sets(stage):
    return sorted(path.name for path in (stage.directory / "sets").iterdir())


def test_a_stage_without_a_release_has_an_empty_record_and_no_directory(stage):
    assert stage.record() == {}
    assert not stage.has("any")
    assert not stage.directory.parent.exists()


def test_the_link_leads_to_the_set_in_use_and_one_former_set_stays(stage, tmp_path):
    identities = [install(stage, tmp_path, name) for name in ("one", "two", "three")]
    assert (stage.link / "role/file").read_text() == "three"
    assert str(stage.link.readlink()) == f"sets/{identities[2]}"
    assert sets(stage) == sorted(identities[1:])
    assert stage.has(identities[2])
    assert not stage.has(identities[1])


def test_another_record_of_the_same_roles_leaves_the_former_set(stage, tmp_path):
    first, second = install(stage, tmp_path, "one"), install(stage, tmp_path, "two")
    stage.commit(second, None, {**RECORD, "replacements": {"a.tag": "v2"}}, stage.record())
    assert sets(stage) == sorted([first, second])


def test_what_a_killed_run_prepared_is_removed(stage, tmp_path):
    install(stage, tmp_path, "one")
    (stage.directory / ".new-killed/roles").mkdir(parents=True)
    install(stage, tmp_path, "two")
    assert not list(stage.directory.glob(".new-*"))


@pytest.mark.parametrize("left", [".release.json", ".new-killed", "release.json"])
def test_a_stage_is_removed_with_what_a_killed_run_left(stage, tmp_path, left):
    install(stage, tmp_path, "one")
    (stage.directory / left).touch()
    if left.startswith(".new-"):
        (stage.directory / left).unlink()
        (stage.directory / left).mkdir()
    stage.remove()
    assert not stage.directory.exists()


@pytest.mark.parametrize("name", ["data", ".ssh", "roles", "release.json.orig", "sets.tar"])
def test_a_directory_that_is_no_stage_is_not_removed(stage, name):
    (stage.directory / name).mkdir(parents=True)
    with pytest.raises(ReleaseError, match=f"is no stage and is not removed: it has {name}"):
        stage.remove()
    assert [path.name for path in stage.directory.iterdir()] == [name]


def test_who_waited_for_a_stage_that_was_removed_keeps_others_out(stage, tmp_path):
    """The lock is removed with the directory; the one that was waited for would keep nobody out."""
    install(stage, tmp_path, "one")
    waits = threading.Thread(target=install, args=(stage, tmp_path, "two", {}))
    with locked(stage.directory / "stage"):
        waits.start()
        waits.join(0.2)
        for path in (stage.directory / "release.json", stage.directory / "stage.lock"):
            path.unlink()
    waits.join()
    assert stage.record()["release"] == "two"
    assert (stage.directory / "stage.lock").exists()


def test_a_record_may_change_without_its_roles(stage, tmp_path):
    identity = install(stage, tmp_path, "one")
    stage.commit(identity, None, {**RECORD, "release": "v2"}, stage.record())
    assert (stage.record()["release"], stage.has(identity)) == ("v2", True)


@pytest.mark.parametrize("damage", ["change", "add", "remove", "link"])
def test_a_set_that_is_not_as_it_was_installed_is_seen_and_put_right(stage, tmp_path, damage):
    identity = install(stage, tmp_path, "one")
    file = stage.roles_path(identity) / "role/file"
    if damage == "change":
        file.write_text("other")
    elif damage == "add":
        file.with_name("more").touch()
    elif damage == "remove":
        file.unlink()
    else:
        stage.link.unlink()
        stage.link.symlink_to("elsewhere")
    assert not stage.has(identity)
    stage.commit(identity, tmp_path / "prepared-one", RECORD, stage.record())
    assert stage.has(identity)


def test_what_python_leaves_beside_plugins_is_no_change(stage, tmp_path):
    identity = install(stage, tmp_path, "one")
    (stage.roles_path(identity) / "role/__pycache__").mkdir()
    (stage.roles_path(identity) / "role/__pycache__/a.pyc").touch()
    assert stage.has(identity)


def test_a_run_that_was_killed_before_the_link_is_put_right_by_the_next(stage, tmp_path):
    first = install(stage, tmp_path, "one")
    second = install(stage, tmp_path, "two")
    stage.link.unlink()
    stage.link.symlink_to(f"sets/{first}")
    assert not stage.has(second)
    stage.commit(second, tmp_path / "prepared-two", RECORD, stage.record())
    assert (stage.link / "role/file").read_text() == "two"


def test_of_two_runs_at_once_the_later_one_is_refused(stage, tmp_path):
    former = stage.record()
    identity = install(stage, tmp_path, "one")
    with pytest.raises(ReleaseError, match="another run has changed"):
        install(stage, tmp_path, "two", former=former)
    assert stage.has(identity)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", ".hidden", "a b"])
def test_a_stage_has_the_name_of_a_directory(tmp_path, name):
    with pytest.raises(ReleaseError, match="no directory's"):
        Stage(tmp_path, name)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"release": "v1"}'])
def test_a_damaged_record_is_told(stage, tmp_path, text):
    install(stage, tmp_path, "one")
    (stage.directory / "release.json").write_text(text)
    with pytest.raises(ReleaseError, match="repair it, or remove it with its stage"):
        stage.record()
