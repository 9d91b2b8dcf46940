from __future__ import annotations

import itertools

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import decision
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.decision import (
    ABSENT,
    CUT,
    DATA,
    EMPTY,
    LOST_AND_FOUND,
    Volume,
    Wanted,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.held import held
from listed import NOON, version

VOLUMES = {
    ABSENT: Volume(False),
    EMPTY: Volume(True),
    LOST_AND_FOUND: Volume(True, ("lost+found",)),
    DATA: Volume(True, ("base", "lost+found")),
    CUT: Volume(True, ("base",), restoring=True),
}
GOOD = {"cluster": "", "bytes": 1000, "made": "2026-11-29T09:00:00+00:00", "tables": {"machine": 10}, "lists": {}}
# So small that no backup is suspect by it.
KNOWN = {**GOOD, "bytes": 1}
SOME, NONE = [version(60), version(63)], []


def decide(intent, volume, versions, known=KNOWN, quiet=600, engine="postgres", **changes):
    wanted = Wanted("ipam-db", engine, "p", intent, 100, **changes)
    return decision.decide(wanted, volume, held("p", versions), known, NOON, quiet)


@pytest.mark.parametrize("state", VOLUMES)
def test_a_volume_is_what_the_sidecar_sees_in_it(state):
    assert VOLUMES[state].state("postgres") == state


@pytest.mark.parametrize(("engine", "state"), [("valkey", DATA), ("postgres", EMPTY)])
def test_valkey_that_answers_has_data_though_its_directory_is_empty(engine, state):
    assert Volume(True, running=True).state(engine) == state


GOES_ON = {
    ("fresh", ABSENT, False): "fresh",
    ("fresh", EMPTY, False): "fresh",
    ("fresh", LOST_AND_FOUND, False): "fresh",
    ("restore", ABSENT, True): "restore",
    ("restore", EMPTY, True): "restore",
    ("keep", DATA, False): "keep",
    ("keep", DATA, True): "keep",
}


@pytest.mark.parametrize(
    ("intent", "state", "backups"), list(itertools.product(decision.INTENTS, VOLUMES, [False, True]))
)
def test_all_but_seven_cases_are_refused(intent, state, backups):
    answer = decide(intent, VOLUMES[state], SOME if backups else NONE)
    assert answer.action == GOES_ON.get((intent, state, backups), "refuse")
    assert bool(answer.reasons) is (answer.action == "refuse")


@pytest.mark.parametrize(
    ("intent", "state", "backups", "words"),
    [
        ("fresh", EMPTY, True, "an empty database would be backed up over them"),
        ("fresh", DATA, False, "say keep"),
        ("restore", EMPTY, False, "check endpoint, bucket, stage and prefix"),
        ("restore", DATA, True, "restore nothing"),
        ("restore", LOST_AND_FOUND, True, "lost+found"),
        ("keep", EMPTY, True, "say restore"),
        ("keep", ABSENT, False, "for a new database say fresh"),
        ("keep", CUT, True, "say restore, which goes on where it was never cut short"),
        ("restore", CUT, True, "delete StatefulSet ipam-db, and then claim ipam-db-ipam-db-0, then say restore"),
        ("restore", DATA, True, "say keep, or delete StatefulSet ipam-db, and then claim ipam-db-ipam-db-0 first"),
    ],
)
def test_a_refusal_says_what_to_do(intent, state, backups, words):
    (reason,) = decide(intent, VOLUMES[state], SOME if backups else NONE).reasons
    assert words in reason


@pytest.mark.parametrize("intent", decision.INTENTS)
def test_what_begins_alike_is_refused_whatever_is_meant(intent):
    other = version(70, key="p-initial/db.tar.gz")
    answer = decide(intent, VOLUMES[DATA if intent == "keep" else EMPTY], [other])
    assert answer.action == "refuse" and "also take p-initial/db.tar.gz" in answer.reasons[-1]


@pytest.mark.parametrize(
    ("versions", "changes", "words"),
    [
        (SOME, {}, ""),
        (SOME, {"version": "v60"}, ""),
        (SOME, {"version": "v63"}, "is not its newest"),
        ([version(60, 100), version(63, 100)], {}, ""),
        ([version(60, 99), version(63, 100)], {}, "has 99 bytes, expected 100 or more"),
        ([version(60, 300), version(63, 1000)], {}, "is suspect: it has 300 bytes"),
        ([version(60, 300), version(63, 1000)], {"version": "v60"}, ""),
        ([version(60, key="p/db.tar.gz.aes")], {}, "is encrypted"),
        ([version(60, key="p/db.tar.gz.aes")], {"decrypts": True}, ""),
        ([version(5), version(8)], {}, "its newest backup is 300 s old"),
        ([version(5), version(8)], {"fenced": True}, ""),
        ([version(10), version(13)], {}, ""),
    ],
    ids=[
        "good",
        "named",
        "older",
        "of the floor",
        "small",
        "suspect",
        "known why",
        "encrypted",
        "key",
        "young",
        "fenced",
        "quiet",
    ],
)
def test_only_a_backup_that_is_good_is_restored(versions, changes, words):
    answer = decide("restore", VOLUMES[EMPTY], versions, **changes)
    assert words in "; ".join(answer.reasons)
    assert answer.action == ("refuse" if words else "restore")


@pytest.mark.parametrize(
    ("known", "changes", "words"),
    [
        (None, {}, "nobody has saved what it holds"),
        ({**KNOWN, "tables": {"machine": 0}}, {}, "nobody has saved what it holds"),
        (None, {"without_sentinels": True}, ""),
        (KNOWN, {}, ""),
    ],
    ids=["none", "of nothing", "without", "some"],
)
def test_what_nothing_would_tell_to_be_whole_is_restored_only_by_who_says_so(known, changes, words):
    answer = decide("restore", VOLUMES[EMPTY], SOME, known=known, **changes)
    assert words in "; ".join(answer.reasons) and answer.action == ("refuse" if words else "restore")


@pytest.mark.parametrize(("intent", "volume", "versions"), [("fresh", EMPTY, NONE), ("keep", DATA, SOME)])
def test_without_sentinels_only_a_restore_is_refused(intent, volume, versions):
    assert decide(intent, VOLUMES[volume], versions, known=None).action == intent


def test_a_backup_that_the_sidecar_does_not_see_is_refused():
    plain = [version(number + 100) for number in range(1000)]
    newest = version(60, key="p/db.tar.gz.aes")
    answer = decide("restore", VOLUMES[EMPTY], [newest, *plain], decrypts=True)
    assert "would restore p/db.tar.gz of 2026-11-29 10:20 instead of p/db.tar.gz.aes" in answer.reasons[0]


@pytest.mark.parametrize(
    ("cluster", "known", "refused"),
    [("a", "a", False), ("a", "b", True), ("", "b", False), ("a", "", False), ("a", None, False)],
)
def test_what_another_cluster_has_is_not_kept(cluster, known, refused):
    manifest = None if known is None else {**GOOD, "cluster": known, "saved": "2026-11-29T11:00:00+00:00"}
    answer = decide("keep", VOLUMES[DATA], SOME, known=manifest, cluster=cluster)
    assert answer.action == ("refuse" if refused else "keep")


RESTORED = {"how": "restore", "since": "2026-11-29T11:00:00+00:00"}


@pytest.mark.parametrize(
    ("began", "saved", "action"),
    [
        (RESTORED, "2026-11-29T10:59:59+00:00", "keep"),
        (RESTORED, "2026-11-29T11:00:01+00:00", "refuse"),
        ({**RESTORED, "how": "fresh"}, "2026-11-29T10:59:59+00:00", "refuse"),
    ],
    ids=["restored since", "the other one lives", "never restored"],
)
def test_what_was_restored_here_is_kept_unless_the_other_cluster_has_counted_since(began, saved, action):
    manifest = {**GOOD, "cluster": "old", "saved": saved}
    volume = VOLUMES[DATA]._replace(began=began)
    assert decide("keep", volume, SOME, known=manifest, cluster="new").action == action


@pytest.mark.parametrize(
    ("engine", "entries", "versions", "began", "schedule", "action"),
    [
        ("valkey", (), NONE, None, "*/3 * * * *", "refuse"),
        ("valkey", ("lost+found",), NONE, None, "*/3 * * * *", "refuse"),
        ("valkey", ("dump.rdb",), NONE, None, "*/3 * * * *", "keep"),
        ("valkey", (), SOME, None, "*/3 * * * *", "keep"),
        ("valkey", (), NONE, {"how": "fresh", "since": "2026-11-29T11:54:00+00:00"}, "*/3 * * * *", "keep"),
        ("valkey", (), NONE, {"how": "fresh", "since": "2026-11-29T11:53:59+00:00"}, "*/3 * * * *", "refuse"),
        ("valkey", (), NONE, {"how": "fresh", "since": "2026-01-01T00:00:00+00:00"}, "0 3 * * 1", "keep"),
        ("valkey", (), NONE, {"how": "restore", "since": "2026-11-29T11:59:00+00:00"}, "*/3 * * * *", "refuse"),
        ("postgres", ("base",), NONE, None, "*/3 * * * *", "keep"),
    ],
    ids=[
        "elsewhere", "on a volume of its own", "with its file", "with a backup", "before its first", "long after that",
        "of an unknown schedule", "restored", "not in memory",
    ],
)  # fmt: skip
def test_valkey_is_not_kept_where_what_it_has_is_in_memory_alone(engine, entries, versions, began, schedule, action):
    """A pod that starts anew would take the bucket for that of a new database."""
    volume = Volume(True, entries, running=True, began=began)
    answer = decide("keep", volume, versions, engine=engine, schedule=schedule)
    assert answer.action == action and ("in memory alone" in "".join(answer.reasons)) is (action == "refuse")


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        (NONE, "it has data and no backup"),
        ([version(60, 300), version(63, 1000)], "is suspect"),
        ([version(number + 1) for number in range(1001)], "does not see 1 of 1001 backups"),
    ],
)
def test_what_goes_on_all_the_same_is_an_alarm(versions, words):
    answer = decide("keep", VOLUMES[DATA], versions)
    assert answer.action == "keep" and words in answer.alarms[0]


