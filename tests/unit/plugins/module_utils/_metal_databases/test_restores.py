from __future__ import annotations

import datetime
import re

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import marker, restores
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import DatabaseError
from in_cluster import CLAIM, CRASHED, FakeCluster, pod

NOW = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
BEGUN = {
    "begun": "2026-11-29T11:00:00+00:00", "version": "v1", "cluster": "uid", "claim": "", "pod": "", "empty": "",
    "discarded": "",
}  # fmt: skip
CLAIMS = "PersistentVolumeClaim"
LATER = {**BEGUN, "begun": "2026-11-29T12:00:00+00:00"}


def act(cluster, state, version="v1", writes=True, prefix="ipam-db-prod", image="", empty=False, discard=False):
    given = {"name": "ipam-db", "state": state, "version": version, "prefix": prefix, "empty": empty}
    given["discard"] = discard
    return restores.act({**given, "engine": "postgres", "reader_image": image}, cluster, NOW, writes)


def marked(mark=BEGUN, **there):
    return FakeCluster(config_maps={"metal-database-restore-ipam-db": {"data": mark}}, **there)


def there():
    """What a restore has left that was cut short."""
    sets, claims = {"ipam-db": {"metadata": {}}}, {CLAIM["metadata"]["name"]: CLAIM}
    return {"sets": sets, "pods": {"ipam-db-0": pod(CRASHED)}, "claims": claims}


def test_a_restore_is_marked_beside_the_database():
    cluster = FakeCluster()
    assert act(cluster, "begun") == (None, LATER)
    found = cluster.config_maps["metal-database-restore-ipam-db"]
    assert found["data"] == LATER


def test_one_of_the_same_version_is_begun_once():
    assert act(marked(), "begun") == (BEGUN, BEGUN)
    assert act(marked(), "begun", "v2") == (BEGUN, {**LATER, "version": "v2"})
    elsewhere = {**BEGUN, "cluster": "another"}
    assert act(marked(elsewhere), "begun") == (elsewhere, LATER)


def test_a_claim_that_is_there_before_is_told_from_one_that_is_made_for_it():
    assert act(FakeCluster(claims=there()["claims"]), "begun").after == {**LATER, "claim": "u1"}


@pytest.mark.parametrize("mark", [{"version": "v0"}, {"cluster": "another"}, {"cluster": ""}])
def test_a_volume_of_another_restore_is_not_begun_with(mark):
    cluster = marked({**BEGUN, **mark}, **there())
    for state in ("begun", "cleared"):
        with pytest.raises(DatabaseError, match=r"another restore|no restore of version v1"):
            act(cluster, state)
    assert cluster.sets and cluster.pods and cluster.claims
    assert cluster.config_maps["metal-database-restore-ipam-db"]["data"] == {**BEGUN, **mark}


@pytest.mark.parametrize(("empty", "claim"), [("", "u0"), ("true", "")])
def test_a_restore_of_another_version_is_given_up_by_a_word_and_its_volume_stays_what_it_was(empty, claim):
    before = {**BEGUN, "version": "v0", "claim": "u0", "pod": "p1", "empty": empty}
    cluster = marked(before, **there())
    after = {**LATER, "claim": claim, "empty": empty}
    assert act(cluster, "begun", discard=True) == (before, after)
    assert act(cluster, "cleared", discard=True).before == LEFT and not cluster.claims


def test_a_restore_that_was_begun_in_another_cluster_is_given_up_by_no_word():
    with pytest.raises(DatabaseError, match="another restore was begun with"):
        act(marked({**BEGUN, "cluster": "another"}, **there()), "begun", discard=True)


LEFT = {"StatefulSet": "ipam-db", "Pod": "ipam-db-0", "PersistentVolumeClaim": "ipam-db-ipam-db-0"}


