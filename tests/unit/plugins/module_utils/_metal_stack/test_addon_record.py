"""What is remembered of add-ons."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import addon_record
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.addon_record import Entry
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.addons import Addon

JOB = {"kind": "Job", "metadata": {"name": "a"}, "spec": {}}


def test_what_is_written_is_read_again_and_what_nobody_wrote_is_passed_over():
    entry = Entry({"/api/v1/x": "X/a"}, 3, "digest")
    data = {"a": addon_record.encode(entry), "b": "{", "c": "[]", "d": '{"objects": []}', "e": '{"objects": {}}'}
    assert addon_record.parse(data) == {"a": entry}
    assert addon_record.parse(None) == {}


def test_a_run_that_ends_early_has_told_of_all_that_it_may_have_made():
    before = {"a": Entry({"/1": "1"}, 5, "old"), "b": Entry({"/2": "2"}, 6, "old"), "d": Entry({"/5": "5"}, 7)}
    found = addon_record.begun(before, {"a": {"/1": "1", "/3": "3"}, "b": {"/2": "2"}, "c": {"/4": "4"}})
    assert found == {
        "a": Entry({"/1": "1", "/3": "3"}, 0), "b": Entry({"/2": "2"}, 1, "old"), "c": Entry({"/4": "4"}, 2),
        "d": Entry({"/5": "5"}, 7),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"spec": {"ttlSecondsAfterFinished": 30}}, True),
        ({"metadata": {"annotations": {"helm.sh/hook": "pre-install"}}}, True),
        ({"kind": "Role", "metadata": {"annotations": {"helm.sh/hook": "pre-install"}}}, False),
    ],
)
def test_a_job_that_removes_itself_is_run_once(more, expected):
    assert addon_record.is_passing({**JOB, **more}) is expected


def test_another_version_is_told_and_nothing_of_a_secret():
    def digest(**more):
        return addon_record.digest(Addon("a", [{"kind": "Secret", "metadata": {"name": "a"}, **more}]))

    assert digest(data={"a": "b"}) == digest(data={"a": "c"}) != digest(type="kubernetes.io/tls")