@pytest.mark.parametrize(
    ("schedule", "minutes", "words"),
    [
        ("*/3 * * * *", 6, ""),
        ("*/3 * * * *", 7, "is 420 s old, expected 360 or less by schedule '*/3 * * * *'"),
        ("0 3 * * *", 48 * 60, ""),
        ("0 3 * * *", 48 * 60 + 1, "expected 172800 or less"),
        ("0 3 * * 1", 90 * 1440, ""),
    ],
)
def test_backups_that_have_ended_are_an_alarm(schedule, minutes, words):
    answer = decide("keep", VOLUMES[DATA], [version(minutes), version(minutes + 3)], schedule=schedule)
    assert answer.action == "keep" and words in "; ".join(answer.alarms) and len(answer.alarms) == bool(words)


def test_of_what_is_restored_the_newest_backup_is_old():
    assert decide("restore", VOLUMES[EMPTY], SOME).alarms == []


def test_all_reasons_are_told_at_once():
    versions = [version(5, 50, key="p/db.tar.gz.aes"), version(9), version(8, key="p2/db.tar")]
    assert len(decide("restore", VOLUMES[EMPTY], versions).reasons) == 5


@pytest.mark.parametrize(
    ("size", "changes", "words"),
    [
        (500, {}, ""),
        (499, {}, "is suspect: it has 499 bytes, the last that was found good"),
        (499, {"version": "v60"}, ""),
    ],
    ids=["half", "less", "known why"],
)
def test_what_is_much_smaller_than_the_last_good_one_is_not_restored(size, changes, words):
    """Though those before it are as small."""
    versions = [version(60 + 3 * number, size) for number in range(5)] + [version(90)]
    answer = decide("restore", VOLUMES[EMPTY], versions, known=GOOD, **changes)
    assert words in "; ".join(answer.reasons) and answer.action == ("refuse" if words else "restore")


