"""A Project as it is described, and what its phase says."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener_landscape import cloud_profile, project


def given(**more):
    nothing = dict.fromkeys(("description", "purpose", "owner", "members", "tolerations"))
    return {"name": "a", "namespace": "", "labels": {}, **nothing, **more}


def test_what_is_not_given_is_not_described():
    assert project.described(given())["spec"] == {"namespace": "garden-a"}
    assert project.described(given(namespace="garden"))["spec"] == {"namespace": "garden"}


def test_members_have_the_first_of_their_roles_apart():
    members = [
        {"kind": "User", "name": "a", "namespace": None, "roles": ["admin", "uam"]},
        {"kind": "ServiceAccount", "name": "b", "namespace": "n", "roles": ["viewer"]},
    ]
    assert project.described(given(members=members))["spec"]["members"] == [
        {"kind": "User", "name": "a", "role": "admin", "roles": ["uam"]},
        {"kind": "ServiceAccount", "name": "b", "namespace": "n", "role": "viewer"},
    ]
    assert project.described(given(members=[]))["spec"]["members"] == []


def test_what_is_open_in_an_owner_and_in_tolerations_is_left_out():
    more = {
        "owner": {"name": "a", "namespace": None},
        "tolerations": {"defaults": None, "whitelist": [{"key": "b", "value": None}]},
    }
    spec = project.described(given(**more))["spec"]
    assert spec["owner"] == {"name": "a"} and spec["tolerations"] == {"whitelist": [{"key": "b"}]}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"observedGeneration": 2, "phase": "Ready"}, ""),
        ({"observedGeneration": 1, "phase": "Ready"}, "generation 1 was seen last, phase Ready"),
        ({"observedGeneration": 2, "phase": "Failed"}, "phase Failed"),
        ({"observedGeneration": 2, "phase": "Terminating"}, "phase Terminating"),
        (None, "phase none yet"),
    ],
)
def test_a_project_is_ready_in_its_own_generation(status, said):
    failures, over = project.judge({"metadata": {"name": "a", "uid": "u"}, "status": status}, "u", 2)
    assert said in "".join(one.seen for one in failures) and bool(failures) == bool(said) and not over


@pytest.mark.parametrize("found", [None, {"metadata": {"name": "a", "uid": "other"}}])
def test_a_project_that_is_gone_is_not_waited_for(found):
    assert project.judge(found, "u", 2)[1]


def test_versions_of_a_profile_are_texts():
    spec = {
        "kubernetes": {"versions": [{"version": 1.35}]},
        "machineImages": [{"name": "a", "versions": [{"version": 12}]}],
    }
    assert len(cloud_profile.mistakes(spec)) == 2 and not cloud_profile.mistakes({})
