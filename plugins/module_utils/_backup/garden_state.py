# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a new runtime cluster needs of a Garden, by Gardener's docs/operations/disaster_recovery_garden.md. Pure.

Objects are as the Kubernetes API has them. Names of Gardener's Secrets end in a hash, so that they go by their labels.
"""

from __future__ import annotations

import base64
import binascii
import copy
import datetime
import hashlib
import json
import typing as t

Object = dict[str, t.Any]

NAMESPACE = "garden"
VERSION = "operator.gardener.cloud/v1alpha1"

# How Gardener's secrets manager marks those of the operator, and what it wants to be kept of them.
MANAGED = {"managed-by": "secrets-manager", "manager-identity": "gardener-operator"}
PERSIST, BUNDLE, ROTATION = "persist", "bundle-for", "last-rotation-initiation-time"
SERVERS = ("kube-apiserver", "gardener-apiserver")
# By the field of a Garden's status that tells of their rotation.
ROTATED = {
    "certificateAuthorities": ("ca", "ca-client", "ca-etcd", "ca-etcd-peer", "ca-front-proxy", "ca-gardener"),
    "etcdEncryptionKey": tuple(f"{server}-etcd-encryption-key" for server in SERVERS),
    "serviceAccountKey": ("service-account-key",),
    "workloadIdentityKey": ("gardener-apiserver-workload-identity-signing-key",),
}
# The secrets manager does not manage these: they have their name as a role.
CONFIGURATIONS = tuple(f"{server}-etcd-encryption-configuration" for server in SERVERS)
REQUIRED = (*(name for names in ROTATED.values() for name in names), *CONFIGURATIONS)
SELECTORS = (",".join(f"{key}={value}" for key, value in MANAGED.items()), f"role in ({','.join(CONFIGURATIONS)})")

# Of a status what the operator cannot find out anew. It refuses to skip a version by that of C(gardener).
RESTORED = ("credentials", "encryptedResources", "gardener")
# An operation, or a deletion, that somebody has asked for is not begun again by a restore.
DROPPED = (
    "kubectl.kubernetes.io/last-applied-configuration", "gardener.cloud/operation",
    "confirmation.gardener.cloud/deletion",
)  # fmt: skip
# Where a Garden lives, Gardener's ValidateGardenUpdate lets these go one way only, or none until they are rolled out.
ONWARD = (
    ("virtualCluster", "kubernetes", "version"), ("virtualCluster", "controlPlane"),
    ("virtualCluster", "kubernetes", "kubeAPIServer", "encryptionConfig"),
    ("virtualCluster", "gardener", "gardenerAPIServer", "encryptionConfig"),
    ("virtualCluster", "gardener", "gardenerDiscoveryServer"),
)  # fmt: skip
# To these it lets be added, at the end.
NETWORKS = (
    *(("runtimeCluster", "networking", name) for name in ("nodes", "pods", "services")),
    ("virtualCluster", "networking", "services"),
)
BACKUP = ("virtualCluster", "etcd", "main", "backup")
METADATA = ("name", "namespace", "labels", "creationTimestamp")
CONTENT = ("spec", "type", "immutable", "data", "binaryData", "status")


class Kept(t.NamedTuple):
    """What a set holds; Secrets are those of the state and those that the Garden refers to."""

    gardens: list[Object]
    secrets: list[Object]
    configmaps: list[Object]

    def counts(self) -> dict[str, int]:
        return {name: len(found) for name, found in self._asdict().items() if found}


def purpose(secret: Object) -> str:
    """The name that a Secret of the Garden's state goes by; empty for every other one."""
    labels = secret["metadata"].get("labels") or {}
    if MANAGED.items() <= labels.items() and BUNDLE not in labels:
        name = str(labels.get("name", ""))
        return name if name in REQUIRED or labels.get(PERSIST) == "true" else ""
    return labels["role"] if labels.get("role") in CONFIGURATIONS else ""


def unready(garden: Object) -> str:
    """Why a Garden is not to be backed up just now; empty where it is."""
    name = garden["metadata"]["name"]
    if "deletionTimestamp" in garden["metadata"]:
        return f"Garden {name} is being deleted"
    last = (garden.get("status") or {}).get("lastOperation") or {"type": "Create"}
    if last.get("type") == "Create" and last.get("state") != "Succeeded":
        return f"Garden {name} is not there yet: gardener-operator has never reconciled it as a whole"
    return ""