def test_what_is_much_smaller_than_the_last_good_one_is_an_alarm():
    versions = [version(60 + 3 * number, 499) for number in range(5)]
    assert "the last that was found good" in decide("keep", VOLUMES[DATA], versions, known=GOOD).alarms[0]


def test_backups_that_markers_hide_are_refused():
    markers = [version(number + 10, marker=True) for number in range(1000)]
    answer = decide("restore", VOLUMES[EMPTY], [*markers, version(2000)])
    assert answer.action == "refuse" and "would start an empty database" in answer.reasons[0]


@pytest.mark.parametrize(
    ("schedule", "minutes", "words"),
    [
        ("*/3 * * * *", 10, ""),
        ("*/10 * * * *", 19, "until 1200 s have passed"),
        ("*/10 * * * *", 20, ""),
        ("0 3 * * *", 47 * 60, "until 172800 s have passed"),
        ("0 3 * * 1", 90 * 1440, "is not known here"),
    ],
)
def test_who_backs_up_seldom_is_waited_for(schedule, minutes, words):
    versions = [version(minutes)]
    reasons = decide("restore", VOLUMES[EMPTY], versions, schedule=schedule).reasons
    assert words in "; ".join(reasons) and len(reasons) == bool(words)
    assert decide("restore", VOLUMES[EMPTY], versions, schedule=schedule, fenced=True).action == "restore"


