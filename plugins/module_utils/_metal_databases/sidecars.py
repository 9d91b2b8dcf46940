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
S3 = "s3"
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
    """

    name: str
    engine: str
    prefix: str
    interval: int | None
    storage: dict[str, t.Any]
    waits: str


def config_map(stateful_set: Object) -> str:
    """The name of the ConfigMap that its sidecar reads; empty where it has no sidecar."""
    spec = stateful_set["spec"]["template"]["spec"]
    if deployed.SIDECAR not in [one["name"] for one in spec["containers"]]:
        return ""
    named = {one["name"]: (one.get("configMap") or {}).get("name", "") for one in spec.get("volumes") or []}
    return str(named.get(_VOLUME, ""))


def of(stateful_set: Object, config: Object | None, provider: Object | None, restoring: bool) -> Sidecar | None:
    """None for what is no database of metal-stack, or backs up to no object storage of S3.

    config: its ConfigMap. provider: its Secret. restoring: whether a restore of it is not confirmed.
    """
    name = str(stateful_set["metadata"]["name"])
    containers = [one["name"] for one in stateful_set["spec"]["template"]["spec"]["containers"]]
    engine = next((one for one in containers if one in prefixes.ENGINES), "")
    options = _options((config or {}).get("data") or {})
    storage = _storage((provider or {}).get("data") or {})
    usable = all(storage.get(one) for one in _NEEDED) and options.get("object-prefix")
    if not engine or options.get("backup-provider") != S3 or not usable:
        return None
    planned = options.get("backup-cron-schedule", "")
    waits = ""
    if not stateful_set["spec"].get("replicas", 1):
        waits = "it is held until its data are there"
    elif restoring or planned == sentinels.NEVER:
        waits = "its restore is not confirmed"
    return Sidecar(name, engine, options["object-prefix"], schedule.longest(planned), storage, waits)


def _options(data: t.Mapping[str, str]) -> dict[str, str]:
    """The options of a sidecar that are one line each: hosts have no reader of YAML."""
    return {one["name"]: one["value"] for one in _OPTION.finditer(data.get(_FILE, ""))}


def _storage(data: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {option: base64.b64decode(data[key]).decode().strip() for key, option in _KEYS.items() if data.get(key)}