def test_what_was_not_confirmed_is_cleared_away_once_and_its_pod_forgotten():
    cluster = marked({**BEGUN, "pod": "p1"}, **there())
    assert act(cluster, "cleared", writes=False) == (LEFT, None) and cluster.claims
    assert act(cluster, "cleared") == (LEFT, None)
    assert not (cluster.sets or cluster.pods or cluster.claims)
    assert cluster.config_maps["metal-database-restore-ipam-db"]["data"] == BEGUN
    assert act(cluster, "cleared") == (None, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pods": {"ipam-db-0": pod()}, "answers": [Done(0, "1\n", "")]}, "ipam-db answers, so that"),
        ({"names": ("base", "postmaster.opts")}, "CrashLoopBackOff), but it may have answered before"),
        ({"pods": {}}, "pod ipam-db-0 is not there), but it may have answered before"),
        ({"pods": {"ipam-db-0": pod()}, "answers": [DatabaseError("it was cut off")]}, "it was cut off"),
    ],
    ids=["it answers", "it has run", "nobody sees it", "it gives no answer"],
)
def test_what_may_be_in_use_is_cleared_away_by_a_word_alone(changes, words):
    """It may have come to its end since it was decided to begin it anew."""
    cluster = marked(**{**there(), **changes})
    with pytest.raises(DatabaseError, match=re.escape(words)):
        act(cluster, "cleared")
    assert cluster.sets and cluster.claims
    assert cluster.config_maps["metal-database-restore-ipam-db"]["data"] == BEGUN
    assert act(cluster, "cleared", discard=True).before["PersistentVolumeClaim"] and not cluster.claims


def test_what_was_about_to_be_cleared_away_is_by_the_next_run_though_no_pod_is_there_to_tell(monkeypatch):
    cluster = marked(**there())
    removes = cluster.end
    with monkeypatch.context() as ends, pytest.raises(pytest.fail.Exception, match="ends here"):
        ends.setattr(
            cluster, "end", lambda kind, name: pytest.fail("it ends here") if kind == CLAIMS else removes(kind, name)
        )
        act(cluster, "cleared")
    assert cluster.config_maps["metal-database-restore-ipam-db"]["data"] == {**BEGUN, "discarded": "true"}
    assert act(cluster, "cleared") == ({"PersistentVolumeClaim": "ipam-db-ipam-db-0"}, None)
    assert not cluster.claims and cluster.config_maps["metal-database-restore-ipam-db"]["data"] == BEGUN


SPEC = {"nodeName": "n1", "containers": [{"name": "postgres", "image": "db:1"}]}
KEPT = {**BEGUN, "claim": "u1", "pod": "p1"}


def has_kept(names=(), phase="Bound", **changes):
    """Of a claim that was there before."""
    claims = {CLAIM["metadata"]["name"]: {**CLAIM, "status": {"phase": phase}}}
    return marked(KEPT, **{**there(), "pods": {"ipam-db-0": pod(**SPEC)}, "claims": claims, "names": names, **changes})


def test_a_claim_that_was_there_before_is_not_cleared_away():
    cluster = has_kept()
    assert "PersistentVolumeClaim" not in act(cluster, "cleared").before
    assert cluster.claims and not cluster.sets and not cluster.pods
    for made in cluster.made:
        assert made["spec"]["containers"][0]["image"] == "db:1" and made["spec"]["nodeName"] == "n1"


@pytest.mark.parametrize("names", [["base"], ["lost+found"], ["a", "b", "c", "d"]])
def test_into_a_volume_that_is_kept_and_has_something_since_nothing_is_restored(monkeypatch, names):
    """A pod of a StatefulSet that was left has begun a restore after somebody saw that it was empty."""
    cluster = has_kept(names)
    looks = cluster.output
    monkeypatch.setattr(cluster, "output", lambda made: [looks(made), cluster.pods or cluster.sets][0])
    with pytest.raises(DatabaseError, match=f"was expected to be empty, found {names[0].replace('+', '.')}") as error:
        act(cluster, "cleared")
    assert "delete claim ipam-db-ipam-db-0, then say restore" in str(error.value)
    assert ("and others" in str(error.value)) is (len(names) > 3)
    assert cluster.claims and not cluster.pods and not cluster.sets
    # By its mark nobody goes on with it.
    assert cluster.config_maps["metal-database-restore-ipam-db"]["data"] == KEPT


@pytest.mark.parametrize(
    ("changes", "image", "expected"),
    [
        ({}, "other:1", "other:1"),
        ({"pods": {}, "sets": {"ipam-db": {"spec": {"template": {"spec": SPEC}}}}}, "", "db:1"),
        ({"pods": {}, "sets": {}}, "other:1", "other:1"),
    ],
    ids=["a given image", "without a pod", "the claim alone"],
)
def test_who_looks_into_a_volume_that_is_kept_has_an_image_that_is_there(changes, image, expected):
    cluster = has_kept(**changes)
    act(cluster, "cleared", image=image)
    assert cluster.made[0]["spec"]["containers"][0]["image"] == expected


