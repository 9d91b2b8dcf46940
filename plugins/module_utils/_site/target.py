# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check 72: the target, as far as its site describes it; what its shoots are the role target_shoot judges."""

from __future__ import annotations

import typing as t

from .._target import garden
from .finding import Finding, of_complaint, shown
from .inputs import nearest
from .model import Site

STATE, GARDENER, SHOOTS = "site_target_state", "site_target_gardener", "target_shoot_shoots"
# What each does is told in docs/playbooks/target.md; these deploy the second stage.
DEPLOYING = ("present", "adopted")
STATES = (*DEPLOYING, "absent", "held", "hibernated", "awake", "operated")


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with what is said of a target, before a shoot is made that nobody could deploy to."""
    state = site.value(STATE) or DEPLOYING[0]
    if state not in STATES:
        yield Finding("V72", STATE, shown(state), ", ".join(STATES), nearest(state, STATES))
    given = site.given(SHOOTS)
    shoots = [one for one in given if isinstance(one, t.Mapping)] if isinstance(given, (list, tuple)) else []
    known = {name.removeprefix(garden.ROLE) for name in site.known_role_variables if name.startswith(garden.ROLE)}
    for complaint in garden.complaints(site.value(GARDENER), shoots if state in DEPLOYING else [], known):
        yield of_complaint("V72", GARDENER, complaint, "a garden that can be deployed")
