"""What a shoot is asked for next, and what it would refuse or never do."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import operations
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.operations import Wanted
from shoots import shoot


def wanted(*names, **more):
    return Wanted(names, **more)


def last(kind, state, description=""):
    return {"lastOperation": {"type": kind, "state": state, "description": description}}


def annotated(text, **status):
    return shoot(metadata={"annotations": {operations.ANNOTATION: text}}, status=status)


def rotation(**phases):
    return {"credentials": {"rotation": {name: {"phase": phase} for name, phase in phases.items()}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (wanted("reconcile"), ""),
        (wanted("retry"), ""),
        (wanted("reconcile", "rotate-ssh-keypair"), ""),
        (wanted("rotate-ca", "rotate-serviceaccount-key", phase="prepared"), ""),
        (wanted("rollout-workers", pools=("*",)), ""),
        (wanted("retry", "reconcile"), "expected retry in a task of its own"),
        (wanted("maintain", "rotate-ssh-keypair"), "expected maintain in a task of its own"),
        (wanted("force-in-place-update"), ""),
        (wanted("force-in-place-update", "reconcile"), "expected force-in-place-update in a task of its own"),
        (wanted("rotate-ca"), "phase is missing; expected prepared or completed for rotate-ca"),
        (wanted("rotate-credentials", "rotate-etcd-encryption-key", phase="prepared"), "which they are a part of"),
        (wanted("reconcile", pools=("a",)), "for rollout-workers alone"),
        (wanted("rollout-workers"), "pools has []"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_told(given, expected):
    found = operations.contradictions(given)
    assert (expected in found[0]) if expected else not found


def test_all_contradictions_are_told_at_once():
    assert len(operations.contradictions(wanted("retry", "rotate-ca", pools=("a",)))) == 3


@pytest.mark.parametrize(
    ("found", "given", "expected"),
    [
        (shoot(), wanted("reconcile"), ""),
        (shoot(status=last("Create", "Processing")), wanted("reconcile"), ""),
        (shoot(status=last("Reconcile", "Error")), wanted("reconcile"), ""),
        (shoot(status={"lastOperation": None}), wanted("reconcile"), "its creation has not begun"),
        (shoot(status=last("Create", "Pending", "no seed")), wanted("reconcile"), "not begun (no seed)"),
        (shoot(status=last("Reconcile", "Failed", "quota")), wanted("rotate-ca"), "before it is retried (quota)"),
        (shoot(status=last("Reconcile", "Failed")), wanted("retry"), ""),
        (shoot(status=last("Reconcile", "Failed")), wanted("maintain"), ""),
        (shoot(status=last("Reconcile", "Failed")), wanted("force-in-place-update"), ""),
        (shoot(status=last("Migrate", "Succeeded")), wanted("reconcile"), "moved to another seed"),
        (shoot(metadata={"deletionTimestamp": "now"}), wanted("reconcile"), "it is being deleted"),
        (shoot(status={"hibernated": True}), wanted("rotate-credentials"), "it is hibernated or wakes up"),
        (shoot(hibernation={"enabled": True}), wanted("rollout-workers"), "rollout-workers is not done"),
        (shoot(hibernation={"enabled": True}), wanted("rotate-ca"), ""),
        (shoot(hibernation={"enabled": False}), wanted("rotate-credentials"), ""),
        (shoot(), wanted("rollout-workers", pools=("group-0", "x")), "no worker pool x; expected one of group-0"),
        (shoot(), wanted("rollout-workers", pools=("*",)), ""),
        (shoot(provider={"workers": []}), wanted("rotate-ssh-keypair"), "take no SSH"),
    ],
)
def test_what_would_not_be_done_is_refused(found, given, expected):
    told = operations.refusals(found, given)
    assert (expected in told[0]) if expected else not told


def test_workers_without_ssh_have_no_key_to_rotate():
    off = shoot(provider={"workers": [{"name": "a"}], "workersSettings": {"sshAccess": {"enabled": False}}})
    assert "take no SSH" in operations.refusals(off, wanted("rotate-ssh-keypair"))[0]


@pytest.mark.parametrize(
    ("found", "given", "sent", "expected"),
    [
        (shoot(), wanted("reconcile"), (), ["reconcile"]),
        (shoot(), wanted("reconcile"), ("reconcile",), []),
        (shoot(), wanted("retry"), (), []),
        (shoot(status={"lastOperation": None}), wanted("retry"), (), []),
        (shoot(status=last("Reconcile", "Failed")), wanted("retry"), (), ["retry"]),
        (shoot(), wanted("rollout-workers", pools=("a", "b")), (), ["rollout-workers=a,b"]),
        (shoot(), wanted("rotate-ca", phase="prepared"), (), ["rotate-ca-start"]),
        (shoot(status=rotation(certificateAuthorities="Prepared")), wanted("rotate-ca", phase="prepared"), (), []),
        # Several go together, and one that was sent is left out.
        (shoot(), wanted("reconcile", "rotate-ssh-keypair"), ("reconcile",), ["rotate-ssh-keypair"]),
    ],
)
def test_what_is_sent_next(found, given, sent, expected):
    plan = operations.plan(found, given, sent)
    assert (plan.send, plan.blocked, plan.refused, plan.awaits) == (expected, False, [], [])


def test_one_roll_serves_two_rotations():
    waiting = {"phase": "WaitingForWorkersRollout", "pendingWorkersRollouts": [{"name": "group-0"}]}
    found = shoot(
        status={"credentials": {"rotation": dict.fromkeys(("certificateAuthorities", "serviceAccountKey"), waiting)}}
    )
    plan = operations.plan(found, wanted("rotate-ca", "rotate-serviceaccount-key", phase="prepared"))
    assert plan.send == ["rotate-rollout-workers=group-0"]


def test_what_is_not_taken_yet_is_neither_replaced_nor_asked_for_again():
    other = operations.plan(annotated("rotate-ssh-keypair"), wanted("reconcile"))
    assert (other.send, other.blocked) == (["reconcile"], True)
    assert other.awaits[0].condition == "operation rotate-ssh-keypair is taken"
    same = operations.plan(annotated("rotate-ca-start; reconcile"), wanted("rotate-ca", phase="prepared"))
    assert (same.send, [one.condition for one in same.awaits]) == ([], ["operation rotate-ca-start is taken"])


@pytest.mark.parametrize("operation", ["maintain", "rotate-ssh-keypair"])
def test_what_was_sent_is_waited_for_until_it_is_taken(operation):
    plan = operations.plan(annotated(operation), wanted(operation), (operation,))
    assert (plan.send, [one.condition for one in plan.awaits]) == ([], [f"operation {operation} is taken"])


UPDATED = {"inPlaceUpdates": {"pendingWorkerUpdates": {"autoInPlaceUpdate": ["a"], "manualInPlaceUpdate": ["b"]}}}


@pytest.mark.parametrize(
    ("found", "sent", "send", "awaits"),
    [
        (shoot(status=UPDATED), (), ["force-in-place-update"], []),
        # It stays until gardenlet has updated all pools, and is all that was wanted.
        (annotated("force-in-place-update", **UPDATED), (), [], []),
        (annotated("force-in-place-update", **UPDATED), ("force-in-place-update",), [], []),
        (shoot(status=UPDATED), ("force-in-place-update",), [], []),
        # Nothing has to be forced.
        (shoot(), (), [], []),
        (shoot(status={"inPlaceUpdates": {}}), (), [], []),
        (annotated("rotate-ssh-keypair", **UPDATED), (), ["force-in-place-update"], ["rotate-ssh-keypair"]),
    ],
)
def test_a_change_of_pools_that_are_updated_in_place_is_allowed_once(found, sent, send, awaits):
    plan = operations.plan(found, wanted("force-in-place-update"), sent)
    assert (plan.send, plan.refused) == (send, [])
    assert [one.condition for one in plan.awaits] == [f"operation {one} is taken" for one in awaits]


def test_what_is_asked_for_while_pools_are_updated_by_force_waits_for_these():
    plan = operations.plan(annotated("force-in-place-update", **UPDATED), wanted("reconcile"))
    assert plan.blocked and "all pools are updated in place (a, b)" in plan.awaits[0].remedy


def test_what_is_under_way_is_waited_for():
    plan = operations.plan(
        shoot(status=rotation(certificateAuthorities="Preparing")), wanted("rotate-ca", phase="prepared")
    )
    assert (plan.send, plan.awaits[0].seen) == ([], "certificateAuthorities is Preparing")


def test_who_is_to_take_it_is_named():
    assert (
        "gardenlet of its seed (seed)" in operations.plan(annotated("reconcile"), wanted("reconcile")).awaits[0].remedy
    )
    taken = operations.plan(annotated("maintain"), wanted("maintain")).awaits[0]
    assert "gardener-controller-manager" in taken.remedy


def test_every_refusal_of_a_rotation_is_named_with_its_operation():
    plan = operations.plan(shoot(), wanted("rotate-ca", "rotate-serviceaccount-key", phase="completed"))
    assert [one.partition(":")[0] for one in plan.refused] == ["rotate-ca", "rotate-serviceaccount-key"]


def test_the_change_is_of_the_object_that_was_read_and_adds_to_what_is_there():
    change = operations.change(annotated("a"), ["b", "c"])
    assert change["metadata"] == {"resourceVersion": "7", "annotations": {operations.ANNOTATION: "a;b;c"}}


@pytest.mark.parametrize(
    ("sent", "operation"),
    [
        ("reconcile", "reconcile"),
        ("rotate-ca-start-without-workers-rollout", "rotate-ca"),
        ("rotate-credentials-complete", "rotate-credentials"),
        ("rotate-etcd-encryption-key-complete", "rotate-etcd-encryption-key"),
        ("rollout-workers=a,b", "rollout-workers"),
    ],
)
def test_what_was_sent_belongs_to_what_was_wanted(sent, operation):
    assert operations.whose(sent) == operation


@pytest.mark.parametrize(
    ("last", "given", "expected"),
    [
        (None, "maintain", []),
        ({"state": "Succeeded"}, "maintain", []),
        ({"state": "Failed", "description": "d", "failureReason": "r"}, "maintain", ["Failed: d: r"]),
        ({"state": "Failed"}, "reconcile", []),
    ],
)
def test_maintenance_that_has_failed_is_told_where_it_was_wanted(last, given, expected):
    found = operations.unmaintained(shoot(status={"lastMaintenance": last}), wanted(given))
    assert [one.seen for one in found] == expected
