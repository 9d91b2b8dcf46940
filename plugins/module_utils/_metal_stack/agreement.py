# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a partition is of the release that its control plane is at, and of the same content. Pure.

Both have one record of their stage on the controller. A partition that wants it otherwise would change it back and
forth, and the control plane could not be deployed any more as it was.
"""

from __future__ import annotations

import typing as t

from .standing import Standing

LOCAL = "local"


def complaints(namespace: str, deployed: bool, at: Standing, name: str) -> list[str]:
    """Why a release must not be deployed now, by what the cluster tells.

    deployed: whether the namespace has the secrets of a control plane. at: where that is. name: of the release, empty
    where nobody tells it.
    """
    if not deployed:
        return [f"the control plane of namespace {namespace} has no secrets yet -> deploy it first"]
    if at.under_way:
        return [f"the control plane is on its way to {at.under_way} -> take that to its end first"]
    if at.release and name and at.release != name:
        return [
            f"the control plane is at {at.release}, and the partition would be at {name}; both have to be of one"
            " release -> bring the control plane to it first"
        ]
    return []


def differences(installed: t.Mapping[str, t.Any], wanted: t.Mapping[str, t.Any]) -> list[str]:
    """What is wanted otherwise of the same release than the stage has it.

    installed: as C(look.installed) has it; nothing where the stage has none on this controller, and the same release
    where that has no name. wanted: C(name), C(replacements), and in C(roles) the names of those that are of this
    machine.
    """
    if not installed.get("vectors") or installed["name"] not in ("", wanted["name"]):
        return []
    local = [name for name, role in installed["roles"].items() if role.get("repository") == LOCAL]
    return [
        f"{what}: {_shown(ours)}, and the stage has {_shown(theirs)} for its control plane -> give the same to both"
        for what, ours, theirs in (
            ("replacements", wanted["replacements"], installed["replacements"]),
            ("roles", sorted(wanted["roles"]), sorted(local)),
        )
        if ours != theirs
    ]


def _shown(value: t.Any) -> str:
    return str(value) if value else "none"
