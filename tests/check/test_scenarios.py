"""The pages of the failure scenarios are what their drills say, and each remedy names what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools import scenarios  # noqa: E402

DRILLED = """
@scenario(id="B1", title="{title}", initial_cluster="a", target_cluster="b", end_users="c", detection="d", remedy="e")
def test_one() -> None: ...
@also("B1")
def test_two() -> None: ...
"""


def test_the_pages_are_what_the_drills_say() -> None:
    command = [sys.executable, "tools/scenarios.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_remedy_names_playbooks_that_there_are() -> None:
    pages = list((ROOT / "docs/failure-scenarios").glob("[A-Z][0-9]*.md"))
    assert pages
    for page in pages:
        for name in re.findall(r"playbook `([a-z_]+)`", page.read_text()):
            assert (ROOT / f"playbooks/{name}.yml").exists(), f"{page.name}: {name}"


@pytest.fixture
def drilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a place with a drill of one scenario in each of the directories."""
    monkeypatch.setattr(scenarios, "ROOT", tmp_path)
    for directory, of in scenarios.DRILLS.items():
        (tmp_path / directory).mkdir(parents=True)
        (tmp_path / directory / "test_it.py").write_text(DRILLED.format(title=f"It fails ({of})"))
    return tmp_path


def test_what_drills_of_something_else_say_of_a_scenario_is_a_part_of_its_page(drilled: Path) -> None:
    times = {"B1": {"of the site": 1.0}, "B1, metal-stack's databases": {"of a database": 2.0}}
    text = scenarios.pages(times)[scenarios.PAGES / "B1.md"]
    site, _, databases = text.partition("\n## metal-stack's databases\n")
    assert site.startswith("# B1: It fails ()\n") and "(#metal-stacks-databases)" in site and "BackupFailed" in site
    assert "of the site | 1" in site and "`test_two` in `tests/drills/test_it.py`" in site
    assert "It fails (metal-stack's databases).\n" in databases and "of a database | 2" in databases
    assert "`test_two` in `tests/integration/metal_stack_restore/test_it.py`" in databases
    index = scenarios.pages(times)[scenarios.PAGES / "README.md"]
    assert "[B1](B1.md) | It fails ()" in index and "[B1](B1.md#metal-stacks-databases) | metal-stack's data" in index


@pytest.mark.parametrize(
    ("more", "words"),
    [('@also("B2")\ndef test_three() -> None: ...\n', "no drill describes B2"), (DRILLED, "two drills describe B1")],
)
def test_what_nobody_or_several_describe_is_refused(drilled: Path, more: str, words: str) -> None:
    (drilled / "tests/drills/test_more.py").write_text(more)
    with pytest.raises(SystemExit, match=words):
        scenarios.pages({})
