# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kind of object is: its fields in a task and in both APIs, and what each of them allows. Pure.

A kind is data. What is added for a new one is a file in `kinds/`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

Document = dict[str, t.Any]
Fields = dict[str, t.Any]  # canonical values by a field's name
Labels = dict[str, str]
NONE: t.Mapping[str, t.Any] = {}


@dataclass(frozen=True)
class Wire:
    """Where an API has a field, its names separated by dots, and in which form."""

    path: str
    form: forms.Form = forms.TEXT


@dataclass(frozen=True)
class Field:
    """One option of an object. The names of a nested one are separated by dots.

    ``v1`` and ``v2`` say where the API has it, or, as a text, why it has not. ``required`` are the APIs in which a new
    object has to have it; ``fixed`` says by API why it cannot be changed later, ``kept`` why it cannot be emptied.
    ``limits`` are what an API demands of a value beyond the rules of its description.
    """

    name: str
    v1: Wire | str
    v2: Wire | str
    required: tuple[str, ...] = ()
    fixed: t.Mapping[str, str] = field(default_factory=dict)
    kept: t.Mapping[str, str] = field(default_factory=dict)
    limits: t.Mapping[str, tuple[forms.Limit, ...]] = field(default_factory=dict)

    def wire(self, version: str) -> Wire | str:
        return self.v1 if version == V1 else self.v2

    @property
    def given(self) -> t.Callable[[t.Any], t.Any]:
        """Makes a task's value canonical."""
        wires = [one for one in (self.v2, self.v1) if isinstance(one, Wire)]
        return wires[0].form.given


@dataclass(frozen=True)
class V1Api:
    """Paths and habits of API v1. ``always`` are fields that an update has to name although they do not change.

    ``labels`` is where the labels are, or why there are none; ``id`` and the others are where an object has these.
    ``replaced`` marks a kind whose objects an update replaces, so that it has to send all that they have; ``searched``
    one of which a GET has more than is to be sent back, a search has not. ``also`` is what a request for a new object
    says besides its fields.
    """

    path: str
    always: tuple[str, ...] = ()
    id: str = "id"
    created: str = "created"
    changed: str = "changed"
    generation: str = ""
    replaced: bool = False
    searched: bool = False
    also: t.Callable[[Fields], Document] = lambda _fields: {}
    labels: Wire | str = Wire("labels", forms.MAP)


@dataclass(frozen=True)
class V2Api:
    """Names in API v2: of the file of its service, of the object in a request and of the list in an answer.

    ``id`` is the name of the id in an object and ``ref`` in a request. ``readers`` are the packages that list the
    objects, the next for whom the one before is forbidden; ``packages`` has those of other methods that are not in
    admin. ``flat`` are other names of fields in a creation that has the fields themselves, not an object. ``locks`` is
    whether the server compares the time of the last change, and counts changes. ``always`` is as with API v1; fields of
    ``joint`` are sent all or none. ``labels`` is why there are none.
    """

    service: str
    one: str
    many: str
    id: str = "id"
    ref: str = "id"
    readers: tuple[str, ...] = ("api",)
    packages: t.Mapping[str, str] = field(default_factory=dict)
    flat: t.Mapping[str, str] | None = None
    locks: bool = True
    always: tuple[str, ...] = ()
    joint: tuple[str, ...] = ()
    labels: str | None = None

    def package(self, method: str) -> str:
        return self.packages.get(method, "admin")


Rule = t.Callable[[str, t.Mapping[str, Fields], t.Mapping[str, Fields]], list[str]]
Uses = t.Callable[[t.Any, str, str], list[str]]
Step = t.Callable[[str, Fields, Fields], list[str]]
Loses = t.Callable[[t.Any, str, str, Fields, Fields], list[str]]
Foreign = t.Callable[[Fields], "str | None"]


def no_rule(_version: str, _objects: t.Mapping[str, Fields], _touched: t.Mapping[str, Fields]) -> list[str]:
    return []


def no_uses(_client: t.Any, _version: str, _id: str) -> list[str]:
    return []


def any_step(_version: str, _before: Fields, _fields: Fields) -> list[str]:
    return []


def no_loss(_client: t.Any, _version: str, _id: str, _before: Fields, _fields: Fields) -> list[str]:
    return []


