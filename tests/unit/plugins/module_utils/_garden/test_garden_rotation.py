"""What comes next in a rotation of a garden's credentials."""

from __future__ import annotations

import datetime
from typing import Any

import gardens
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import rotation
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden.rotation import Wanted

THREE = ("certificateAuthorities", "serviceAccountKey", "workloadIdentityKey")
ENDED = "2026-11-30T12:00:00Z"


def garden(phase: str = "", kubernetes: str = "1.35.6", **phases: str) -> dict[str, Any]:
    found = {**(dict.fromkeys(THREE, phase) if phase else {}), **phases}
    fields = {name: {"phase": one, "lastCompletionTime": ENDED} for name, one in found.items()}
    return gardens.live(gardens.given(kubernetes_version=kubernetes), credentials={"rotation": fields})


def step(found: dict[str, Any], phase: str = "prepared", sent: bool = False, since: str = "", what: str = "") -> Any:
    moment = datetime.datetime.fromisoformat(since) if since else None
    return rotation.following(found, Wanted(what or "rotate-credentials", phase, moment), sent)


@pytest.mark.parametrize(
    ("found", "phase", "send"),
    [
        (garden(), "prepared", "rotate-credentials-start"),
        (garden("Completed"), "prepared", "rotate-credentials-start"),
        (garden("Prepared"), "prepared", ""),
        (garden("Prepared"), "completed", "rotate-credentials-complete"),
        (garden("Completed"), "completed", ""),
    ],
)
def test_all_credentials_go_through_their_phases(found: dict[str, Any], phase: str, send: str):
    there = step(found, phase)
    assert (there.send, there.awaits, there.refused) == (send, None, "")


@pytest.mark.parametrize(("phase", "wanted"), [("Preparing", "prepared"), ("Completing", "completed")])
def test_what_is_under_way_is_waited_for(phase: str, wanted: str):
    there = step(garden(phase), wanted)
    assert there.awaits and not there.send


@pytest.mark.parametrize(
    ("found", "phase"),
    [
        (garden(), "completed"),
        (garden("Preparing"), "completed"),
        (garden("Prepared", workloadIdentityKey="Completed"), "completed"),
        (garden("Prepared", workloadIdentityKey="Completed"), "prepared"),
    ],
)
def test_it_is_never_completed_before_it_is_prepared(found: dict[str, Any], phase: str):
    assert step(found, phase).refused


def test_a_run_that_was_cut_off_begins_nothing_again():
    done = garden("Completed")
    assert step(done, since="2026-11-30T11:00:00Z").send == ""
    assert step(done, since="2026-11-30T13:00:00Z").send == "rotate-credentials-start"


def test_the_key_of_etcd_goes_in_one_go():
    assert step(garden(), "", what="rotate-etcd-encryption-key").send == "rotate-etcd-encryption-key"
    assert step(garden(), "", True, what="rotate-etcd-encryption-key").send == ""
    there = step(garden(etcdEncryptionKey="Prepared"), "", what="rotate-etcd-encryption-key")
    assert there.awaits and not there.send
    assert step(garden("Prepared", etcdEncryptionKey="Preparing")).awaits


@pytest.mark.parametrize(
    ("operation", "phase", "wrong"),
    [
        ("rotate-ca", "", True), ("rotate-ca", "prepared", False), ("reconcile", "prepared", True),
        ("reconcile", "", False), ("rotate-etcd-encryption-key", "completed", True),
    ],
)  # fmt: skip
def test_only_what_has_two_steps_has_a_phase(operation: str, phase: str, wrong: bool):
    assert bool(rotation.contradictions(Wanted(operation, phase, None))) is wrong


def test_no_key_is_rotated_while_what_is_encrypted_changes():
    more = {"virtualCluster": {"kubernetes": {"kubeAPIServer": {"encryptionConfig": {"resources": ["configmaps"]}}}}}
    found = gardens.live(gardens.given(spec=more))
    wanted = Wanted("rotate-credentials", "prepared", None)
    assert rotation.encrypting(found, wanted)
    found["status"]["credentials"] = {"encryptionAtRest": {"resources": ["configmaps"]}}
    assert rotation.encrypting(found, wanted) is None
