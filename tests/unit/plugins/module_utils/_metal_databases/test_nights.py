"""What a night does to one database, and what is kept of it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Unreachable as NoStorage
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import nights, noted, saved
from here import CONFIG, Bucket, Here, later, stateful_set

NEVER = CONFIG.replace("*/3 * * * *", "0 0 31 2 *")


@pytest.fixture
def here():
    """A cluster that has saved what its newest backup holds."""
    found = Here()
    found.bucket.keep()
    return found


def night(here, state=None, again=True, writes=True, **accept):
    (outcome,) = nights.run(here, state, again=again, accept=accept, writes=writes, client=lambda storage: here.bucket)
    return outcome


def newest(here):
    return here.bucket.saved[max(here.bucket.saved)]


def test_what_it_holds_is_saved_with_a_backup_that_is_made_for_it(here):
    here.rows = [12]
    outcome = night(here)
    assert outcome["error"] == "" and outcome["version"] == here.bucket.versions[-1].id != here.bucket.versions[0].id
    assert newest(here)["version"] == outcome["version"] and newest(here)["tables"] == {"ips": 12, "projects": 2}
    assert here.commands[1] == ("ipam-db-0", "backup-restore-sidecar")


def test_saved_is_what_was_there_before_and_after_the_backup(here):
    here.rows, here.projects = [12, 11], [["a", "b", "c"], ["b", "c", "d"]]
    night(here, **{"ipam-db": ["projects"]})
    assert newest(here)["tables"] == {"ips": 11, "projects": 3} and newest(here)["lists"] == {"projects": ["b", "c"]}


def test_a_restore_of_the_former_backup_is_compared_with_what_that_held(here):
    former = here.bucket.versions[-1]
    here.rows = [100]
    night(here)
    assert here.bucket.manifest("ipam-db-prod", former)["tables"]["ips"] == 10
    assert here.bucket.manifest("ipam-db-prod", here.bucket.versions[-1])["tables"]["ips"] == 100


def test_of_one_that_holds_less_nothing_is_saved_and_it_is_told(here):
    here.rows = [3]
    outcome = night(here)
    assert outcome["drops"] == ["table ips has 3 rows, it had 10"] and "accept" in outcome["error"]
    assert len(here.bucket.saved) == 1 and len(here.bucket.versions) == 2
    assert night(here, **{"ipam-db": ["ips"]})["error"] == "" and newest(here)["tables"]["ips"] == 3


def test_a_backup_may_take_longer_than_a_question(here):
    night(here)
    assert here.limits == [0, 3600, 0]
    here.seconds = 7200
    night(here)
    assert here.limits[4] == 7200


def test_what_its_schedule_makes_while_it_is_counted_is_not_what_was_counted(here):
    run, counts = here.run, iter([False, True])

    def count(pod, container, command, seconds=0):
        if container != "backup-restore-sidecar" and next(counts):
            here.bucket.add()
        return run(pod, container, command, seconds)

    here.run = count
    outcome = night(here)
    assert outcome["version"] == newest(here)["version"] == here.bucket.versions[1].id
    assert len(here.bucket.versions) == 3


@pytest.mark.parametrize("change", ["held", "restored", "never", "gone"])
@pytest.mark.parametrize("tries", [0, 1])
def test_one_that_waits_by_now_is_left_alone(here, monkeypatch, tmp_path, change, tries):
    """Others have come before it in the night, or a backup of its schedule."""
    monkeypatch.setattr(saved, "_PAUSE", 0)
    here.said = [Done(1, "", "Error: a backup is already in progress")]

    def run(pod, container, command, seconds=0):
        done = Here.run(here, pod, container, command)
        if len(here.commands) == 1 + tries:
            changed = {
                "held": {"sets": [stateful_set(replicas=0)]},
                "restored": {"config_maps": {**here.config_maps, "metal-database-restore-ipam-db": {"data": {}}}},
                "never": {"config_maps": {"of-ipam-db": {"data": {"config.yaml": NEVER}}}},
                "gone": {"sets": []},
            }
            vars(here).update(changed[change])
        return done

    here.run = run
    outcome = night(here, tmp_path)
    assert here.commands == [("ipam-db-0", "postgres"), *[("ipam-db-0", "backup-restore-sidecar")] * tries]
    if change == "gone":
        assert "no StatefulSet" in outcome["error"]
    else:
        assert outcome["waits"] and not outcome["error"] and noted.read(tmp_path) == {}


@pytest.mark.parametrize(("rows", "told"), [([9], False), ([8], False), ([7], True)])
def test_a_fifth_and_more_than_one_is_less_of_what_is_in_use_and_none_is_lost(here, rows, told):
    here.rows = rows
    outcome = night(here)
    assert bool(outcome["drops"]) == told and outcome["lost"] == []


def test_that_of_a_small_table_one_row_is_gone_is_no_drop(here):
    here.bucket.saved.clear()
    here.bucket.keep(rows=2)
    here.rows = [1]
    assert night(here)["error"] == ""


def test_what_is_empty_is_lost_however_little_it_was(here, tmp_path):
    here.bucket.saved.clear()
    here.bucket.keep(rows=1)
    here.rows = [0]
    outcome = night(here, tmp_path)
    assert outcome["lost"] == noted.read(tmp_path)["ipam-db"]["lost"] == ["ips"]


def test_that_users_remove_a_project_is_no_drop(here):
    here.bucket.saved.clear()
    here.bucket.keep(projects=[f"p{number}" for number in range(10)])
    here.projects = [[f"p{number}" for number in range(8)]]
    assert night(here)["error"] == ""
    here.projects = [["p0", "p1", "p2"]]
    assert "projects lack p3, p4" in night(here)["error"]


def test_one_that_never_held_anything_has_nothing_to_save():
    here = Here()
    here.rows, here.projects = [0], [[]]
    outcome = night(here)
    assert outcome["error"] == "" and outcome["version"] and here.bucket.saved == {} and not outcome["holds"]
    here.rows = [5]
    assert night(here)["error"] == "" and newest(here)["tables"]["ips"] == 5


def test_another_cluster_that_writes_the_same_backups_is_told(here):
    here.uid = "other"
    here.bucket.keep(cluster="uid", moment=later(minutes=-180))
    assert "two write the same backups" in night(here)["error"]
    began = {"how": "restore", "prefix": "ipam-db-prod", "cluster": "other", "since": "2026-11-29T10:00:00+00:00"}
    here.config_maps["metal-database-began-ipam-db"] = {"data": began}
    assert night(here)["error"] == "" and newest(here)["cluster"] == "other"
    here.bucket.keep(cluster="uid", moment=later(hours=1))
    assert "two write the same backups" in night(here)["error"]


def test_a_backup_that_is_under_way_is_waited_for_and_does_not_count(here, monkeypatch):
    monkeypatch.setattr(saved, "_PAUSE", 0)
    here.said = [Done(1, "", "Error: a backup is already in progress"), Done(0, "", "")]
    assert night(here)["error"] == "" and len(here.commands) == 4
    monkeypatch.setattr(saved, "BACKUP_SECONDS", 0)
    here.said = [Done(1, "", "Error: a backup is already in progress")]
    assert "does not back it up: Error: a backup is already in progress" in night(here)["error"]


def test_a_sidecar_that_makes_nothing_newer_is_told(here):
    here.makes = False
    assert "no newer backup below ipam-db-prod/" in night(here)["error"] and len(here.bucket.saved) == 1


def test_one_that_waits_for_its_data_is_left_alone(here):
    here.sets = [stateful_set(replicas=0)]
    outcome = night(here)
    assert outcome["waits"] and not outcome["error"] and here.commands == []


def test_another_server_has_done_it_this_night(here, monkeypatch):
    moments = iter([later(hours=11), later(hours=13)])
    monkeypatch.setattr(nights, "datetime", Clock(moments))
    assert night(here, again=False)["idle"] and here.commands == []
    assert night(here, again=False)["version"]


def test_what_another_cluster_has_saved_this_night_does_not_count(here, monkeypatch):
    monkeypatch.setattr(nights, "datetime", Clock(iter([later(hours=1)])))
    here.uid = "other"
    assert not night(here, again=False)["idle"]


def test_in_check_mode_nothing_is_asked_of_the_database(here, tmp_path):
    outcome = night(here, tmp_path, writes=False)
    assert not outcome["error"] and here.commands == [] and noted.read(tmp_path) == {}


class Silent(Bucket):
    def held(self, prefix):
        raise NoStorage("no answer")

    def manifest(self, prefix, until=None):
        raise NoStorage("no answer")


def test_one_that_has_to_be_there_and_is_not_is_an_error(here, tmp_path):
    outcomes = nights.run(
        here, tmp_path, again=True, accept={}, expected=["ipam-db", "metal-db"], client=lambda storage: here.bucket
    )
    assert [(one["database"], bool(one["error"])) for one in outcomes] == [("ipam-db", False), ("metal-db", True)]
    assert "no StatefulSet metal-db" in noted.read(tmp_path)["metal-db"]["error"]


def test_how_each_went_is_kept_when_it_has_ended(here, tmp_path):
    here.sets += [stateful_set("later-db")]
    here.config_maps["of-later-db"] = here.config_maps["of-ipam-db"]
    here.secrets["backup-restore-sidecar-backup-provider-config-later-db"] = next(iter(here.secrets.values()))
    seen = []
    nights.run(
        here, tmp_path, again=True, accept={}, client=lambda storage: here.bucket,
        tell=lambda name: seen.append(list(noted.read(tmp_path))),
    )  # fmt: skip
    first, second = noted.read(tmp_path)["ipam-db"], noted.read(tmp_path)["later-db"]
    assert seen == [[], ["ipam-db"]] and first["tried"] < second["tried"]


def test_how_it_went_is_kept_and_what_is_gone_is_forgotten(here, tmp_path):
    here.sets += [stateful_set("gone-db")]
    here.config_maps["of-gone-db"] = here.config_maps["of-ipam-db"]
    here.secrets["backup-restore-sidecar-backup-provider-config-gone-db"] = next(iter(here.secrets.values()))
    nights.run(here, tmp_path, again=True, accept={}, client=lambda storage: here.bucket)
    assert set(noted.read(tmp_path)) == {"ipam-db", "gone-db"}
    del here.sets[1]
    good = noted.read(tmp_path)["ipam-db"]["success"]
    nights.run(here, tmp_path, again=True, accept={}, client=lambda storage: Silent())
    (kept,) = noted.read(tmp_path).values()
    assert kept["error"] == "no answer" and kept["success"] == good and kept["drops"] == []
    assert (tmp_path / "databases.json").stat().st_mode & 0o777 == 0o600


def test_a_fault_that_nobody_foresaw_is_none_of_the_others(here):
    here.said = [{}]
    assert night(here)["error"].startswith("AttributeError")


def test_a_cluster_that_gives_no_answer_is_kept_beside_what_is_known(here, tmp_path):
    night(here, tmp_path)
    here.all = lambda kind: (_ for _ in ()).throw(Unreachable("refused"))
    with pytest.raises(Unreachable):
        night(here, tmp_path)
    assert {name: one["error"] for name, one in noted.read(tmp_path).items()} == {"ipam-db": "", "all": "refused"}
    here.all = lambda kind: {}["spec"]
    with pytest.raises(KeyError):
        night(here, tmp_path)
    assert noted.read(tmp_path)["all"]["error"].startswith("KeyError")
    del here.all
    night(here, tmp_path)
    assert set(noted.read(tmp_path)) == {"ipam-db"}


@pytest.mark.parametrize(
    ("error", "since", "told"),
    [("less", "", "less"), ("less", "1970-01-01T00:01:39+00:00", "less"), ("less", "1970-01-01T00:01:41+00:00", "")],
)
def test_what_was_saved_since_makes_up_for_a_failure(error, since, told):
    assert noted.failed({"error": error, "tried": 100.0}, since) == told


def test_notes_that_cannot_be_read_are_none(tmp_path):
    (tmp_path / "databases.json").write_text("{")
    assert noted.read(tmp_path) == {}
    noted.note(tmp_path, {"database": "x", "error": "no"})
    assert json.loads((tmp_path / "databases.json").read_text())["x"]["success"] is None


class Clock:
    """In the place of the module, with the moments that it tells one after the other."""

    UTC = None

    def __init__(self, moments):
        self.datetime, self._moments = self, moments

    def now(self, zone):
        return next(self._moments)
