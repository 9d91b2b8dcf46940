"""What the tests of every kind want to know of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Entry = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One kind. What differs between the APIs is by version.

    ``new`` is an object with every field that the API has, ``change`` one that differs; ``users`` are rows of other
    tables that need it, of which ``told`` are the words. ``refused`` are whether ``new`` is there, what is asked for
    then, and what is said.

    ``chosen`` are options of the `_info` that choose ``new``, and some that do not.

    ``found_by`` are the fields by which ``new`` is found, ``before`` are rows of other tables without which it is not
    made.
    """

    kind: str
    plural: str
    module: Any
    info: Any
    new: dict[str, Entry]
    change: Entry
    users: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    refused: dict[str, list[tuple[bool, Entry, str]]] = field(default_factory=dict)
    found_by: tuple[str, ...] = ("id",)
    before: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    chosen: tuple[tuple[Entry, Entry], ...] = ()

    def prepare(self, server: Any) -> None:
        for table, row in self.before.get(server.version, []):
            server.tables[table].put(row)

    def absent(self, server: Any) -> Entry:
        new = self.new[server.version]
        return {name: new[name] for name in self.found_by} | {"state": "absent"}

    def id(self, server: Any) -> str:
        """Of ``new``; as long as a server has not made it, what it is called by."""
        new = self.new[server.version]
        called = "/".join(new[name] for name in reversed(self.found_by))
        return str(new.get("id") or next(iter(server.tables[self.kind].rows), called))
