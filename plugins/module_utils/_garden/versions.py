# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version of Gardener may follow which, and on which Kubernetes it runs. Pure.

gardener-operator ends by itself where a minor version is skipped or one is gone back to, compared with C(status) of its
Garden (C(pkg/operator/bootstrappers/verify_version.go)), and where it does not know the minor version of the cluster;
by then it is deployed. Here it is said before anything is changed.
"""

from __future__ import annotations

import re
import typing as t

from .._k3s.upgrade import GARDENER
from .._release import versions

Object = dict[str, t.Any]

_VERSION = re.compile(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
_KUBERNETES = re.compile(r"\d+\.\d+\.\d+")
# StatefulSets of some of these stand still; see docs/usage/shoot-operations/supported_k8s_versions.md of Gardener.
DEADLOCKED = ((1, 35, 0), (1, 35, 1), (1, 35, 2), (1, 35, 3))


def malformed(version: str, kubernetes: str) -> list[str]:
    """What is no version at all, of Gardener and of the virtual garden's Kubernetes."""
    found = []
    if not _VERSION.fullmatch(version):
        found.append(f"garden.version is {version!r}, expected a release of Gardener such as v1.138.3")
    if not _KUBERNETES.fullmatch(kubernetes):
        found.append(f"garden.kubernetes_version is {kubernetes!r}, expected a whole version such as 1.35.6")
    return found


def supported(version: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The oldest and the newest minor version of Kubernetes that a Gardener runs on; None where nobody knows."""
    number = versions.minor(version)
    known = GARDENER.get(number[1]) if number[:1] == (1,) else None
    return ((1, known[0]), (1, known[1])) if known else None


def unsupported(version: str, kubernetes: str, runtime: str) -> list[str]:
    """Of the virtual garden and of the cluster below it, what that Gardener does not know. runtime: its version."""
    span = supported(version)
    if span is None:
        known = ", ".join(f"v1.{one}" for one in (min(GARDENER), max(GARDENER)))
        return [
            f"which versions of Kubernetes Gardener {version} runs on is not known here, which is of {known} and all"
            " between -> take one of these, or a newer metalstack.autonomous"
        ]
    told = f"Gardener {version} supports Kubernetes {_told(span[0])} to {_told(span[1])}"
    found = []
    if not span[0] <= versions.minor(runtime) <= span[1]:
        older = versions.minor(runtime) < span[0]
        way = "upgrade the cluster first" if older else "take a newer Gardener, or an older cluster"
        found.append(f"the runtime cluster has Kubernetes {runtime}, and {told} -> {way}")
    if not span[0] <= versions.minor(kubernetes) <= span[1]:
        found.append(f"garden.kubernetes_version is {kubernetes}, and {told} -> take one of these")
    return found


def deadlocked(runtime: str) -> list[str]:
    """What is warned of, of a cluster that is a seed."""
    if versions.number(runtime)[:3] not in DEADLOCKED:
        return []
    return [f"StatefulSets of Kubernetes {runtime} may stand still, so no seed should have it -> take v1.35.4 or later"]


def steps(former: str, wanted: str) -> list[str]:
    """What speaks against going from one version of Gardener to another one; what is none is C(malformed)."""
    if not former or not _VERSION.fullmatch(wanted):
        return []
    before, after = versions.number(former), versions.number(wanted)
    if after < before:
        return [
            f"garden.version is {wanted}, and Gardener {former} has reconciled the garden, which goes back to none"
            " before -> take that or a later one"
        ]
    between = [f"v{before[0]}.{minor}" for minor in range(before[1] + 1, after[1])]
    if after[0] != before[0] or between:
        return [
            f"garden.version is {wanted}, and Gardener {former} has reconciled the garden, which takes one minor"
            f" version after the other -> take {', '.join(between) or 'those between'} first, each until all is healthy"
            " and every shoot was reconciled by it"
        ]
    return []


def kubernetes_steps(former: str, wanted: str) -> list[str]:
    """What speaks against going from one version of the virtual garden to another one; see C(malformed)."""
    if not former or not _KUBERNETES.fullmatch(wanted):
        return []
    before, after = versions.number(former), versions.number(wanted)
    if after < before:
        return [f"garden.kubernetes_version is {wanted}, and the virtual garden has {former} -> it cannot go back"]
    if after[0] != before[0] or after[1] - before[1] > 1:
        return [
            f"garden.kubernetes_version is {wanted}, and the virtual garden has {former} -> take one minor version"
            f" after the other, {before[0]}.{before[1] + 1} next"
        ]
    return []


def raises_minor(former: str, wanted: str) -> bool:
    return bool(former) and versions.minor(former) != versions.minor(wanted)


def reconciled(garden: Object | None) -> str:
    """The version that has last acted on a Garden; empty where none has."""
    return str((((garden or {}).get("status") or {}).get("gardener") or {}).get("version") or "")


def _told(minor: tuple[int, int]) -> str:
    return ".".join(map(str, minor))
