# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registries of a host: one process for what it keeps, one for each upstream, and one beside each that only reads.

What only reads has the same directory and answers while the other one does not: while what it keeps is collected, and
while an upstream is out of reach, without which distribution does not start (C(registry/proxy), "configureAuth").
Source of the configuration: distribution, "Configuring a registry". Pure.
"""

from __future__ import annotations

import json
import re
import typing as t
from urllib.parse import urlsplit

from .._mirror.images import SERVERS
from .._mirror.place import component

KEPT, READ = "kept", "-read"
PREFIX = "metalstack-registry-"
# Of distribution's driver for S3, what a site says of an object storage.
S3 = {
    "endpoint": "regionendpoint",
    "region": "region",
    "bucket": "bucket",
    "access_key": "accesskey",
    "secret_key": "secretkey",
    "prefix": "rootdirectory",
}
S3_REQUIRED = ("endpoint", "bucket", "access_key", "secret_key")
S3_ALLOWED = {*S3, "path_style", "ca"}
UPSTREAM = {"name", "url", "username", "password"}
DRAIN_SECONDS = 60
_HOST = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*(:[0-9]{1,5})?")
# What a mirror of containerd is asked for has the name of a registry, never one of a path.
_REGISTRY = re.compile(r".*[.:].*|localhost")

Settings = t.Mapping[str, t.Any]


class Part(t.TypedDict):
    """One process: C(reads) where it writes nothing, C(upstream) empty for what is kept; C(state) empty for S3."""

    name: str
    unit: str
    component: str
    upstream: str
    reads: bool
    state: str
    socket: str
    config: str


def parts(settings: Settings) -> list[Part]:
    """Every process of a host, by C(upstreams), C(storage), C(state) and C(run), the directories of data and sockets.

    Raises ValueError, which names all that is wrong.
    """
    if wrong := list(problems(settings)):
        raise ValueError("; ".join(wrong))
    kept = _kept(settings["storage"] or {}, f"{settings['state']}/{KEPT}")
    made = [_part(settings, KEPT, "", "", reads, kept) for reads in (False, True)]
    for upstream in settings["upstreams"]:
        place = component(upstream["name"])
        storage = {"filesystem": {"rootdirectory": f"{settings['state']}/{place}"}}
        made += [_part(settings, place, place, upstream["name"], reads, storage, upstream) for reads in (False, True)]
    return made


def _part(
    settings: Settings,
    name: str,
    place: str,
    upstream: str,
    reads: bool,
    storage: Settings,
    through: Settings | None = None,
) -> Part:
    called = name + READ * reads
    directory = storage.get("filesystem", {}).get("rootdirectory", "")
    socket = f"{settings['run']}/{PREFIX}{called}/socket"
    return {
        "name": called,
        "unit": f"{PREFIX}{called}.service",
        "component": place,
        "upstream": upstream,
        "reads": reads,
        "state": directory,
        "socket": socket,
        "config": _text(storage, socket, reads, None if reads else through),
    }


def _text(storage: Settings, socket: str, reads: bool, through: Settings | None) -> str:
    """Every YAML reader reads JSON."""
    config: dict[str, t.Any] = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            **storage,
            "delete": {"enabled": not reads},
            # Who asks us is answered by us, also where it can't reach the object storage.
            "redirect": {"disable": True},
            "maintenance": {
                "readonly": {"enabled": reads},
                "uploadpurging": {"enabled": not reads, "age": "24h", "interval": "24h", "dryrun": False},
            },
        },
        "http": {"net": "unix", "addr": socket, "relativeurls": True, "draintimeout": f"{DRAIN_SECONDS}s"},
    }
    if through:
        login = {key: through[key] for key in ("username", "password") if through.get(key)}
        config["proxy"] = {"remoteurl": url_of(through), **login}
    return json.dumps(config, indent=1, sort_keys=True) + "\n"


def url_of(upstream: Settings) -> str:
    """Who is asked for what an upstream has, which is not always whom its name names."""
    name = upstream["name"]
    return str(upstream.get("url") or f"https://{SERVERS.get(name, name)}")


def _kept(storage: Settings, directory: str) -> dict[str, t.Any]:
    if not storage:
        return {"filesystem": {"rootdirectory": directory}}
    given = {S3[key]: storage[key] for key in S3 if storage.get(key)}
    return {"s3": {"region": "us-east-1", **given, "forcepathstyle": bool(storage.get("path_style", True))}}


def problems(settings: Settings) -> t.Iterator[str]:
    """Yield what is wrong with C(upstreams) and C(storage), without a password of theirs."""
    seen: set[str] = set()
    for upstream in settings["upstreams"]:
        name = str(upstream.get("name") or "")
        if unknown := sorted(set(upstream) - UPSTREAM):
            called = name or "without a name"
            yield f"the upstream {called} has {', '.join(unknown)}; expected {', '.join(sorted(UPSTREAM))}"
        if not _HOST.fullmatch(name) or not _REGISTRY.fullmatch(name):
            yield f"an upstream has the name {name!r}; expected that of a registry in references, such as docker.io"
            continue
        if component(name) in seen:
            yield f"the upstream {name} is there twice; name it once"
        seen.add(component(name))
        # No password that stands in it is told.
        try:
            parsed = urlsplit(url_of(upstream))
            good = parsed.scheme in ("https", "http") and parsed.hostname and parsed.username is None
        except ValueError:
            good = False
        if not good:
            yield f"the url of the upstream {name} is none of http:// or https:// without a login; correct it"
        if bool(upstream.get("username")) != bool(upstream.get("password")):
            yield f"the upstream {name} has a username or a password alone; give both or none"
    if storage := settings["storage"]:
        if unknown := sorted(set(storage) - S3_ALLOWED):
            yield f"the storage has {', '.join(unknown)}; expected {', '.join(sorted(S3_ALLOWED))}"
        if lacking := [name for name in S3_REQUIRED if not storage.get(name)]:
            yield f"the storage lacks {', '.join(lacking)}"
