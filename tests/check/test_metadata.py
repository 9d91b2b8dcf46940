"""Versions, licences and promises that stand in several places say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text())
CORES = {path.stem: path for path in (ROOT / "tests/core").glob("*.txt")}


def pins(path: Path) -> dict[str, str]:
    return dict(line.split("==") for line in path.read_text().splitlines() if "==" in line)


def test_the_newest_changelog_entry_is_not_beyond_the_version() -> None:
    def number(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split(".")))

    releases = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text())["releases"]
    assert all(number(release) <= number(GALAXY["version"]) for release in releases)


def test_the_licences_are_there_as_text() -> None:
    assert sorted(f"{name}.txt" for name in GALAXY["license"]) == sorted(
        path.name for path in (ROOT / "LICENSES").iterdir()
    )


def test_the_oldest_tested_core_is_the_one_that_is_required() -> None:
    required = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"]
    oldest = min(CORES, key=lambda core: tuple(map(int, core.split("."))))
    assert required == f">={oldest}.0"


def test_the_core_of_the_project_is_a_tested_one() -> None:
    version = pins(ROOT / "requirements.txt")["ansible-core"]
    assert pins(CORES[version.rpartition(".")[0]])["ansible-core"] == version


@pytest.mark.parametrize("core", sorted(CORES))
def test_the_tests_use_the_libraries_of_the_project(core: str) -> None:
    project = pins(ROOT / "requirements.txt") | pins(ROOT / "requirements-test.txt")
    other = pins(CORES[core])
    other.pop("ansible-core")
    assert {name: version for name, version in other.items() if project.get(name) != version} == {}


def test_requirements_are_among_the_constraints() -> None:
    def lower(found: dict[str, str]) -> dict[str, str]:
        return {name.lower(): version for name, version in found.items() if not name.startswith("ansible")}

    wanted = lower(pins(ROOT / "requirements.txt") | pins(ROOT / "requirements-test.txt"))
    assert wanted.items() <= lower(pins(ROOT / "constraints.txt")).items()


def test_the_readme_names_only_commands_that_there_are() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        assert set(re.findall(r"\bmake ([a-z-]+)", page.read_text())) - targets == set()


def test_the_readme_links_to_files_that_there_are() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        assert [link for link in links if not (ROOT / link).exists()] == []
