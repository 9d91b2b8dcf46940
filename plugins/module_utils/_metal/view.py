# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that come into being by themselves, such as switches, and are only read. Knows no Ansible."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.chosen import texts
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import BadInput
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, has, put
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1

Read = t.Callable[[Document], Document]
More = t.Callable[[t.Any, str, t.Mapping[str, t.Any]], t.Any]


@dataclass(frozen=True)
class Filter:
    """An option by which objects are chosen: where one has it, and what it is to the servers' searches, if anything.

    What the servers choose is looked through once more: a metal-apiserver of August 2026 drops the partition from a
    search for machines.
    """

    name: str
    path: str
    v1: str = ""
    v2: str = ""


@dataclass(frozen=True)
class View:
    """``path`` is where API v1 lists the objects, ``service`` and ``many`` what API v2 calls service and list.

    ``of_v1`` and ``of_v2`` bring an object into the form that both have in common. ``more`` are options that ask for
    something besides the objects.
    """

    name: str
    plural: str
    path: str
    service: str
    many: str
    of_v1: Read
    of_v2: Read
    filters: tuple[Filter, ...]
    more: t.Mapping[str, More] = field(default_factory=dict)


def information(view: View, client: t.Any, version: str, parameters: t.Mapping[str, t.Any]) -> Document:
    """Those that fit every option, by id, ``limit`` of them at most; ``total`` is how many there are."""
    if parameters["limit"] < 1:
        raise BadInput([f"limit: expected a number from 1 on, found {parameters['limit']}"])
    chosen = [(one, _canonical(parameters[one.name])) for one in view.filters if parameters[one.name] is not None]
    found = {one["id"]: one for one in _listed(view, client, version, chosen)}
    fitting = {name: one for name, one in found.items() if all(has(one, each.path, value) for each, value in chosen)}
    ids = sorted(fitting) if parameters["ids"] is None else list(dict.fromkeys(parameters["ids"]))
    present = [fitting[name] for name in ids if name in fitting]
    asked = {one.name: value for one, value in chosen}
    return {
        "changed": False,
        "api_version": version,
        view.plural: present[: parameters["limit"]],
        "total": len(present),
        "missing": [name for name in ids if name not in fitting],
        **{name: ask(client, version, asked) for name, ask in view.more.items() if parameters[name]},
    }


def _canonical(value: t.Any) -> t.Any:
    return texts(value) if isinstance(value, dict) else value


def _listed(view: View, client: t.Any, version: str, chosen: t.Sequence[tuple[Filter, t.Any]]) -> list[Document]:
    query: Document = {}
    for one, value in chosen:
        name = one.v1 if version == V1 else one.v2
        if name:
            put(query, name, value)
    if version == V1:
        return [view.of_v1(one) for one in client.read("POST", f"{view.path}/find", query) or []]
    answer = client.read("admin", view.service, "List", {"query": query})
    return [view.of_v2(one) for one in answer.get(view.many, [])]
