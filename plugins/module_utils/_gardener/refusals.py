# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an API server refuses, in words that name each field once and say what to do. Pure."""

from __future__ import annotations

import re
import typing as t

from .._kube.client import Refusal

# Of fields that others manage, there may be hundreds.
MOST = 12
_MANAGER = re.compile(r'conflict with "(?P<manager>[^"]+)"')
_HEADS = (
    re.compile(r"^Internal error occurred: "),
    re.compile(r"^admission webhook \"[^\"]+\" denied the request: "),
    re.compile(r"^\S+ \"[^\"]*\" is (?:forbidden|invalid): "),
)
# As OptimisticLockErrorMsg of Kubernetes' pkg/registry/generic/registry has it.
_STALE = "the object has been modified"
# Objects were made a moment ago that the API server's caches do not have yet, or are not there at all.
_UNKNOWN = re.compile(r"could not find referenced |\"[^\"]*\" not found")


class Conflict(t.NamedTuple):
    """field: as the API server names it, C(.spec.kubernetes.version). manager: of it."""

    field: str
    manager: str


def conflicts(error: Refusal) -> list[Conflict]:
    """Which fields others manage, of an apply that was refused for that; empty for any other refusal."""
    if error.status != 409:
        return []
    found = [(one.get("field", ""), _MANAGER.search(one.get("message", ""))) for one in error.causes]
    return [Conflict(field, match["manager"]) for field, match in found if match]


def stale(error: Refusal) -> bool:
    """Whether it was refused because the object has changed since it was read."""
    return error.status == 409 and _STALE in error.said


def unknown(error: Refusal) -> bool:
    """Whether it was refused because something that it refers to is not known to the API server."""
    return error.status in (403, 404, 422, 500) and bool(_UNKNOWN.search(error.said))


def explained(error: Refusal) -> str:
    """The server's own reason: a sentence for each field, or its message without what is said already."""
    if found := conflicts(error):
        fields = [f"{one.field} by {one.manager}" for one in found]
        return (
            f"fields are managed by others: {_listed(fields)} -> leave them out, or take them over with 'force: true'"
        )
    if stale(error):
        return "somebody changes it at each try, so nothing was written over that -> do it again later"
    if error.causes and error.reason == "Invalid":
        return _listed(dict.fromkeys(f"{one.get('field', '')}: {one.get('message', '')}" for one in error.causes))
    if error.status == 404 and error.reason != "NotFound":
        return "this API server has no such API -> is it the kubeconfig of the (virtual) garden?"
    said = error.said
    for head in _HEADS:
        said = head.sub("", said)
    return said.removeprefix("[").removesuffix("]") if said.startswith("[") else said


def _listed(said: t.Iterable[str]) -> str:
    every = list(said)
    more = f" and {len(every) - MOST} more" if len(every) > MOST else ""
    return f"{'; '.join(every[:MOST])}{more}"
