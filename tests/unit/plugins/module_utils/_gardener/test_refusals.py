"""The server's own reason, made readable. The answers are gardener-apiserver's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import refusals
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.client import Refusal

HEAD = 'shoots.core.gardener.cloud "fra" is'
VERSION = {
    "reason": "FieldManagerConflict", "field": ".spec.kubernetes.version",
    "message": 'conflict with "gardener-controller-manager" using core.gardener.cloud/v1beta1',
}  # fmt: skip


def refused(status: int, message: str, reason: str = "", causes: Any = ()) -> Refusal:
    body = {"message": message, "reason": reason, "details": {"causes": list(causes)}}
    return Refusal("apply Shoot garden-a/fra", status, json.dumps(body))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            refused(422, "long", "Invalid", [
                {"reason": "FieldValueInvalid", "field": "spec.region", "message": 'Invalid value: "b": immutable'},
                {"reason": "FieldValueForbidden", "field": "spec.x", "message": "Forbidden: no"},
                {"reason": "FieldValueForbidden", "field": "spec.x", "message": "Forbidden: no"},
            ]),
            'spec.region: Invalid value: "b": immutable; spec.x: Forbidden: no',
        ),
        (refused(422, f"{HEAD} invalid: spec: no", "Invalid"), "spec: no"),
        (refused(403, f"{HEAD} forbidden: [a: no,\n b: no]", "Forbidden"), "a: no, b: no"),
        (refused(500, "Internal error occurred: could not find referenced project: x"),
         "could not find referenced project: x"),
        (refused(400, 'admission webhook "metal" denied the request: no'), "no"),
        (refused(409, "Operation cannot be fulfilled: the object has been modified; please", "Conflict"),
         "somebody changes it at each try, so nothing was written over that -> do it again later"),
        (refused(409, "Apply failed", "Conflict", [VERSION]),
         "fields are managed by others: .spec.kubernetes.version by gardener-controller-manager"
         " -> leave them out, or take them over with 'force: true'"),
        (Refusal("x", 502, "<html>bad\ngateway"), "<html>bad gateway"),
    ],
    ids=["fields", "no causes", "admission", "internal", "webhook", "modified", "managers", "no status"],
)  # fmt: skip
def test_the_reason_is_told_without_what_is_known(error, said):
    assert refusals.explained(error) == said


def test_of_very_many_fields_the_first_are_told():
    causes = [{**VERSION, "field": f".spec.f{number}"} for number in range(40)]
    said = refusals.explained(refused(409, "", "Conflict", causes))
    assert ".spec.f11 " in said and ".spec.f12 " not in said and " and 28 more" in said


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused(409, "", "Conflict", [VERSION]), [(".spec.kubernetes.version", "gardener-controller-manager")]),
        (refused(409, "", "Conflict", [{"field": "x", "message": "uid mismatch"}]), []),
        (refused(422, "", "Invalid", [VERSION]), []),
    ],
)
def test_who_manages_what_is_known(error, expected):
    assert [tuple(one) for one in refusals.conflicts(error)] == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused(500, "Internal error occurred: could not find referenced cloud profile: x"), True),
        (refused(404, 'namespaces "garden-a" not found'), True),
        (refused(403, f'{HEAD} forbidden: credentialsbinding.security.gardener.cloud "x" not found'), True),
        (refused(422, f"{HEAD} invalid: machineType x not found in CloudProfile"), False),
        (refused(500, "Internal error occurred: etcd"), False),
        (refused(422, f"{HEAD} invalid: spec.region"), False),
        (refused(409, "could not find referenced"), False),
    ],
)
def test_what_is_not_known_yet_is_told_from_what_is_wrong(error, expected):
    assert refusals.unknown(error) == expected


@pytest.mark.parametrize(
    ("error", "stale"),
    [
        (refused(409, "Operation cannot be fulfilled on shoots: the object has been modified", "Conflict"), True),
        (refused(409, "Precondition failed: UID in precondition: a, UID in object meta: b", "Conflict"), False),
        (refused(409, "Apply failed", "Conflict", [VERSION]), False),
        (refused(500, "the object has been modified"), False),
    ],
)
def test_what_has_changed_since_it_was_read_is_told_from_other_conflicts(error, stale):
    assert refusals.stale(error) == stale
