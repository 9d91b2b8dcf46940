# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects as they are read and as they shall be, in the same form whichever API a server speaks."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import Conflict
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Fields, Labels


@dataclass(frozen=True)
class Found:
    """An object as it was read. ``changed`` is the server's own time of its last change, by which updates are locked.

    ``generation`` counts changes, where an API does. ``unnamed`` is one that is to be made and whose id the server
    makes: until then ``id`` is what to call it by. ``server_id`` is given where a task's id is kept in a label.
    """

    id: str
    fields: Fields
    labels: Labels = field(default_factory=dict)
    changed: str = ""
    created: str = ""
    generation: int | None = None
    unnamed: bool = False
    server_id: str = ""

    @property
    def key(self) -> str:
        """The id by which the server knows it."""
        return self.server_id or self.id


@dataclass(frozen=True)
class Update:
    """From what was read to what shall be: values of the fields that differ, labels to set, keys of those to remove."""

    before: Found
    fields: Fields
    labels: Labels = field(default_factory=dict)
    unlabelled: tuple[str, ...] = ()

    @property
    def after(self) -> Fields:
        return {**self.before.fields, **self.fields}

    @property
    def labels_after(self) -> Labels:
        return {
            key: value for key, value in {**self.before.labels, **self.labels}.items() if key not in self.unlabelled
        }


class Store(t.Protocol):
    """What the decisions and their execution need of an API."""

    version: str
    client: t.Any

    def objects(self) -> dict[str, Found]:
        """All objects by id."""

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update], delete: t.Sequence[Found]) -> list[str]:
        """What the API's own rules have against these, without sending them."""

    def create(self, wanted: Found) -> Found:
        """Make it; Conflict if it is there."""

    def update(self, update: Update) -> Found:
        """Change it; Conflict if it is not as it was read any more."""

    def delete(self, found: Found) -> None:
        """Remove it; it being gone already is as good."""


def expect_unchanged(before: Found, now: Found) -> None:
    """By the time of the last change; by all that there is of those that have none."""
    if now.changed != before.changed or (not now.changed and now != before):
        when = f" at {now.changed}" if now.changed else ""
        raise Conflict(f"changed{when} by somebody else, after it was read")
