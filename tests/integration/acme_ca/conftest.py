"""A site in a network of its own: a name server, an authority, and hosts that ask it for certificates."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(ROOT / "tests/standing")]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import acme_site  # noqa: E402
from acme_site import PACKAGES, Site  # noqa: E402

from lab import build, debian, settings  # noqa: E402

CACHE = settings.from_environment().cache


@pytest.fixture(scope="session")
def step_ca() -> Path:
    return build.ensure("step-ca", CACHE) / "step-ca"


@pytest.fixture(scope="session")
def trixie() -> Path:
    return debian.tree(CACHE, "trixie", PACKAGES)


@pytest.fixture(scope="session")
def bookworm() -> Path:
    return debian.tree(CACHE, "bookworm", PACKAGES)


@pytest.fixture(scope="module")
def site(step_ca: Path, trixie: Path) -> Iterator[Site]:
    with acme_site.running(step_ca, trixie) as found:
        yield found
