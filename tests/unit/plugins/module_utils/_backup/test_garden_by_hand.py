"""What the documentation has somebody do by hand is what the programs do."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    garden_files,
    garden_restore,
    garden_state,
)

RESTORE = (Path(__file__).parents[5] / "docs/playbooks/restore.md").read_text(encoding="utf-8")


def test_a_garden_is_applied_by_hand_as_the_component_does_it():
    """Each Secret by itself, a second apart, and of the status what the component restores."""
    (commands,) = (one for one in re.findall(r"```bash\n(.+?)```", RESTORE, re.DOTALL) if "gardens.json" in one)
    (pause,) = re.findall(r"while .*kubectl create -f - <<<\"\$one\"; sleep ([\d.]+); done", commands)
    assert float(pause) >= garden_restore.APART_SECONDS
    assert not re.search(r"-f \S*secrets\.json", commands)
    (fields,) = re.findall(r"IN\((.+?)\)", commands)
    assert tuple(re.findall(r'"(\w+)"', fields)) == garden_state.RESTORED
    assert all(f"garden/{file}" in commands for file in garden_files.FILES.values())