def test_a_volume_that_is_kept_and_that_nobody_sees_is_refused_and_one_that_is_not_made_yet_is_empty():
    alone = {"pods": {}, "sets": {}}
    with pytest.raises(DatabaseError, match="name a reader_image"):
        act(has_kept(**alone), "cleared")
    pending = has_kept(phase="Pending", **alone)
    assert act(pending, "cleared") == (None, None) and not pending.made


@pytest.mark.parametrize(
    ("beside", "phase", "empty"),
    [
        ((), "Bound", True),
        (("postgres", "lost+found"), "Bound", True),
        ((), "Pending", True),
        # Whoever has moved the data aside may want them.
        (("postgres", "postgres.old"), "Bound", False),
    ],
    ids=["nothing", "an empty directory", "no volume yet", "something else"],
)
def test_a_restore_into_a_volume_that_had_nothing_is_begun_anew_by_the_same_words(beside, phase, empty):
    cluster = has_kept(beside=beside, phase=phase)
    act(cluster, "cleared")
    mark = cluster.config_maps["metal-database-restore-ipam-db"]["data"]
    assert mark == {**KEPT, "pod": "", "empty": "true" if empty else ""}
    # The run ends here, with a part of the backup.
    cluster.sets, cluster.pods, cluster.names = there()["sets"], {"ipam-db-0": pod(CRASHED, **SPEC)}, ("base",)
    act(cluster, "begun")
    if empty:
        assert act(cluster, "cleared") == (LEFT, None) and not cluster.claims
        return
    with pytest.raises(DatabaseError, match="was expected to be empty, found base"):
        act(cluster, "cleared")
    assert cluster.claims


def test_in_check_mode_nobody_looks_into_a_volume_that_is_kept():
    cluster = has_kept(["base"])
    assert act(cluster, "cleared", writes=False).before.keys() == {"StatefulSet", "Pod"} and not cluster.made


def test_a_claim_that_was_empty_before_is_cleared_away_once_its_restore_is_begun_again():
    """So that one that was cut off goes on by itself on a site whose disks were lost, and at first needs no volume."""
    cluster = FakeCluster(**{**there(), "pods": {"ipam-db-0": pod(CRASHED, **SPEC)}}, names=())
    first = {**LATER, "claim": "u1", "empty": "true"}
    assert act(cluster, "begun", empty=True) == (None, first)
    assert "PersistentVolumeClaim" not in act(cluster, "cleared").before and cluster.claims
    cluster.sets, cluster.pods = there()["sets"], there()["pods"]
    assert act(cluster, "begun", empty=True, writes=False) == (first, {**first, "claim": ""})
    assert act(cluster, "cleared", writes=False) == (LEFT, None) and cluster.claims
    assert act(cluster, "begun", empty=True) == (first, {**first, "claim": ""})
    assert act(cluster, "cleared") == (LEFT, None) and not cluster.claims
    assert act(cluster, "begun", empty=True).after == {**first, "claim": ""}


def test_nothing_is_cleared_away_that_no_restore_has_begun():
    cluster = FakeCluster(**there())
    with pytest.raises(DatabaseError, match="found no mark"):
        act(cluster, "cleared")
    assert cluster.sets and cluster.pods and cluster.claims


def test_check_mode_tells_what_a_run_clears_away_of_a_database_that_no_restore_was_begun_with():
    """It was not marked then either."""
    cluster = FakeCluster(**{**there(), "pods": {"ipam-db-0": pod(**SPEC)}, "names": ()})
    told = act(cluster, "cleared", writes=False)
    act(cluster, "begun")
    assert act(cluster, "cleared") == told == ({"StatefulSet": "ipam-db", "Pod": "ipam-db-0"}, None)
    assert cluster.claims


def test_one_that_was_confirmed_is_marked_no_more():
    cluster = marked()
    assert act(cluster, "confirmed", prefix=None) == (BEGUN, None) and not cluster.config_maps
    assert act(cluster, "confirmed", prefix=None) == (None, None)