def ours(_fields: Fields) -> str | None:
    return None


@dataclass(frozen=True)
class Kind:
    """``rule`` is told of all objects as they would be, by id, and of those fields that are to be sent; it says what is
    wrong with them together.

    ``uses`` says by what an object is still needed; it is asked before one is removed. ``together`` marks a kind whose
    objects stand in each other's way, so that what a server refuses may go after the others.

    ``step`` says of an object as it is and of the fields that are to be sent what cannot be done at once. ``loses`` is
    asked before an update by what is still needed that it would drop. ``foreign`` says why an object is not a task's
    to manage. Fields of ``forced`` are sent with the word that they may lose something.

    ``made_ids`` are the APIs that make the ids of new objects, ``found_by`` the fields that find an object for which no
    id is given; where there are none of these, a task's ids are kept in a label. ``shared`` is who else makes objects,
    so that a list without an owner is never taken as all there shall be.

    ``filters`` are the options by which objects to read are chosen, and the fields that have what they ask for.
    """

    name: str
    plural: str
    fields: tuple[Field, ...]
    v1: V1Api
    v2: V2Api
    uses: Uses = no_uses
    rule: Rule = no_rule
    together: bool = False
    step: Step = any_step
    loses: Loses = no_loss
    foreign: Foreign = ours
    forced: tuple[str, ...] = ()
    made_ids: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()
    shared: str = ""
    filters: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def labelled(self) -> bool:
        """Whether a task's ids are kept in a label."""
        return bool(self.made_ids) and not self.found_by

    def called(self, fields: t.Mapping[str, t.Any]) -> str:
        """What to call an object by as long as it has no id, such as ``acme/shop``."""
        return "/".join(str(fields.get(name) or "?") for name in reversed(self.found_by))

    def labels_missing(self, version: str) -> str | None:
        """Why objects of this kind have no labels, if so."""
        missing = self.v1.labels if version == V1 else self.v2.labels
        return missing if isinstance(missing, str) else None

    def known(self, version: str) -> list[tuple[Field, Wire]]:
        """The fields that this API has."""
        return [(one, wire) for one in self.fields if isinstance(wire := one.wire(version), Wire)]

    def read(self, version: str, document: Document) -> Fields:
        """The canonical values of an API's object."""
        return {one.name: wire.form.read(at(document, wire.path)) for one, wire in self.known(version)}

    def write(self, version: str, fields: Fields, into: Document | None = None) -> Document:
        """These fields as this API wants to have them, in a document of its own or in one that has others."""
        document: Document = {} if into is None else into
        for one, wire in self.known(version):
            if one.name in fields:
                put(document, wire.path, wire.form.write(fields[one.name]))
        return document

    def sent(self, version: str, changed: t.Iterable[str]) -> set[str]:
        """The fields that an update names: an API replaces a nested object whole."""
        names = {*changed, *(self.v1.always if version == V1 else self.v2.always)}
        if version == V2 and names & {*self.v2.joint}:
            names |= {*self.v2.joint}
        parents = {name.rpartition(".")[0] for name in names} - {""}
        return names | {one.name for one, _wire in self.known(version) if one.name.rpartition(".")[0] in parents}

    def forces(self, fields: Fields) -> bool:
        """Whether an update of these is sent with the word that it may lose something."""
        return not fields.keys().isdisjoint(self.forced)

    def shown(self, fields: Fields) -> Document:
        """As a task writes them."""
        document: Document = {}
        for name, value in fields.items():
            put(document, name, value)
        return document


BOTH = (V1, V2)


def at(document: t.Any, path: str) -> t.Any:
    """What is at a path of names separated by dots; ``None`` where something on the way is missing."""
    for name in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def has(document: t.Any, path: str, value: t.Any) -> bool:
    """Whether it is there."""
    return holds(at(document, path), value)


def holds(there: t.Any, value: t.Any) -> bool:
    """Whether it is the value, alone or in a list; of several by name, whether all of them are."""
    if isinstance(value, dict):
        return isinstance(there, dict) and value.items() <= there.items()
    return value in there if isinstance(there, list) else bool(there == value)


def put(document: Document, path: str, value: t.Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        document = document.setdefault(name, {})
    document[last] = value
