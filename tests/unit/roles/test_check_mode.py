"""What a role says and waits for in check mode."""

from __future__ import annotations

import jinja2
import yaml
from played import ROLES

TASKS = ROLES / "k3s_cluster/tasks"


def test_what_would_be_done_is_shown_before_it_is_refused() -> None:
    named = [task["name"] for task in yaml.safe_load((TASKS / "discover.yml").read_text())]
    assert named.index("Show what is to be done") < named.index("Refuse what could lose data")


def test_a_gate_that_is_red_is_soon_told() -> None:
    [task] = yaml.safe_load((TASKS / "gate.yml").read_text())
    timeout = jinja2.Environment().from_string(task["metalstack.autonomous.k3s_wait"]["timeout"])
    waits = {check: timeout.render(ansible_check_mode=check, k3s_cluster_timeout=300) for check in (True, False)}
    assert waits == {True: "15", False: "300"}
