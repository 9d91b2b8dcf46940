from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import words

EVENT = '{"time":"then","level":"ERROR","msg":"error initializing database","error":"unable to uncompress"}'


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", ""),
        ('{"level":"INFO","msg":"restoring backup"}', ""),
        (EVENT, "error initializing database: unable to uncompress"),
        (f"{EVENT}\nusage:\n  --port", "error initializing database: unable to uncompress"),
        (f"{EVENT}\nError: unable to uncompress\n", "Error: unable to uncompress"),
        ('{"level":"ERROR","msg":"gone"}', '{"level":"ERROR","msg":"gone"}'),
        ('"error"', '"error"'),
        ("error " * 100, ("error " * 100)[:300]),
    ],
)
def test_the_last_error_is_told_in_one_line(log, said):
    assert words.last(log) == said
