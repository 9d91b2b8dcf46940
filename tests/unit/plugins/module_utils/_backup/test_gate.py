from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import gate
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Local, Record

OURS = Record("L1", 2)


@pytest.mark.parametrize(
    ("data", "record", "remote", "allowed", "alarm"),
    [
        pytest.param(False, None, {}, True, False, id="an empty host enters a cluster"),
        pytest.param(False, OURS, {"L1": 3}, True, False, id="one that lost its disk does, too"),
        pytest.param(True, None, {"L1": 3}, True, False, id="data from before the first backup"),
        pytest.param(True, OURS, {"L1": 2}, True, False, id="the newest"),
        pytest.param(True, OURS, {"L1": 1}, True, False, id="newer than the storage: it was put back"),
        pytest.param(True, OURS, None, True, True, id="an outage of the storage is none of the cluster"),
        pytest.param(True, OURS, {}, True, True, id="an emptied storage"),
        pytest.param(True, OURS, {"L2": 9}, True, True, id="somebody else's storage"),
        pytest.param(True, OURS, {"L1": 3}, False, False, id="restored elsewhere in the meantime"),
        pytest.param(True, OURS, {"L1": 3, "L2": 1}, False, False, id="the same beside another lineage"),
    ],
)
def test_only_data_that_were_restored_elsewhere_do_not_start(data, record, remote, allowed, alarm):
    """G1, G9: data start unless somebody has a later generation of them."""
    answer = gate.may_start(Local(data), record, remote)
    assert (answer.allowed, answer.alarm) == (allowed, alarm)
    assert answer.reason


@pytest.mark.parametrize(
    ("remote", "second", "allowed", "alarm"),
    [
        pytest.param(None, {"L1": 3}, False, False, id="the first is lost, and the site was restored from the second"),
        pytest.param({"L1": 2}, {"L1": 3}, False, False, id="the first is back and has not heard of it"),
        pytest.param({"L1": 2}, {"L1": 2}, True, False, id="both know the same"),
        pytest.param({"L1": 2}, {}, True, False, id="the second has no copy yet"),
        pytest.param({}, {"L1": 2}, True, True, id="an emptied first one is an alarm, whatever the second has"),
        pytest.param(None, None, True, True, id="neither gives an answer"),
    ],
)
def test_the_second_storage_tells_of_a_restore_in_another_place(remote, second, allowed, alarm):
    answer = gate.may_start(Local(True), OURS, remote, second)
    assert (answer.allowed, answer.alarm) == (allowed, alarm)


# The first storage, the second, what the others live in, what was told before; whether it starts, and with an alarm.
KNOWN, NEWER = {"L1": 2}, {"L1": 3}


@pytest.mark.parametrize(
    ("remote", "second", "peers", "told", "allowed", "alarm"),
    [
        pytest.param(None, None, {}, 0, True, True, id="all boot at once without a storage"),
        pytest.param(None, None, {"a": 2, "b": 2}, 0, True, True, id="the others live with the same data"),
        pytest.param(None, None, {"a": 1}, 0, True, True, id="what lives is older"),
        pytest.param(None, None, {"a": 2, "b": 3}, 0, False, False, id="one lives in a newer generation"),
        pytest.param(None, None, {}, 3, False, False, id="it was known before, and nobody answers"),
        pytest.param(None, None, {"a": 2}, 3, False, False, id="it was known before, whoever lives with the old data"),
        pytest.param(None, None, {}, 2, False, False, id="somebody else has begun the generation that this one claims"),
        pytest.param(KNOWN, None, {"a": 3}, 0, False, False, id="a survivor that has not told the storage yet"),
        pytest.param({}, None, {"a": 3}, 0, False, False, id="an emptied storage hides no restore from the others"),
        pytest.param({}, None, {}, 3, False, False, id="nor from who knew of it"),
        pytest.param(KNOWN, KNOWN, {"a": 2}, 0, True, False, id="all agree"),
        pytest.param(NEWER, None, {"a": 2}, 0, False, False, id="the storage knows better than those who live"),
    ],
)
def test_whoever_knows_of_a_newer_generation_is_believed_and_silence_refuses_nothing(
    remote, second, peers, told, allowed, alarm
):
    """G9: an outage of the storage is none of the cluster, and no way around a refusal."""
    answer = gate.may_start(Local(True), OURS, remote, second, peers, told)
    assert (answer.allowed, answer.alarm) == (allowed, alarm)
    assert bool(answer.newer) is not allowed
    assert allowed or f"generation {answer.newer}" in answer.reason