def test_one_that_was_confirmed_is_this_clusters_from_then_on():
    cluster = marked()
    assert act(cluster, "confirmed") == (BEGUN, None)
    restored = {"how": "restore", "prefix": "ipam-db-prod", "cluster": "uid", "since": "2026-11-29T12:00:00+00:00"}
    assert {name: one["data"] for name, one in cluster.config_maps.items()} == {
        "metal-database-began-ipam-db": restored
    }


def test_what_was_confirmed_already_is_not_confirmed_anew():
    """So that a run that finds nothing to do does not make it this cluster's."""
    cluster = FakeCluster()
    assert act(cluster, "confirmed") == (None, None) and not cluster.config_maps


def test_one_that_ends_in_between_is_not_confirmed(monkeypatch):
    cluster = marked()
    monkeypatch.setattr(cluster, "remove", lambda *_: pytest.fail("it ends here"))
    with pytest.raises(pytest.fail.Exception, match="ends here"):
        act(cluster, "confirmed")
    assert cluster.config_maps.keys() == {"metal-database-restore-ipam-db", "metal-database-began-ipam-db"}


FRESH = {"how": "fresh", "prefix": "ipam-db-prod", "cluster": "uid", "since": "2026-11-29T12:00:00+00:00"}


def test_a_database_without_data_is_marked_once():
    cluster = FakeCluster()
    assert act(cluster, "fresh") == (None, FRESH)
    found = cluster.config_maps["metal-database-began-ipam-db"]
    assert found["data"] == FRESH
    found["data"] = earlier = {**FRESH, "since": "2026-11-29T11:00:00+00:00"}
    assert act(cluster, "fresh") == (earlier, earlier)


EARLIER = {**FRESH, "since": "2026-11-29T11:00:00+00:00"}


@pytest.mark.parametrize("before", [None, EARLIER])
def test_a_restore_whose_volume_was_deleted_is_over_when_the_database_begins_without_data(before):
    """Else the next run takes what it has by then for a part of that backup, and tells to delete it."""
    cluster = marked()
    if before:
        cluster.config_maps["metal-database-began-ipam-db"] = {"data": before}
    assert act(cluster, "fresh", writes=False) == (before, FRESH) and marked_restore(cluster)
    assert act(cluster, "fresh") == (before, FRESH) and not marked_restore(cluster)
    assert act(cluster, "fresh") == (FRESH, FRESH)


def test_a_restore_is_not_over_while_its_volume_is_there():
    cluster = marked(claims=there()["claims"])
    assert act(cluster, "fresh") == (None, FRESH) and marked_restore(cluster)


def marked_restore(cluster):
    return "metal-database-restore-ipam-db" in cluster.config_maps


def test_a_mark_is_not_left_beside_that_of_a_restore_by_one_that_ends_in_between(monkeypatch):
    """Else the next look would take it for a restore as soon as it has a volume."""
    cluster = marked()
    monkeypatch.setattr(cluster, "keep", lambda *_: pytest.fail("it ends here"))
    with pytest.raises(pytest.fail.Exception, match="ends here"):
        act(cluster, "fresh")
    assert not cluster.config_maps


@pytest.mark.parametrize("change", [{"cluster": "another"}, {"prefix": "ipam-db-test"}, {"how": "restore"}])
def test_a_mark_of_something_else_is_replaced(change):
    before = {**FRESH, **change}
    cluster = FakeCluster(config_maps={"metal-database-began-ipam-db": {"data": before}})
    assert act(cluster, "fresh") == (before, FRESH)
    assert cluster.config_maps["metal-database-began-ipam-db"]["data"] == FRESH


@pytest.mark.parametrize(("state", "version"), [("begun", "v2"), ("confirmed", "v1"), ("fresh", "")])
def test_check_mode_tells_the_same_and_writes_nothing(state, version):
    cluster = marked()
    before = dict(cluster.config_maps)
    told = act(cluster, state, version, writes=False)
    assert cluster.config_maps == before and told == act(cluster, state, version)


@pytest.mark.parametrize("data", [None, {}, {"other": "x"}])
def test_a_mark_that_was_emptied_is_one_all_the_same(data):
    assert marker.read(data) == dict.fromkeys(marker.Marker.__required_keys__, "")
