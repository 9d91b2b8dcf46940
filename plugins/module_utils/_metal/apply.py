# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan carried out, object by object: what one of them meets does not keep the others from their turn."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import (
    Conflict,
    MetalError,
    NotFound,
    Refused,
    ServerFailed,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Kind
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.plan import Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found, Store

# About one object. Everything else would meet the next one too.
SINGLE = (Refused, Conflict, NotFound)


@dataclass
class Done:
    """Ids in the order in which it was done; objects as the server then had them, by the id that the plan has for them;
    what was not done, and why.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    objects: dict[str, Found] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def part_of(self, plan: Plan) -> Plan:
        """What of the plan was done."""
        return Plan(
            create=[one for one in plan.create if one.id in self.objects],
            update=[one for one in plan.update if one.before.id in self.objects],
            delete=[one for one in plan.delete if one.id in self.removed],
        )


Step = tuple[str, str, t.Callable[[], None]]


def carry_out(kind: Kind, plan: Plan, store: Store) -> Done:
    """Removals first, for they may stand in the way; then changes, then what is new."""
    done = Done()
    pending = _steps(plan, store, done)
    while pending:
        refused: list[tuple[Step, str]] = []
        for step in pending:
            verb, name, act = step
            try:
                act()
            except SINGLE as error:
                refused.append((step, f"{kind.name} {name} was not {verb}: {error}{_advice(verb, error)}"))
            except (ServerFailed, Unreachable) as error:
                done.errors.append(f"{kind.name} {name}: {error}; whether it was {verb} is not known: run again")
                return done
            except MetalError as error:
                done.errors.append(f"{kind.name} {name} was not {verb}: {error}")
                return done
        if not kind.together or len(refused) in (0, len(pending)):
            done.errors += [text for _step, text in refused]
            return done
        pending = [step for step, _text in refused]
    return done


def _steps(plan: Plan, store: Store, done: Done) -> list[Step]:
    def remove(found: Found) -> None:
        store.delete(found)
        done.removed.append(found.id)

    def keep(asked: str, found: Found, among: list[str]) -> None:
        done.objects[asked] = found
        among.append(found.id)

    return [
        *(("removed", one.id, lambda one=one: remove(one)) for one in plan.delete),
        *(
            ("changed", one.before.id, lambda one=one: keep(one.before.id, store.update(one), done.updated))
            for one in plan.update
        ),
        *(("made", one.id, lambda one=one: keep(one.id, store.create(one), done.created)) for one in plan.create),
    ]


def _advice(verb: str, error: MetalError) -> str:
    if isinstance(error, Conflict):
        return ": somebody else changed it meanwhile; run again"
    if isinstance(error, NotFound) and verb != "made":
        return ": somebody else removed it meanwhile; run again"
    return ""
