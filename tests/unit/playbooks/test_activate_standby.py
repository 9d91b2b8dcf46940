"""What a run would refuse is refused in check mode, too."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

PLAYBOOK = Path(__file__).resolve().parents[3] / "playbooks/activate_standby.yml"
REFUSES = "Refuse while the lost location may live"


@pytest.mark.parametrize("knock", ["Knock at their APIs", "Knock from here, too"])
def test_apis_of_the_lost_location_are_knocked_at_in_check_mode(knock: str) -> None:
    (play,) = [one for one in yaml.safe_load(PLAYBOOK.read_text()) if one["name"] == REFUSES]
    (task,) = [one for one in play["tasks"] if one["name"] == knock]
    # Ansible skips wait_for there unless it is told not to.
    assert "ansible.builtin.wait_for" in task and task.get("check_mode") is False
