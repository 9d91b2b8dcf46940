"""What brings the metrics of a restored site back says why it does not."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from ansible_collections.metalstack.autonomous.plugins.modules import backup_info

TASKS = Path(__file__).resolve().parents[3] / "playbooks/tasks/recover_metrics.yml"


def test_it_asks_for_what_is_told():
    told = yaml.safe_load(backup_info.RETURN)
    assert set(re.findall(r"__site_catalogue\.(\w+)", TASKS.read_text())) <= set(told)
