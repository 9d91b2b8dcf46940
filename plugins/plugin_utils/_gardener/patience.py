# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions have in common that wait for a shoot or a garden."""

from __future__ import annotations

import typing as t

from .._k3s.patience import PatientAction

# What the first slice says of its wait, which is over once a later one has succeeded.
_OF_THE_WAIT = ("failed", "msg", "failures", "over")


class ShootAction(PatientAction):
    """Runs a module of a shoot in slices. Only the first one writes; its module returns what it wrote (C(written)),
    which the later ones are given, with C(failures) and C(over)."""

    SECONDS = 3600

    def subject(self, arguments: dict[str, t.Any]) -> str:
        return f"{arguments['namespace']}/{arguments['name']}"

    def remember(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        return {"written": result["written"]}

    def completed(self, first: dict[str, t.Any], last: dict[str, t.Any]) -> dict[str, t.Any]:
        if last is first:
            return last
        whole = {**{key: value for key, value in first.items() if key not in _OF_THE_WAIT}, **last}
        for kind in ("warnings", "deprecations"):
            # Of some versions of Ansible they are objects that have no hash.
            before = list(first.get(kind) or [])
            if said := [*before, *(one for one in last.get(kind) or [] if one not in before)]:
                whole[kind] = said
        return whole


class GardenAction(ShootAction):
    """The same of a module of a garden, whose first slices may only wait for who it needs, and write nothing yet."""

    _acted: dict[str, t.Any] | None = None

    def subject(self, arguments: dict[str, t.Any]) -> str:
        return f"Garden {(arguments.get('garden') or arguments).get('name') or 'garden'}"

    def remember(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        if self._acted is None and "diff" in result:
            self._acted = result
        return super().remember(result) if "written" in result else {}

    def completed(self, first: dict[str, t.Any], last: dict[str, t.Any]) -> dict[str, t.Any]:
        return super().completed(self._acted or first, last)


class LandscapeAction(ShootAction):
    """The same of a module of a garden's landscape, which takes C(wait_timeout) for C(timeout), too."""

    # What is waited for, before its name.
    KIND = ""

    def given(self) -> dict[str, t.Any]:
        arguments = super().given()
        if "wait_timeout" in arguments:
            arguments["timeout"] = arguments.pop("wait_timeout")
        return arguments

    def subject(self, arguments: dict[str, t.Any]) -> str:
        return f"{self.KIND} {arguments['name']}"
