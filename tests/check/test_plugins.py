"""What every module and plugin has in common."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "plugins/modules").glob("*.py"))
SOURCES = sorted(path for path in (ROOT / "plugins").rglob("*.py") if path.read_text().strip())
FRAGMENTS = ROOT / "plugins/doc_fragments"
HEADER = (
    "# Copyright: (c) 2026, metal-stack authors",
    "# GNU General Public License v3.0+ "
    "(see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)


def constant(tree: ast.AST, name: str) -> str | None:
    """The string that is assigned to this name, at the top of a module or in a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            return ast.literal_eval(node.value)
    return None


def attributes(module: Path) -> dict[str, Any]:
    """The attributes that a module declares, those of its documentation fragments included."""
    documentation = yaml.safe_load(constant(ast.parse(module.read_text()), "DOCUMENTATION") or "{}")
    found: dict[str, Any] = {}
    for fragment in documentation.get("extends_documentation_fragment", []):
        name, _, part = fragment.removeprefix("metalstack.autonomous.").partition(".")
        path = FRAGMENTS / f"{name}.py"
        if path.exists():
            text = constant(ast.parse(path.read_text()), part.upper() or "DOCUMENTATION")
            found |= yaml.safe_load(text or "{}").get("attributes", {})
    return found | documentation.get("attributes", {})


def test_the_action_group_holds_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert runtime["action_groups"]["all"] == [path.stem for path in MODULES]


def test_an_action_has_a_module_that_documents_it() -> None:
    actions = {path.stem for path in (ROOT / "plugins/action").glob("*.py")}
    assert sorted(actions - {path.stem for path in MODULES}) == []


@pytest.mark.parametrize("module", MODULES, ids=[path.stem for path in MODULES])
def test_a_module_declares_its_attributes(module: Path) -> None:
    declared = attributes(module)
    assert {"check_mode", "diff_mode"} <= set(declared)
    for name in ("check_mode", "diff_mode"):
        assert declared[name].get("support") in ("full", "partial", "none", "N/A", "can_run")


@pytest.mark.parametrize("module", MODULES, ids=[path.stem for path in MODULES])
def test_a_module_returns_nothing_that_ansible_reads_as_something_else(module: Path) -> None:
    """A text as C(unreachable) has a host that answered count as one that did not."""
    returned = yaml.safe_load(constant(ast.parse(module.read_text()), "RETURN") or "{}") or {}
    assert sorted(set(returned) & {"failed", "skipped", "unreachable"}) == []


@pytest.mark.parametrize("source", SOURCES, ids=[str(path.relative_to(ROOT / "plugins")) for path in SOURCES])
def test_a_plugin_names_its_licence(source: Path) -> None:
    lines = source.read_text().splitlines()
    start = 1 if lines[0].startswith("#!") else 0
    assert tuple(lines[start : start + len(HEADER)]) == HEADER


def test_nothing_else_is_under_that_licence() -> None:
    mark = HEADER[2].removeprefix("# ")
    listed = subprocess.run(
        ["git", "grep", "--untracked", "-lF", mark, "--", ".", ":!plugins", ":!tests/check"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert listed.stdout == ""
