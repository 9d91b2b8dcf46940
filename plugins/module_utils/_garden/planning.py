# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused of a garden before anything is changed, and what is made of it then."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._gardener.client import Garden, Object
from .._gardener.errors import GardenError
from . import facts, inputs, manifests, surroundings
from .options import Given
from .surroundings import Facts


class Plan(t.NamedTuple):
    """given: the description of a garden. live: the Garden that is there, None without any. prerequisites: what is
    applied before the Garden (C(garden)), in its order. warnings: what better were otherwise."""

    given: Given
    facts: Facts
    live: Object | None
    prerequisites: list[Object]
    garden: Object
    warnings: list[str]

    @property
    def former(self) -> str:
        """The version of Gardener that is there, empty without any."""
        return surroundings.former(self.facts, self.live)


def planned(cluster: Garden, given: Given) -> Plan:
    """given: the options of a module that describes a garden. Raises GardenError with all mistakes at once."""
    garden, secrets = given["garden"], given["secrets"]
    names = [one["name"] for one in secrets]
    wrong = inputs.mistakes(garden, names)
    held: list[Object] = []
    for one in secrets:
        try:
            held.append(manifests.secret(one["name"], _data(one)))
        except GardenError as error:
            wrong.append(str(error))
    there = facts.read(cluster)
    live = surroundings.garden_of(garden, there)
    wanted = manifests.garden(garden, live)
    wrong += surroundings.complaints(garden, wanted["spec"], names, there)
    if wrong:
        raise GardenError(f"{'; '.join(dict.fromkeys(wrong))}. Nothing was changed", {"mistakes": wrong})
    before = [*held, *manifests.extensions(garden), *manifests.config_maps(garden)]
    return Plan(garden, there, live, before, wanted, surroundings.warnings(garden, there))


def _data(secret: Given) -> dict[str, bytes]:
    """What a Secret is to hold, of its C(data) and its C(files)."""
    twice = sorted(set(secret["data"]) & set(secret["files"]))
    if twice:
        raise GardenError(f"secret {secret['name']} has {', '.join(twice)} in both data and files")
    found = {key: str(value).encode() for key, value in secret["data"].items()}
    for key, path in secret["files"].items():
        try:
            found[key] = Path(path).read_bytes()
        except OSError as error:
            raise GardenError(f"secret {secret['name']}: {path} cannot be read: {error.strerror}") from None
    lacking = sorted(key for key, value in found.items() if not value.strip())
    if lacking or not found:
        raise GardenError(f"secret {secret['name']} has nothing in {', '.join(lacking) or 'it'} -> give its data")
    return found
