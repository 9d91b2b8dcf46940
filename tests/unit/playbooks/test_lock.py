"""One run at a time changes a site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
# What changes no host of the site, and what looks and leaves changes to another playbook, which holds it.
READS = {"init", "mirror", "probe_storage", "status", "target", "validate"}
LEAVES = {
    "activate_standby": "restore",
    "add_node": "bootstrap",
    "metal_stack": "deploy_metal_stack",
    "gardener": "deploy_gardener",
    "restore_garden": "deploy_gardener",
}
INCLUDED = re.compile(r"(?:include_tasks|import_tasks): \"?([^\"\n]+\.yml)")


def reached(file: Path, seen: set[Path]) -> set[Path]:
    """The files of tasks that a playbook comes to by itself, as far as their names tell."""
    if file in seen or not file.exists():
        return seen
    seen.add(file)
    for name in INCLUDED.findall(file.read_text()):
        # A part of the name that is only known in a run stands for all that there are.
        _above, up, below = name.rpartition("../")
        for one in (file.parent / up).glob(re.sub(r"{{.*?}}", "*", below)):
            reached(one.resolve(), seen)
    return seen


@pytest.mark.parametrize("playbook", sorted(path.stem for path in PLAYBOOKS.glob("*.yml")))
def test_a_playbook_that_changes_a_site_holds_it(playbook: str) -> None:
    file = PLAYBOOKS / f"{playbook}.yml"
    holds = "hold.yml" in {path.name for path in reached(file, set())}
    assert holds is (playbook not in READS | LEAVES.keys())
    if playbook in LEAVES:
        assert f"import_playbook: metalstack.autonomous.{LEAVES[playbook]}\n" in file.read_text()
