# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an object is, and what keeps another one's task from it. Pure.

As with Kubernetes' server-side apply: who would change what another one manages is refused until they say that they
mean it. What would stay as it is is no conflict, and what nobody manages is anybody's.
"""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Labels

# Upstream's own modules mark by it what they manage, with the value `ansible`.
MANAGER = "ci.metal-stack.io/manager"


def owner(labels: t.Mapping[str, str]) -> str:
    """Empty for nobody's."""
    return labels.get(MANAGER, "")


def marked(labels: Labels, ours: str | None) -> Labels:
    """As they are to be; a task without an owner leaves the mark that is there."""
    return {**labels, MANAGER: ours} if ours else labels


def objection(labels: t.Mapping[str, str], ours: str | None, done: str) -> str | None:
    """Why a task of this owner, or of none, may not have the object ``done``, such as ``removed``, and the way out."""
    theirs = owner(labels)
    if theirs in ("", ours):
        return None
    whose = f"the task is {ours}'s: leave it to them" if ours else f"the task has no owner: give owner {theirs}"
    return f"would be {done}, but belongs to {theirs} (label {MANAGER}), and {whose}, or have it {done} with take_over"
