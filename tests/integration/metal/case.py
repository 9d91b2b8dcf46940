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
