# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one release changes of another, and which changes are not made. Pure."""

from __future__ import annotations

import typing as t

from .vector import GARDENER, GARDENER_CORE, Components
from .versions import is_lower, is_release, minor, walk

KUBERNETES = f"{GARDENER}.virtual-garden-apiserver"
CORE = tuple(f"{GARDENER}.{name}" for name in GARDENER_CORE)
_METAL = "docker-images.metal-stack.control-plane"
_OTHERS = "docker-images.third-party.control-plane"
# What keeps data that a newer version has changed the form of, and no older one reads.
STATEFUL = (
    *(f"{_METAL}.{name}" for name in ("ipam", "masterdata-api", "metal-api", "metal-apiserver", "tenant-apiserver")),
    *(f"{_OTHERS}.{name}" for name in ("headscale", "metal-db", "timescaledb", "valkey")),
    *(f"{_OTHERS}.{name}-db" for name in ("headscale", "ipam", "masterdata", "zitadel")),
    "helm-charts.oidc.zitadel",
)


class Change(t.NamedTuple):
    """One component; C(before) or C(after) is empty where one of the releases lacks it."""

    component: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        if not self.before or not self.after:
            return "removed" if self.before else "added"
        if is_lower(self.after, self.before):
            return "downgrade"
        return "upgrade" if is_lower(self.before, self.after) else "change"

    def shown(self) -> dict[str, str]:
        """As modules return it."""
        return {"component": self.component, "from": self.before, "to": self.after, "kind": self.kind}


def changes(before: Components, after: Components) -> list[Change]:
    """Every component whose version is another one, by name."""
    found = [Change(name, before.get(name, ""), after.get(name, "")) for name in sorted({*before, *after})]
    return [change for change in found if change.before != change.after]


def refusals(before: Components, after: Components, allow_downgrade: bool = False) -> list[str]:
    """Why one must not follow the other, if so.

    Sources: Gardener's operator compares its version with the one in the Garden's status and does not start after a
    skipped minor or a downgrade (C(pkg/operator/bootstrappers/verify_version.go)); the Garden's webhook refuses the
    same of the virtual garden's Kubernetes.
    """
    problems = []
    lowered = []
    for change in changes(before, after):
        if change.component in (*CORE, KUBERNETES) and (skipped := _skipped(change)):
            problems.append(skipped)
        if change.kind == "downgrade" and change.component in (*CORE, KUBERNETES, *STATEFUL):
            lowered.append(f"{_name(change.component)} {change.before} to {change.after}")
    if lowered and not allow_downgrade:
        problems.append(
            f"it would go back with {', '.join(lowered)}, which do not read what newer ones wrote; restore a set of "
            "that time first, and say allow_downgrade"
        )
    return _once(problems)


def between(
    former: str, before: Components, wanted: str, after: Components, known: list[str], allow_downgrade: bool = False
) -> list[str]:
    """Every reason not to follow one release, by name and components, with another; C(known) are all that there are."""
    return [
        *skipped_releases(former, wanted, known, allow_downgrade),
        *refusals(before, after, allow_downgrade),
    ]


def skipped_releases(former: str, wanted: str, known: list[str], allow_downgrade: bool = False) -> list[str]:
    """Why a release must not follow another one by their names alone, C(known) being all that there are."""
    if not (is_release(former) and is_release(wanted)):
        return []
    if is_lower(wanted, former) and not allow_downgrade:
        return [f"release {wanted} is older than {former}, which is installed; expected that one or a newer one"]
    between = walk(known, former, wanted)[:-1]
    if not between:
        return []
    return [f"release {wanted} skips {', '.join(between)} after {former}; take one after the other, {between[0]} first"]


def _skipped(change: Change) -> str:
    before, after = minor(change.before), minor(change.after)
    if not before or not after or change.kind == "downgrade":
        return ""
    if before[0] == after[0] and after[1] - before[1] <= 1:
        return ""
    what = "Kubernetes of the virtual garden" if change.component == KUBERNETES else "Gardener"
    return (
        f"{what} {change.before} to {change.after} skips a minor; take a release with "
        f"v{before[0]}.{before[1] + 1} first"
    )


def _name(component: str) -> str:
    return component.rpartition(".")[2]


def _once(problems: list[str]) -> list[str]:
    """Parts of Gardener have one version, and so one problem."""
    return list(dict.fromkeys(problems))