def stripped(found: Object) -> Object:
    """An object without what belongs to the cluster that it is in. When it was made says in which order to restore."""
    metadata = {key: found["metadata"][key] for key in METADATA if key in found["metadata"]}
    annotations = found["metadata"].get("annotations") or {}
    if kept := {key: value for key, value in annotations.items() if key not in DROPPED}:
        metadata["annotations"] = kept
    content = {key: copy.deepcopy(found[key]) for key in CONTENT if key in found}
    return {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata, **content}


def restorable(garden: Object) -> Object:
    """A Garden as it is kept: with the name of its bucket, which is that of its UID unless it says so itself."""
    kept = stripped(garden)
    backup = _below(kept, "spec", *BACKUP)
    if backup and not backup.get("bucketName"):
        backup["bucketName"] = f"garden-{garden['metadata']['uid']}"
    return kept


def wanted(kept: Object) -> Object:
    """What is applied of an object that is kept; a status is by itself."""
    metadata = {key: value for key, value in kept["metadata"].items() if key != "creationTimestamp"}
    return {**{key: value for key, value in kept.items() if key != "status"}, "metadata": metadata}


def change(kept: Object, living: Object) -> Object:
    """A kept Garden as a change of the one that lives, to be asked for and not made.

    What may have gone on since is as it lives: nobody may take it back, which says nothing of the set. What never
    changes is asked for: where it differs, it is another Garden that lives.
    """
    asked = copy.deepcopy(wanted(kept))
    asked["metadata"]["resourceVersion"] = living["metadata"]["resourceVersion"]
    spec, here = asked.setdefault("spec", {}), copy.deepcopy(living.get("spec") or {})
    taken = [*ONWARD, *(path for path in NETWORKS if _added(spec, here, path))]
    bucket = _below(spec, *BACKUP).get("bucketName")
    if not bucket:
        taken.append(BACKUP)
    elif bucket == _below(restorable(living), "spec", *BACKUP).get("bucketName"):
        # Nothing may give it the name that it has without saying so.
        taken.append((*BACKUP, "bucketName"))
    for *above, last in taken:
        value = _below(here, *above).get(last)
        if value is None:
            _below(spec, *above).pop(last, None)
            continue
        below = spec
        for field in above:
            below = below.setdefault(field, {})
        below[last] = value
    return asked


def status_of(garden: Object) -> Object:
    """What is restored of its status. Conditions and the last operation are of a cluster that is gone."""
    status = garden.get("status") or {}
    return {key: status[key] for key in RESTORED if key in status}


def phases(garden: Object) -> dict[str, str]:
    rotations = _below(garden, "status", "credentials", "rotation")
    return {name: str(one["phase"]) for name, one in sorted(rotations.items()) if one.get("phase")}


def referred(garden: Object) -> list[tuple[str, str]]:
    """Kind and name of each Secret and ConfigMap in the namespace of the Garden that its spec may refer to."""
    return sorted(set(_references(garden.get("spec") or {})))


def needed(garden: Object) -> list[str]:
    """The Secrets of the infrastructure, without which no DNS and no backup of etcd is reached."""
    backup = _below(garden, "spec", *BACKUP)
    providers = _below(garden, "spec", "dns").get("providers") or []
    return sorted({str(one["secretRef"]["name"]) for one in (*providers, backup) if one.get("secretRef")})


def rounds(secrets: t.Iterable[Object]) -> list[list[Object]]:
    """The Secrets of the state, in the order in which they have to be made: of one name, the secrets manager takes the
    one that was made last for the newest, and knows seconds only.
    """
    by_name: dict[str, list[Object]] = {}
    for one in sorted(secrets, key=lambda one: (made(one), one["metadata"]["name"])):
        if purpose(one):
            by_name.setdefault(purpose(one), []).append(one)
    most = max(map(len, by_name.values()), default=0)
    return [[found[number] for found in by_name.values() if number < len(found)] for number in range(most)]


def made(one: Object) -> str:
    return str(one["metadata"].get("creationTimestamp") or "")


