"""What the tests of every kind that is only read want to know of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Entry = dict[str, Any]


@dataclass(frozen=True)
class ViewCase:
    """``rows`` are what the servers have, by version, and ``expected`` what is read of either, in the same form.

    ``chosen`` are options with the ids that they choose, ``secrets`` words in the rows that nobody is to see.
    """

    kind: str
    plural: str
    info: Any
    rows: dict[str, list[Any]]
    expected: list[Entry]
    chosen: list[tuple[Entry, list[str]]]
    secrets: tuple[str, ...] = ()

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.expected]

    def put(self, server: Any) -> None:
        server.tables[self.kind].rows.extend(self.rows[server.version])
