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
MOLECULE = "python -m lab exec -- molecule test -s"
# Suites of their own: one needs hosts that were wiped, one adds a host, one looks through what all others have left.
APART = ("interrupt", "agents", "bgp", "secrets")
DRILLS = " ".join(["pytest -q tests/drills", *(f"--ignore tests/drills/test_{name}.py" for name in APART)])

SUITES = (
    # offline, side by side; the long ones first
    # Six real servers; with an empty cache their three Debian releases are fetched first, half a minute each.
    Suite("pdns", "pytest -q tests/integration/pdns", ("test",), counts.pytest),
    Suite("chrony", "pytest -q tests/integration/chrony", ("test",), counts.pytest),
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
    Suite("validate", "pytest -q tests/integration/validate", ("test",), counts.pytest),
    Suite("init", "pytest -q tests/integration/init", ("test",), counts.pytest),
    Suite("ruff", "ruff check --quiet", CHECK),
    Suite("format", "ruff format --check --quiet", CHECK),
    # the lab, one after the other; the contract has a lab of its own, all others share one
    # With an empty cache this builds the hosts' image and every program, which takes half an hour on two cores.
    Suite("lab-up", "python -m lab up", ("test", "drill"), alone=True, timeout=3600),
    Suite("contract", "pytest -q tests/contract/k3s", ("test", "drill"), counts.pytest, alone=True),
    Suite("molecule-chrony", f"{MOLECULE} chrony", ("test", "drill"), counts.molecule, alone=True),
    Suite("molecule-powerdns", f"{MOLECULE} powerdns", ("test", "drill"), counts.molecule, alone=True),
    Suite("molecule-default", f"{MOLECULE} default", ("test", "drill"), counts.molecule, alone=True, timeout=1200),
    Suite("drills", DRILLS, ("test", "drill"), counts.pytest, alone=True, timeout=3600),
    Suite(
        "molecule-interrupted", f"{MOLECULE} interrupted", ("test", "drill"), counts.molecule, alone=True, timeout=1800
    ),
    Suite("molecule-single", f"{MOLECULE} single_node", ("test", "drill"), counts.molecule, alone=True),
    Suite("molecule-grow", f"{MOLECULE} grow", ("test", "drill"), counts.molecule, alone=True, timeout=1200),
    Suite(
        "agents",
        "pytest -q tests/drills/test_agents.py tests/drills/test_bgp.py",
        ("test", "drill"),
        counts.pytest,
        alone=True,
    ),
    Suite("secrets", "pytest -q tests/drills/test_secrets.py", ("test", "drill"), counts.pytest, alone=True),
    Suite("lab-down", "python -m lab down", ("test", "drill"), alone=True),
    Suite("bench", "python -m bench", ("bench",), alone=True, timeout=7200),
    Suite("bench-zones", "python -m bench.zones", ("bench",), alone=True, timeout=3600),
)