def digest(one: Object) -> str:
    """By which data are compared. Gardener has made the keys of its state itself, so that nobody guesses them by it."""
    return hashlib.sha256(json.dumps(one.get("data") or {}, sort_keys=True).encode()).hexdigest()[:32]


def state(secrets: t.Iterable[Object]) -> dict[str, str]:
    """The digest of each Secret of the state by its name."""
    return {str(one["metadata"]["name"]): digest(one) for one in secrets if purpose(one)}


def within(kept: t.Any, found: t.Any) -> bool:
    """Whether all that is kept is found; what the cluster has added counts for nothing."""
    if isinstance(kept, dict) and isinstance(found, dict):
        return all(key in found and within(value, found[key]) for key, value in kept.items())
    if isinstance(kept, list) and isinstance(found, list):
        return len(kept) == len(found) and all(map(within, kept, found))
    return bool(kept == found)


def lacking(kept: Kept) -> t.Iterator[str]:
    """What a restore could not do without."""
    by_name: dict[str, list[Object]] = {}
    for secret in sorted(kept.secrets, key=made):
        if not _data(secret):
            yield f"Secret {secret['metadata']['name']} has no data that can be decoded"
        by_name.setdefault(purpose(secret), []).append(secret)
    yield from (f"there is no Secret {name}" for name in REQUIRED if name not in by_name)
    for key, configuration in zip(ROTATED["etcdEncryptionKey"], CONFIGURATIONS, strict=True):
        if key in by_name and configuration in by_name:
            newest = b"".join(_data(by_name[configuration][-1]).values())
            names = [_data(one).get("key", b"") for one in by_name[key]]
            if not any(name and name in newest for name in names):
                yield f"the newest {configuration} names no {key} that is there"
    there = {one["metadata"]["name"] for one in kept.secrets}
    for garden in kept.gardens:
        yield from (f"there is no Secret {name}, which it refers to" for name in needed(garden) if name not in there)
        yield from _status_lacks(garden, by_name)


def _status_lacks(garden: Object, by_name: t.Mapping[str, list[Object]]) -> t.Iterator[str]:
    if not _below(garden, "status", "gardener").get("version"):
        yield "its status does not say which Gardener it is of"
    for field, names in ROTATED.items():
        rotation = _below(garden, "status", "credentials", "rotation", field)
        if rotation and not rotation.get("phase"):
            yield f"its status has no phase of the rotation of {field}"
        begun = rotation.get("lastInitiationTime")
        # The operator makes new ones where none is of the rotation that the status tells of.
        moment = str(int(datetime.datetime.fromisoformat(begun).timestamp())) if begun else ""
        for name in names if moment else ():
            if all(one["metadata"]["labels"].get(ROTATION) != moment for one in by_name.get(name, ())):
                yield f"there is no {name} of the rotation of {begun}, which its status tells of"


def _references(value: t.Any, key: str = "") -> t.Iterator[tuple[str, str]]:
    low = key.lower()
    if isinstance(value, dict):
        for kind in ("Secret", "ConfigMap"):
            refers = low.endswith(f"{kind.lower()}ref") or (low == "resourceref" and value.get("kind") == kind)
            if refers and value.get("name"):
                yield kind, str(value["name"])
        for inner, below in value.items():
            # What providers refer to is theirs.
            if inner != "providerConfig":
                yield from _references(below, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one, key)
    elif isinstance(value, str) and value:
        yield from ((kind, value) for kind in ("Secret", "ConfigMap") if low.endswith(f"{kind.lower()}name"))


def _data(secret: Object) -> dict[str, bytes]:
    """What a Secret holds, decoded; nothing where that cannot be done."""
    try:
        return {key: base64.b64decode(text, validate=True) for key, text in (secret.get("data") or {}).items()}
    except (binascii.Error, ValueError, TypeError):
        return {}


def _below(found: Object, *fields: str) -> Object:
    """What lies below the fields, empty where one of them is not there."""
    for field in fields:
        found = found.get(field) or {}
    return found


def _added(spec: Object, here: Object, path: tuple[str, ...]) -> bool:
    """Whether a list only has more than before. Gardener knew networks as texts before it took lists of them."""
    *above, last = path
    former, now = (_below(one, *above).get(last) or [] for one in (spec, here))
    return isinstance(former, list) and isinstance(now, list) and now[: len(former)] == former
