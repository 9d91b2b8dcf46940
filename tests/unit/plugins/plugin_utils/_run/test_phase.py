from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._run.phase import (
    at_most,
    clock,
    phase_of,
    section,
    still,
)


@pytest.mark.parametrize(
    ("path", "phase"),
    [
        ("/c/roles/k3s_cluster/tasks/install.yml:12", "k3s_cluster/install"),
        ("/roles/site/roles/kube_vip/tasks/main.yaml:1", "kube_vip/main"),
        ("/c/playbooks/validate.yml:7", "validate"),
        ("/c/playbooks/tasks/hold.yml:3", "hold"),
        (None, "controller"),
        ("", "controller"),
    ],
)
def test_phase_is_the_task_file_of_a_role_or_the_playbook(path: str | None, phase: str) -> None:
    assert phase_of(path) == phase


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (245, "4:05"), (3845, "1:04:05")])
def test_a_clock_tells_minutes_and_hours_once_there_are_some(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_what_a_run_waits_for_is_told_with_its_bound_where_it_has_one() -> None:
    assert still(75, "Start", {"server2", "server1"}, 30, at_most(300, 0)) == (
        "1:15  still: Start (server1, server2), 0:30 of 5:00 at most"
    )
    assert still(75, "Ask", ["server1"], 30, at_most(0, 61)) == "1:15  still: Ask (server1), 0:30, 61 attempts at most"
    assert still(75, "Start", ["server1"], 30, at_most(0, 0)) == "1:15  still: Start (server1), 0:30"


def test_a_section_of_a_log_has_a_key_that_gitlab_takes() -> None:
    assert section(3, "k3s_cluster/install") == "phase_3_k3s_cluster_install"
