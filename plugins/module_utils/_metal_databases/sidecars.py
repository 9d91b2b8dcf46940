# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which databases a cluster has with a backup-restore-sidecar, and where that backs up to, as it was configured. Pure.

Source: the templates of metal-roles that C(deployed) names, for the names of volumes, keys and options.
"""

from __future__ import annotations

import base64
import re
import typing as t

from . import deployed, prefixes, schedule, sentinels

Object = t.Mapping[str, t.Any]
S3, LOCAL = "s3", "local"
_VOLUME = "backup-restore-sidecar-config"
_FILE = "config.yaml"
_OPTION = re.compile(r"""^(?P<name>[a-z-]+):[ \t]*(?P<quote>["']?)(?P<value>.*?)(?P=quote)[ \t]*$""", re.MULTILINE)
# What it is called in the Secret of the sidecar, and as the option C(storage) of modules.
_KEYS = {
    "endpoint": "endpoint", "bucketName": "bucket", "region": "region", "accessKey": "access_key",
    "secretKey": "secret_key", "trustedCaCert": "ca",
}  # fmt: skip
_NEEDED = ("endpoint", "bucket", "access_key", "secret_key")


class Sidecar(t.NamedTuple):
    """interval: seconds that its schedule lets pass between two backups at most; None where nobody can tell.

    storage: as the option C(storage) of modules. waits: why it backs up nothing for now; empty where it does.
    wrong: why it cannot be looked after, whatever else is known of it then; empty where it can.
    created: when its StatefulSet was, ISO 8601; empty where nobody knows.
    """

    name: str
    engine: str
    prefix: str
    interval: int | None
    storage: dict[str, t.Any]
    waits: str
    wrong: str = ""
    created: str = ""
    provider: str = S3


def missing(name: str) -> Sidecar:
    """One that the site has, and the cluster has not."""
    return Sidecar(name, "", "", None, {}, "", f"the cluster has no StatefulSet {name} with a {deployed.SIDECAR}")


def config_map(stateful_set: Object) -> str:
    """The name of the ConfigMap that its sidecar reads; empty where it names none."""
    spec = stateful_set["spec"]["template"]["spec"]
    named = {one["name"]: (one.get("configMap") or {}).get("name", "") for one in spec.get("volumes") or []}
    return str(named.get(_VOLUME, ""))


def database(stateful_set: Object) -> bool:
    """Whether it is a database of metal-stack, with a sidecar."""
    there = _containers(stateful_set)
    return deployed.SIDECAR in there and any(one in there for one in prefixes.ENGINES)


def of(stateful_set: Object, config: Object | None, provider: Object | None, restoring: bool) -> Sidecar:
    """What is known of a database.

    config: its ConfigMap. provider: its Secret. restoring: whether a restore of it is not confirmed.
    """
    name = str(stateful_set["metadata"]["name"])
    engine = next(one for one in _containers(stateful_set) if one in prefixes.ENGINES)
    options = _options((config or {}).get("data") or {})
    used = options.get("backup-provider", "")
    storage, wrong = dict[str, t.Any](), ""
    if not config:
        wrong = f"the ConfigMap of its {deployed.SIDECAR} is missing"
    elif used != S3:
        wrong = f"its sidecar backs up to {used or 'nothing'} (backup-provider), expected {S3}"
    elif not options.get("object-prefix"):
        wrong = "its sidecar has no object-prefix"
    elif not provider:
        wrong = f"Secret {deployed.provider(name)} is missing"
    else:
        storage, wrong = _storage(provider.get("data") or {}, deployed.provider(name))
    planned = options.get("backup-cron-schedule", "")
    waits = ""
    if not stateful_set["spec"].get("replicas", 1):
        waits = "it is held until its data are there"
    elif restoring or planned == sentinels.NEVER:
        waits = "its restore is not confirmed"
    created = str(stateful_set["metadata"].get("creationTimestamp") or "")
    interval = schedule.longest(planned)
    return Sidecar(name, engine, options.get("object-prefix", ""), interval, storage, waits, wrong, created, used)


def _containers(stateful_set: Object) -> list[str]:
    return [one["name"] for one in stateful_set["spec"]["template"]["spec"]["containers"]]


def _options(data: t.Mapping[str, str]) -> dict[str, str]:
    """The options of a sidecar that are one line each: hosts have no reader of YAML."""
    return {one["name"]: one["value"] for one in _OPTION.finditer(data.get(_FILE, ""))}


def _storage(data: t.Mapping[str, str], secret: str) -> tuple[dict[str, t.Any], str]:
    """What a Secret tells, and what is wrong with it."""
    try:
        found = {option: base64.b64decode(data[key]).decode().strip() for key, option in _KEYS.items() if data.get(key)}
    except ValueError:
        # Not why, which may quote it.
        return {}, f"Secret {secret} has what is no text in base64"
    lacks = [key for key, option in _KEYS.items() if option in _NEEDED and not found.get(option)]
    return found, f"Secret {secret} lacks {', '.join(lacks)}" if lacks else ""
