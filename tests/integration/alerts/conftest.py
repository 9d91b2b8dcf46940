"""What the tests share: Debian's own tool for rules, and the repository's modules on the path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from lab import debian, settings  # noqa: E402

PROGRAM = "usr/bin/vmalert-tool"
# It listens at port 8880 of every address and asks itself there; so do the servers of other suites, at the same time.
ALONE = ("unshare", "--net", "sh", "-ec", 'ip link set lo up; exec "$@"', "alone")


@pytest.fixture(scope="session")
def vmalert_tool() -> list[str]:
    """The same tree as that of the tests of the store, in a network of its own."""
    tree = debian.tree(settings.from_environment().cache, "trixie", ("victoria-metrics",))
    return [*ALONE, *debian.program(tree, PROGRAM)]
