"""What an API cannot express or does not allow is told before anything is sent, in check mode too."""

from __future__ import annotations

from typing import Any

import pytest
from case import Case, Entry
from cases import CASES

REFUSED = [(case, version, *refusal) for case in CASES for version in ("v1", "v2") for refusal in case.refused[version]]


@pytest.mark.parametrize(
    ("case", "server", "there", "entry", "expected"),
    REFUSED,
    ids=[f"{case.kind}-{version}-{expected}" for case, version, _there, _entry, expected in REFUSED],
    indirect=["server"],
)
def test_it_is_refused(case: Case, server: Any, call: Any, there: bool, entry: Entry, expected: str) -> None:
    case.prepare(server)
    if there:
        call(server, case.module, **{case.plural: [case.new[server.version]]})
    server.world.requests.clear()
    result = call(server, case.module, check=True, **{case.plural: [entry]})
    assert result["failed"]
    assert expected in result["msg"]
    assert server.world.writes() == []
