"""What the tests consist of: one line a suite, in the order in which they start."""

from __future__ import annotations

from dataclasses import dataclass

import counts


@dataclass(frozen=True)
class Suite:
    """A command, the targets that it belongs to, and how to read its result."""

    name: str
    command: str
    targets: tuple[str, ...]
    parser: counts.Parser = counts.plain
    alone: bool = False  # uses the lab or the whole machine: runs after the others, with its output on the terminal
    timeout: int = 900


CHECK = ("check", "test")
PLUGINS = ".ansible/collections/ansible_collections/metalstack/autonomous/plugins"

SUITES = (
    # offline, side by side; the long ones first
    Suite("sanity-2.18", "python tests/core/sanity.py 2.18 3.11 3.12 3.13", CHECK),
    Suite("sanity-2.19", "python tests/core/sanity.py 2.19 3.11 3.12 3.13", CHECK),
    Suite("sanity-2.21", "python tests/core/sanity.py 2.21 3.12 3.13", CHECK),
    Suite("ansible-lint", "ansible-lint -q --offline", CHECK),
    Suite("units-2.18", "python tests/core/units.py 2.18 3.11 3.12 3.13", CHECK, counts.pytest),
    Suite("units-2.19", "python tests/core/units.py 2.19 3.11 3.12 3.13", CHECK, counts.pytest),
    Suite("units-2.21", "python tests/core/units.py 2.21 3.12", CHECK, counts.pytest),
    Suite("units-2.21-newest", "python tests/core/units.py 2.21 3.13", CHECK, counts.pytest),
    Suite("parity", "pytest -q tests/check", CHECK, counts.pytest),
    Suite("types-strict", f"mypy --strict {PLUGINS}/module_utils", CHECK),
    Suite("types", f"mypy {PLUGINS} lab tools tests/run tests/core", CHECK),
    Suite("docs", "antsibull-docs lint-collection-docs --plugin-docs --disallow-unknown-collection-refs .", CHECK),
    Suite("yamllint", "yamllint --strict .", CHECK),
    Suite("changelog", "antsibull-changelog lint", CHECK),
    Suite("artifact", "pytest -q tests/integration/artifact", ("test",), counts.pytest),
    Suite("ruff", "ruff check --quiet", CHECK),
    Suite("format", "ruff format --check --quiet", CHECK),
)
