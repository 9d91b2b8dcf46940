# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the zone module tells: results and diffs. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.plan import Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.zone import Found, Outcome


def present(outcome: Outcome, found: Found | None, serial: int) -> dict[str, t.Any]:
    return {
        "changed": outcome.changed,
        "created": outcome.created,
        "settings": outcome.settings,
        "metadata": outcome.metadata,
        "records": outcome.plan.counts(),
        "serial": serial,
        "warnings": outcome.warnings,
        "diff": [*_settings(outcome, found), *_records(outcome.plan)],
    }


def absent(found: Found | None) -> dict[str, t.Any]:
    sets = found.rrsets if found else {}
    plan = Plan(delete=list(sets), before=dict(sets))
    return {"changed": found is not None, "records": plan.counts(), "diff": _records(plan)}


def _settings(outcome: Outcome, found: Found | None) -> list[dict[str, t.Any]]:
    if not (outcome.settings or outcome.metadata):
        return []
    before = {name: found.settings.get(name) for name in outcome.settings} if found else {}
    if found:
        before |= {kind: found.metadata.get(kind, []) for kind in outcome.metadata}
    return [
        {
            "before_header": "settings",
            "after_header": "settings",
            "before": before,
            "after": {**outcome.settings, **outcome.metadata},
        }
    ]


def _records(plan: Plan) -> list[dict[str, t.Any]]:
    return [{"before_header": "records", "after_header": "records", **plan.diff()}] if plan else []