BEGAN = {"how": "fresh", "since": "2026-11-29T11:00:00+00:00"}


@pytest.mark.parametrize(
    ("intent", "volume", "wanted"),
    [
        ("fresh", VOLUMES[DATA]._replace(began=BEGAN), "keep"),
        ("fresh", VOLUMES[DATA]._replace(began={**BEGAN, "how": "restore"}), "fresh"),
        ("fresh", VOLUMES[DATA], "fresh"),
        ("fresh", VOLUMES[EMPTY]._replace(began=BEGAN), "fresh"),
        ("fresh", VOLUMES[LOST_AND_FOUND]._replace(began=BEGAN), "fresh"),
        ("fresh", VOLUMES[CUT]._replace(began=BEGAN), "fresh"),
        ("restore", VOLUMES[DATA]._replace(began=BEGAN), "restore"),
        ("restore", VOLUMES[DATA]._replace(began={**BEGAN, "how": "restore"}), "keep"),
        ("restore", VOLUMES[EMPTY]._replace(began={**BEGAN, "how": "restore"}), "restore"),
        ("restore", VOLUMES[CUT]._replace(began={**BEGAN, "how": "restore"}), "restore"),
        ("keep", VOLUMES[EMPTY]._replace(began=BEGAN), "keep"),
    ],
)
def test_only_what_has_begun_so_here_and_has_data_is_kept_when_the_same_is_said_again(intent, volume, wanted):
    assert decision.meant(intent, volume, "postgres") == wanted


def test_one_that_was_restored_and_is_to_be_again_is_told_to_be_kept():
    volume = VOLUMES[DATA]._replace(began={**BEGAN, "how": "restore"})
    (said,) = decision.kept("ipam-db", "restore", volume, "postgres")
    assert BEGAN["since"] in said and "delete StatefulSet ipam-db, and then claim ipam-db-ipam-db-0" in said
    assert decision.kept("ipam-db", "keep", volume, "postgres") == []
    assert decision.kept("ipam-db", "restore", VOLUMES[EMPTY], "postgres") == []


BEGUN = {"version": "v60", "cluster": "uid", "made": True, "unbroken": False, "untouched": True}


@pytest.mark.parametrize(
    ("begun", "versions", "cluster", "action"),
    [
        (BEGUN, SOME, "uid", "restore"),
        # Somebody has backed up what is there.
        (BEGUN, [version(20), *SOME], "uid", "refuse"),
        ({**BEGUN, "cluster": "another"}, SOME, "uid", "refuse"),
        ({**BEGUN, "cluster": ""}, SOME, "", "refuse"),
        ({**BEGUN, "made": False}, SOME, "uid", "refuse"),
        ({**BEGUN, "untouched": False}, SOME, "uid", "refuse"),
        (None, SOME, "uid", "refuse"),
        (BEGUN, NONE, "uid", "refuse"),
        (BEGUN, [version(60, 50)], "uid", "refuse"),
    ],
)
def test_a_restore_that_was_cut_short_begins_anew_only_where_nobody_can_have_gone_on(begun, versions, cluster, action):
    volume = VOLUMES[CUT]._replace(begun=begun)
    assert decide("restore", volume, versions, cluster=cluster).action == action
    for intent in ("keep", "fresh"):
        assert decide(intent, volume, versions, cluster=cluster).action == "refuse"


UNBROKEN = {**BEGUN, "unbroken": True}
USED, USED_UNBROKEN = {**BEGUN, "untouched": False}, {**UNBROKEN, "untouched": False}