def test_an_alarm_names_those_who_live_with_the_same_data():
    assert "is what a, b lives with" in gate.may_start(Local(True), OURS, None, None, {"b": 2, "a": 2, "c": 1}).reason


@pytest.mark.parametrize(
    ("component", "remedy"),
    [("k3s", "reset this host and let it enter anew"), ("powerdns", "promote_dns"), ("files", "backup_state: absent")],
)
def test_a_refusal_says_what_helps_the_component(component, remedy):
    answer = gate.may_start(Local(True), OURS, NEWER, component=component)
    assert not answer.allowed and remedy in answer.reason and "is what was before a restore" in answer.reason
    # Whatever has no data of its own has none of the past.
    assert gate.may_start(Local(False), OURS, NEWER, component=component).allowed


@pytest.mark.parametrize(
    ("local", "allowed"),
    [
        pytest.param(Local(data=False), True, id="one that enters a cluster"),
        pytest.param(Local(data=False, founds=True), False, id="one that would found a cluster unasked"),
        pytest.param(Local(data=False, founds=True, told_to_found=True), True, id="one that was told to"),
        pytest.param(Local(data=True, founds=True), True, id="a founder that has data"),
        pytest.param(Local(data=True, partial=True), False, id="a restore that was cut off"),
        pytest.param(Local(data=False, partial=True, founds=True, told_to_found=True), False, id="nor without data"),
    ],
)
def test_nothing_is_founded_unasked_or_from_half_a_restore(local, allowed):
    """G1: nothing starts from nothing, or from half of something, unless that was said."""
    assert gate.may_start(local, OURS, {"L1": 2}).allowed is allowed


@pytest.mark.parametrize(
    ("remote", "second", "peers", "told"),
    [(NEWER, KNOWN, {}, True), (KNOWN, NEWER, {}, True), (KNOWN, {}, {"a": 3}, False)],
)
def test_a_refusal_by_a_storage_names_what_tells_of_the_restore(remote, second, peers, told):
    """G9: whether somebody has restored, or a thief has written a marker, is told by its content."""
    answer = gate.may_start(Local(True), OURS, remote, second, peers)
    assert not answer.allowed
    assert ("(<site>/lineages/L1/000003.json says who has begun it, and when)" in answer.reason) is told


@pytest.mark.parametrize(
    ("data", "intent", "remote", "action"),
    [
        (True, "none", {}, gate.START),
        (True, "restore", {"L1": 1}, gate.START),
        (True, "fresh", {"L1": 1}, gate.START),
        (False, "fresh", {}, gate.FRESH),
        (False, "restore", {"L1": 1}, gate.RESTORE),
    ],
)
def test_a_site_begins_with_what_was_said(data, intent, remote, action):
    assert gate.beginning(data, intent, remote, "s3") == action


def test_data_made_anew_are_not_backed_up_beside_the_old_ones():
    gate.refuse_second("L2", set(), "s3")
    with pytest.raises(BackupError, match=r"L2, which nobody has heard of, while s3 holds backups of L0, L1: .* reset"):
        gate.refuse_second("L2", {"L1", "L0"}, "s3")


@pytest.mark.parametrize(
    ("intent", "remote", "complaint"),
    [
        ("none", {}, "set site_recovery to fresh"),
        ("none", {"L1": 1}, "holds that of L1 -> set site_recovery to restore"),
        ("fresh", {"L1": 1}, "holds that of L1"),
        ("restore", {}, "holds nothing to restore"),
    ],
)
def test_a_site_without_data_does_not_guess(intent, remote, complaint):
    """G1: neither data nor a word of what is meant is a refusal."""
    with pytest.raises(BackupError, match=complaint):
        gate.beginning(False, intent, remote, "s3")
