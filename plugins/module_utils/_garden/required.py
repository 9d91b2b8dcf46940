# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The extensions that a garden of metal-stack cannot do without. Pure.

Without that of a DNSRecord or a BackupBucket gardener-operator waits for ever, and without the others no shoot is
scheduled: each is told before anything is changed.
"""

from __future__ import annotations

import typing as t

Given = t.Mapping[str, t.Any]
Object = dict[str, t.Any]

# Of these a garden has some itself. Their extension runs in the runtime cluster as well, with or without values of its
# own for it (pkg/operator/controller/extension/extension/runtime of v1.138.3), but not as an admission alone.
AT_RUNTIME = ("DNSRecord", "BackupBucket")
ANY = ""
_INFRASTRUCTURE = ("ControlPlane", "Infrastructure", "Worker")


class Need(t.NamedTuple):
    """kind, type: of the resource of an extension; any type without. name: of the extension that usually has it."""

    kind: str
    type: str
    name: str


def needs(given: Given) -> list[Need]:
    """What has to be reconciled by some extension."""
    wanted = [Need(kind, given["infrastructure"], f"provider-{given['infrastructure']}") for kind in _INFRASTRUCTURE]
    wanted += [Need("Network", one, f"networking-{one}") for one in given["network_types"]]
    systems = given["operating_systems"] or [ANY]
    wanted += [Need("OperatingSystemConfig", one, f"os-{given['infrastructure']}") for one in systems]
    wanted += [Need("DNSRecord", one, f"dns-{one}") for one in dict.fromkeys(each["type"] for each in given["dns"])]
    if provider := given["backup"]["provider"]:
        wanted += [Need(kind, provider, f"backup-{provider.lower()}") for kind in ("BackupBucket", "BackupEntry")]
    return wanted


def missing(given: Given, live: t.Sequence[Object]) -> list[str]:
    """What none of the extensions reconciles, of those that are given and those that are there (C(live))."""
    mine = {one["name"]: one["spec"] for one in given["extensions"]}
    every = {**{one["metadata"]["name"]: one.get("spec") or {} for one in live}, **mine}
    found = []
    for need in needs(given):
        fitting = [spec for spec in every.values() if _has(spec, need)]
        called = f"{need.kind} of type {need.type}" if need.type else f"any {need.kind}"
        if not fitting:
            found.append(f"no extension reconciles {called} -> give one among garden.extensions, such as {need.name}")
        elif need.kind in AT_RUNTIME and not any(_installed(spec) for spec in fitting):
            found.append(
                f"the extension for {called} is not installed itself, and the garden needs it -> give it"
                " deployment.extension.helm"
            )
    return found


def malformed(given: Given) -> list[str]:
    """Extensions that cannot be installed as they are given."""
    names = [one["name"] for one in given["extensions"]]
    found = [f"garden.extensions has {name} twice" for name in sorted({one for one in names if names.count(one) > 1})]
    for one in given["extensions"]:
        deployment = one["spec"].get("deployment") or {}
        if not (deployment.get("extension") or deployment.get("admission")):
            found.append(f"extension {one['name']} has no deployment.extension or deployment.admission in its spec")
        for place, source in _sources(deployment):
            if not source.get("ref") and not (source.get("repository") and (source.get("tag") or source.get("digest"))):
                found.append(
                    f"extension {one['name']}: {place}.helm.ociRepository is {source}, expected ref, or repository with"
                    " tag or digest"
                )
    return found


def _sources(deployment: Object) -> t.Iterator[tuple[str, Object]]:
    """Every place of a deployment that a chart comes from."""
    admission = deployment.get("admission") or {}
    for place, one in (
        ("deployment.extension", deployment.get("extension")),
        ("deployment.admission.runtimeCluster", admission.get("runtimeCluster")),
        ("deployment.admission.virtualCluster", admission.get("virtualCluster")),
    ):
        if one:
            yield place, (one.get("helm") or {}).get("ociRepository") or {}


def _has(spec: Object, need: Need) -> bool:
    return any(
        one.get("kind") == need.kind and need.type in (ANY, one.get("type")) for one in spec.get("resources") or []
    )


def _installed(spec: Object) -> bool:
    return bool(((spec.get("deployment") or {}).get("extension") or {}).get("helm"))
