"""Let the tests import the collection by its full name, as ansible-core does for modules and plugins."""

from __future__ import annotations

from pathlib import Path

from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".ansible/collections"

if not (PLACE / "ansible_collections/metalstack/autonomous").exists():
    raise RuntimeError("the collection is not linked yet: run `make link` first")

_collection_finder._AnsibleCollectionFinder(paths=[str(PLACE)])._install()
