# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a garden is chosen once, why, and what of it differs from the garden that is there. Pure.

Gardener refuses such a change by a webhook (C(pkg/api/operator/v1alpha1/validation/garden.go) of v1.138), where that
runs, and says neither that it is for good nor why. What is missing it makes up: a bucket named after a UID.
"""

from __future__ import annotations

import copy
import typing as t

Given = t.Mapping[str, t.Any]
Object = dict[str, t.Any]

FOR_GOOD, APPENDED, KEPT_ON = "can never be changed", "is only ever added to, at its end", "can never be taken back"


_BACKUP = ("virtualCluster", "etcd", "main", "backup")


class Choice(t.NamedTuple):
    """option: its name in what is given, dotted. path: in a Garden's spec. how: it may change. why: it matters."""

    option: str
    path: tuple[str, ...]
    how: str
    why: str


CHOICES = (
    Choice(
        "cluster_identity",
        ("virtualCluster", "gardener", "clusterIdentity"),
        FOR_GOOD,
        "every seed, shoot and DNS owner record bears it, and two gardens that have it in common, as an initial and a"
        " target cluster do with a fixed one, take each other's for their own",
    ),
    Choice(
        "ingress_domains",
        ("runtimeCluster", "ingress", "domains"),
        FOR_GOOD,
        "the issuer of workload identities and the discovery server have their names from the first one",
    ),
    Choice(
        "virtual_domains",
        ("virtualCluster", "dns", "domains"),
        FOR_GOOD,
        "the first one is the address of the garden's API, which gardenlets, extensions and tokens know it by",
    ),
    Choice(
        "backup.provider",
        (*_BACKUP, "provider"),
        FOR_GOOD,
        "without backups of etcd no garden can be restored",
    ),
    Choice(
        "backup.bucket",
        (*_BACKUP, "bucketName"),
        FOR_GOOD,
        "left out, it is named after the UID of the Garden, which is another one once the Garden is made anew, so that"
        " its backups are not found",
    ),
    Choice(
        "backup.region",
        (*_BACKUP, "region"),
        FOR_GOOD,
        "the bucket is looked for there",
    ),
    Choice(
        "nodes",
        ("runtimeCluster", "networking", "nodes"),
        APPENDED,
        "firewalls and network policies are made of it, and no such cluster has a ConfigMap shoot-info to tell it",
    ),
    Choice(
        "pods",
        ("runtimeCluster", "networking", "pods"),
        APPENDED,
        "firewalls and network policies are made of it, and no such cluster has a ConfigMap shoot-info to tell it",
    ),
    Choice(
        "services",
        ("runtimeCluster", "networking", "services"),
        APPENDED,
        "firewalls and network policies are made of it, and no such cluster has a ConfigMap shoot-info to tell it",
    ),
    Choice(
        "virtual_services",
        ("virtualCluster", "networking", "services"),
        APPENDED,
        "the Services of the virtual garden have it, and it may overlap no network that is routed to from there",
    ),
    Choice(
        "high_availability",
        ("virtualCluster", "controlPlane", "highAvailability"),
        KEPT_ON,
        "an etcd of three members is not made one of one",
    ),
)
# Never left out. The region is the provider's own where it is not given, and availability may be switched on later.
MANDATORY = tuple(one for one in CHOICES if one.option not in ("backup.region", "high_availability"))


def missing(given: Given) -> list[str]:
    """What has to be chosen, and was not."""
    return [
        f"garden.{one.option} is missing, and {one.how} once the garden is there: {one.why} -> choose it now"
        for one in MANDATORY
        if not _given(given, one.option)
    ]


def changed(spec: Object, live: Object) -> list[str]:
    """What differs from a Garden that is there. spec: that is wanted. live: the Garden."""
    found = []
    there_of, wanted_of = _settled(live.get("spec") or {}, live), _settled(spec, live)
    for one in CHOICES:
        wanted, there = _plain(_below(wanted_of, one.path)), _plain(_below(there_of, one.path))
        if there is not None and not _follows(one.how, wanted, there):
            found.append(
                f"garden.{one.option} is {_said(wanted)}, and Garden {live['metadata']['name']} has"
                f" {_said(there, 'none')}, which {one.how}: {one.why} -> say what it has"
            )
    return found + _discovery(spec, live)


def bucket(garden: Object) -> str:
    """The name of the BackupBucket of a Garden, empty where it backs up nothing; what follows a slash is in it."""
    backup = _below(garden.get("spec") or {}, _BACKUP)
    return str(backup.get("bucketName") or default_bucket(garden)).partition("/")[0] if backup else ""


def default_bucket(garden: Object) -> str:
    """The name of the bucket of a Garden that says none."""
    return f"garden-{garden['metadata']['uid']}"


def _settled(spec: Object, live: Object) -> Object:
    """A spec with what Gardener takes of a backup that does not say it: the name after the UID, the provider's region.

    As etcdMainBackupBucketNameAndPrefix and deployBackupBucket have it (pkg/operator/controller/garden/garden/
    reconciler_reconcile.go).
    """
    if not (backup := _below(spec, _BACKUP)):
        return spec
    settled = copy.deepcopy(spec)
    provider = _below(spec, ("runtimeCluster", "provider")) or {}
    settled["virtualCluster"]["etcd"]["main"]["backup"] |= {
        "bucketName": backup.get("bucketName") or default_bucket(live),
        "region": backup.get("region") or provider.get("region") or "",
    }
    return settled


def _follows(how: str, wanted: t.Any, there: t.Any) -> bool:
    if how == KEPT_ON:
        return wanted is not None
    if how == APPENDED:
        return list(wanted or [])[: len(there)] == list(there)
    if isinstance(there, list):
        # The first one counts.
        return not there or (bool(wanted) and wanted[0] == there[0])
    return bool(wanted == there)


def _discovery(spec: Object, live: Object) -> list[str]:
    """The discovery server stays where it is, whose address is in tokens."""
    path = ("virtualCluster", "gardener", "gardenerDiscoveryServer")
    there, wanted = _below(live.get("spec") or {}, path), _below(spec, path)
    if there is None or (wanted is not None and (wanted.get("domain") or {}) == (there.get("domain") or {})):
        return []
    return [
        f"garden.spec.{'.'.join(path)} is {_said(wanted)}, and Garden {live['metadata']['name']} has {_said(there)},"
        f" which {FOR_GOOD}: its address is the issuer in tokens -> say what it has"
    ]


def _given(given: Given, option: str) -> t.Any:
    found: t.Any = given
    for part in option.split("."):
        found = (found or {}).get(part)
    return found


def _below(spec: t.Any, path: tuple[str, ...]) -> t.Any:
    for part in path:
        spec = spec.get(part) if isinstance(spec, dict) else None
    return spec


def _plain(value: t.Any) -> t.Any:
    """Of domains their names."""
    if isinstance(value, list):
        return [one["name"] if isinstance(one, dict) else one for one in value]
    return value


def _said(value: t.Any, nothing: str = "missing") -> str:
    if value is None or value in ("", []):
        return nothing
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
