# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an object, of a shoot most of all, is compared and shown. Pure."""

from __future__ import annotations

import copy
import typing as t

from .._k3s import objects
from .ownership import LAST_APPLIED

Object = dict[str, t.Any]

# Gardener's notes of what is to be done once, which it takes away by itself.
ONCE = ("gardener.cloud/operation", "shoot.gardener.cloud/tasks")
# When gardener-resource-manager renews a token that it was asked for.
RENEWED = "serviceaccount.resources.gardener.cloud/token-renew-timestamp"
RANDOM = "(chosen by the garden at creation)"


def compared(found: Object | None, before: Object | None = None) -> Object:
    """What somebody has wanted of an object, with all defaults, and nothing that Gardener keeps for itself.

    before: of a Secret as it was, by which another secret is told without showing it.
    """
    plain = copy.deepcopy(objects.shown(found, before))
    annotations = plain.get("metadata", {}).get("annotations") or {}
    for key in (*ONCE, RENEWED):
        annotations.pop(key, None)
    if LAST_APPLIED in annotations:
        annotations[LAST_APPLIED] = "(of a client-side apply)"
    if not annotations:
        plain.get("metadata", {}).pop("annotations", None)
    return plain


def preview(made: Object, wanted: Object) -> Object:
    """A shoot as it would be created. What the garden chooses at random is another value when it is."""
    plain = compared(made)
    if not ((wanted["spec"].get("maintenance") or {}).get("timeWindow")):
        maintenance = plain["spec"].get("maintenance") or {}
        if "timeWindow" in maintenance:
            maintenance["timeWindow"] = RANDOM
    return plain


def told(shoot: Object | None) -> Object:
    """A shoot as a result has it: all but who manages its fields."""
    return {} if shoot is None else objects.told(shoot)
