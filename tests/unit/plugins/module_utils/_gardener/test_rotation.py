"""What comes next in a rotation of credentials, in each phase that one may be found in."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import rotation
from shoots import pool, shoot

CA, ACCOUNTS, ETCD = "certificateAuthorities", "serviceAccountKey", "etcdEncryptionKey"
NOON = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
BEFORE, AFTER = "2026-11-30T11:00:00Z", "2026-11-30T13:00:00Z"
NEVER = None


def found(version="1.35.4", **phases):
    """A shoot whose credentials are in these phases: a phase, or a whole entry of the status, by a short name."""
    names = {"ca": CA, "accounts": ACCOUNTS, "etcd": ETCD, "ssh": "sshKeypair"}
    entries = {names[key]: {"phase": one} if isinstance(one, str) else one for key, one in phases.items() if one}
    pools = {"workers": [pool("b"), pool("a")]}
    return shoot(kubernetes={"version": version}, provider=pools, status={"credentials": {"rotation": entries}})


def ended(moment):
    return {"phase": "Completed", "lastCompletionTime": moment}


def waiting(*pools):
    return {"phase": "WaitingForWorkersRollout", "pendingWorkersRollouts": [{"name": one} for one in pools]}


def told(step):
    """What a step is, in one word: what is sent, or that it waits, is refused or has got there."""
    if step.refused:
        return "refused"
    return step.send or ("waits" if step.awaits else "reached")


@pytest.mark.parametrize(
    ("phase", "prepared", "completed"),
    [
        (NEVER, "rotate-ca-start", "refused"),
        ("Completed", "rotate-ca-start", "reached"),
        ("Preparing", "waits", "refused"),
        ("PreparingWithoutWorkersRollout", "waits", "refused"),
        (waiting("a", "b"), "rotate-rollout-workers=b,a", "refused"),
        # Gardener makes it Prepared at the end of the next operation.
        (waiting(), "waits", "refused"),
        ("Prepared", "reached", "rotate-ca-complete"),
        # A run that was cut off behind this point goes on there.
        ("Completing", "reached", "waits"),
    ],
    ids=str,
)
def test_one_credential_goes_on_from_its_phase(phase, prepared, completed):
    one = found(ca=phase)
    assert told(rotation.prepare(one, "rotate-ca", roll=True)) == prepared
    assert told(rotation.complete(one, "rotate-ca")) == completed


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (NEVER, "rotate-ca-start-without-workers-rollout"),
        ("PreparingWithoutWorkersRollout", "waits"),
        (waiting("a"), "reached"),
    ],
    ids=str,
)
def test_workers_are_left_alone_where_that_is_wanted(phase, expected):
    assert told(rotation.prepare(found(ca=phase), "rotate-ca", roll=False)) == expected


@pytest.mark.parametrize(
    ("version", "ca", "accounts", "etcd", "prepared", "completed"),
    [
        ("1.35.4", NEVER, NEVER, NEVER, "rotate-credentials-start", "refused"),
        ("1.35.4", "Completed", "Completed", "Completed", "rotate-credentials-start", "reached"),
        ("1.35.4", "Preparing", "Preparing", "Preparing", "waits", "refused"),
        ("1.35.4", "Prepared", "Prepared", "Prepared", "waits", "rotate-credentials-complete"),
        ("1.35.4", "Prepared", "Prepared", "Completing", "waits", "rotate-credentials-complete"),
        ("1.35.4", "Prepared", "Prepared", "Completed", "reached", "rotate-credentials-complete"),
        ("1.35.4", "Completing", "Completing", "Completed", "reached", "waits"),
        ("1.34.6", "Prepared", "Prepared", "Prepared", "waits", "rotate-credentials-complete"),
        # Before 1.34 the key of etcd waits with the others.
        ("1.33.9", "Prepared", "Prepared", "Prepared", "reached", "rotate-credentials-complete"),
        ("1.33.9", "Completing", "Completing", "Completing", "waits", "waits"),
        # What was begun one by one is not brought to an end together: the API server refuses it.
        ("1.35.4", "Prepared", NEVER, NEVER, "refused", "refused"),
        ("1.35.4", "Prepared", "Completed", "Completed", "refused", "refused"),
        ("1.33.9", NEVER, NEVER, "Prepared", "refused", "refused"),
    ],
)
def test_all_credentials_go_together(version, ca, accounts, etcd, prepared, completed):
    one = found(version, ca=ca, accounts=accounts, etcd=etcd)
    assert told(rotation.prepare(one, "rotate-credentials", roll=True)) == prepared
    assert told(rotation.complete(one, "rotate-credentials")) == completed


def test_all_credentials_wait_for_the_key_of_etcd_that_is_rotated_apart():
    step = rotation.prepare(found(etcd="Preparing"), "rotate-credentials", roll=True)
    assert (step.send, step.awaits.seen) == ("rotate-credentials-start", f"{ETCD} is Preparing")


@pytest.mark.parametrize(
    ("moment", "prepared", "completed"), [(BEFORE, "rotate-ca-start", "refused"), (AFTER, "reached", "reached")]
)
def test_what_was_completed_since_is_not_begun_again(moment, prepared, completed):
    one = found(ca=ended(moment))
    assert told(rotation.prepare(one, "rotate-ca", True, NOON)) == prepared
    assert told(rotation.complete(one, "rotate-ca", NOON)) == completed


@pytest.mark.parametrize(
    ("version", "phase", "sent", "expected"),
    [
        ("1.35.4", NEVER, False, "rotate-etcd-encryption-key"),
        ("1.35.4", "Completed", False, "rotate-etcd-encryption-key"),
        # Its own success is no reason to begin again.
        ("1.35.4", "Completed", True, "reached"),
        ("1.35.4", "Prepared", False, "waits"),
        ("1.33.9", "Completing", False, "waits"),
        ("1.33.9", "Prepared", False, "rotate-etcd-encryption-key-complete"),
        ("1.33.9", {"phase": "Prepared", "autoCompleteAfterPrepared": True}, False, "waits"),
    ],
    ids=str,
)
def test_the_key_of_etcd_is_rotated_in_one_go(version, phase, sent, expected):
    assert told(rotation.once(found(version, etcd=phase), "rotate-etcd-encryption-key", sent)) == expected


@pytest.mark.parametrize(
    ("begun", "completed", "sent", "since", "expected"),
    [
        ("", "", False, None, "rotate-ssh-keypair"),
        (AFTER, BEFORE, False, None, "waits"),
        (AFTER, "", True, None, "waits"),
        (AFTER, AFTER, True, None, "reached"),
        (AFTER, AFTER, False, None, "rotate-ssh-keypair"),
        (AFTER, AFTER, False, NOON, "reached"),
        (BEFORE, BEFORE, False, NOON, "rotate-ssh-keypair"),
    ],
)
def test_what_has_no_phases_is_told_by_its_times(begun, completed, sent, since, expected):
    times = {"lastInitiationTime": begun, "lastCompletionTime": completed}
    one = found(ssh={key: value for key, value in times.items() if value})
    assert told(rotation.once(one, "rotate-ssh-keypair", sent, since)) == expected


@pytest.mark.parametrize(
    ("version", "sent", "expected"),
    [
        ("1.35.4", ["rotate-ca-start"], {CA: "Prepared"}),
        ("1.35.4", ["rotate-ca-start-without-workers-rollout"], {CA: "WaitingForWorkersRollout"}),
        ("1.35.4", ["rotate-serviceaccount-key-complete"], {ACCOUNTS: "Completed"}),
        ("1.35.4", ["rotate-credentials-start"], {CA: "Prepared", ACCOUNTS: "Prepared", ETCD: "Completed"}),
        ("1.33.9", ["rotate-credentials-start"], {CA: "Prepared", ACCOUNTS: "Prepared", ETCD: "Prepared"}),
        ("1.33.9", ["rotate-credentials-complete"], {CA: "Completed", ACCOUNTS: "Completed", ETCD: "Completed"}),
        ("1.35.4", ["rotate-etcd-encryption-key", "rotate-ssh-keypair"], {ETCD: "Completed"}),
        ("1.35.4", ["reconcile"], {}),
    ],
)
def test_the_phases_at_the_end_are_predicted(version, sent, expected):
    assert rotation.ends(found(version), sent) == expected


def test_a_roll_of_what_waits_is_predicted_as_prepared():
    one = found(ca=waiting("a"))
    assert rotation.ends(one, ["rotate-rollout-workers=a"]) == {CA: "Prepared"}


def test_a_refusal_says_what_to_do_first():
    refused = rotation.complete(found(ca=waiting("a")), "rotate-ca").refused
    assert refused.startswith(f"{CA} is WaitingForWorkersRollout, since workers of a have the former ones")
    assert "phase: prepared" in refused
    apart = rotation.complete(found(ca="Prepared", accounts="Completed"), "rotate-credentials").refused
    assert apart.startswith(f"{CA} is Prepared, {ACCOUNTS} is Completed, so they are rotated apart")
