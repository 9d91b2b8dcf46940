"""Pages of sites in several states, and a browser."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [
    str(ROOT),
    str(Path(__file__).parent),
    *(str(ROOT / "tests" / name) for name in ("chromium", "standing")),
]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import browser  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import status_page  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.plugin_utils._site import page_states  # noqa: E402

from lab import debian, settings  # noqa: E402

NOW = datetime.datetime(2026, 3, 1, 12, 5, tzinfo=datetime.UTC)
STATES = {"good": page_states.good, "bad": page_states.bad, "unknown": page_states.unknown}


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a page of each state."""
    directory = tmp_path_factory.mktemp("pages")
    for name, state in STATES.items():
        (directory / f"{name}.html").write_text(status_page.render(state(), NOW))
    return directory


@pytest.fixture(scope="session")
def driver(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the browser's driver."""
    tree = debian.tree(settings.from_environment().cache, browser.RELEASE, browser.PACKAGES)
    with browser.driver(tree, pages, tmp_path_factory.mktemp("browser") / "log") as address:
        yield address