@pytest.mark.parametrize(
    ("begun", "running", "discard", "action", "goes_on"),
    [
        (UNBROKEN, True, False, "restore", True),
        ({**UNBROKEN, "made": False}, True, False, "restore", True),
        (UNBROKEN, True, True, "restore", False),
        (UNBROKEN, False, False, "restore", False),
        (USED_UNBROKEN, False, False, "restore", True),
        (USED_UNBROKEN, False, True, "restore", False),
        (BEGUN, False, False, "restore", False),
        (USED, False, False, "refuse", False),
        (USED, False, True, "restore", False),
        (BEGUN, True, False, "refuse", False),
        (BEGUN, True, True, "restore", False),
        ({**UNBROKEN, "version": "v63"}, True, True, "refuse", False),
        ({**UNBROKEN, "cluster": "another"}, True, True, "refuse", False),
        ({**UNBROKEN, "made": False}, True, True, "refuse", False),
    ],
    ids=[
        "whole", "in a volume from before", "whole, to be discarded", "not there yet", "whole and silent",
        "whole and silent, to be discarded", "cut short", "cut short and silent",
        "cut short and silent, to be discarded", "cut short and live", "live, to be discarded", "another backup",
        "another cluster", "discarded of a volume from before",
    ],
)  # fmt: skip
def test_what_may_have_been_in_use_is_discarded_by_a_word_alone_and_goes_on_where_nothing_has_cut_it_short(
    begun, running, discard, action, goes_on
):
    volume = VOLUMES[CUT]._replace(begun=begun, running=running)
    answer = decide("restore", volume, SOME, cluster="uid", discard=discard)
    assert answer.action == action
    wanted = Wanted("ipam-db", "postgres", "p", "restore", 100, cluster="uid", discard=discard)
    assert decision.goes_on(wanted, volume, held("p", SOME)) is goes_on


@pytest.mark.parametrize(
    ("begun", "named", "discard", "action"),
    [
        ({**BEGUN, "version": "v63"}, "v60", True, "restore"),
        ({**USED, "version": "v63"}, "v60", True, "restore"),
        ({**BEGUN, "version": "v63"}, "v60", False, "refuse"),
        ({**BEGUN, "version": "v63"}, "", True, "refuse"),
        ({**BEGUN, "version": "v63", "cluster": "another"}, "v60", True, "refuse"),
        ({**BEGUN, "version": "v63", "made": False}, "v60", True, "refuse"),
    ],
    ids=["chosen", "in use", "without the word", "not named", "of another cluster", "in a volume from before"],
)
def test_another_backup_than_the_one_that_was_begun_is_restored_by_who_names_it_and_gives_up_the_rest(
    begun, named, discard, action
):
    volume = VOLUMES[CUT]._replace(begun=begun)
    assert decide("restore", volume, SOME, cluster="uid", version=named, discard=discard).action == action


def test_what_answers_and_was_cut_short_is_said_to_need_a_word():
    volume = VOLUMES[CUT]._replace(begun=BEGUN, running=True)
    (reason,) = decide("restore", volume, SOME, cluster="uid").reasons
    assert "somebody may have written to it" in reason and "say discard" in reason


def test_what_is_silent_and_was_cut_short_is_said_to_need_a_word():
    """It may have answered a second before, and what was written to it then is nowhere else."""
    (reason,) = decide("restore", VOLUMES[CUT]._replace(begun=USED), SOME, cluster="uid").reasons
    assert "it does not answer now: nobody knows whether it was in use before" in reason and "say discard" in reason


def test_a_restore_that_was_begun_counts_though_the_directory_is_empty():
    assert Volume(True, restoring=True).state("postgres") == CUT


UNSEEN = {("fresh", ABSENT), ("fresh", EMPTY), ("fresh", LOST_AND_FOUND), ("restore", ABSENT), ("restore", EMPTY)}


@pytest.mark.parametrize(("intent", "state"), list(itertools.product(decision.INTENTS, VOLUMES)))
def test_of_backups_that_nobody_looks_at_the_volume_decides(intent, state):
    reasons = decision.unseen("ipam-db", intent, VOLUMES[state], "postgres")
    assert (reasons == []) is ((intent, state) in {*UNSEEN, ("keep", DATA)})
    assert state != CUT or "delete StatefulSet ipam-db, and then claim ipam-db-ipam-db-0" in reasons[0]
