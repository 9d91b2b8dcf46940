from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.unused import unused


@pytest.mark.parametrize(
    ("engine", "names", "nobody"),
    [
        ("postgres", [], True),
        ("postgres", ["PG_VERSION", "base", "global"], True),
        ("postgres", ["PG_VERSION", "base", "global", "postmaster.opts"], False),
        ("valkey", [], True),
        ("valkey", ["dump.rdb"], False),
        ("valkey", ["lost+found"], False),
        ("rethinkdb", ["metadata", "rethinkdb_data"], False),
        ("postgres", None, False),
        ("valkey", None, False),
    ],
)
def test_only_what_is_seen_and_tells_it_was_used_by_nobody(engine, names, nobody):
    assert unused(engine, names) is nobody
