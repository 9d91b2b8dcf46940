# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with what an inventory says of a control plane: all of it at once, and nobody is asked. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse

from .._backup.settings import BUCKET
from .._metal_databases import gate, prefixes, stages
from . import addons, gateways, secrets, variables
from .components import COMPONENTS, DATABASES, NAMES, chosen
from .options import GATEWAY

Given = t.Mapping[str, t.Any]
Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007
NETWORKS = ("node_network", "pod_network", "service_network")
# Headscale's, unless C(headscale_ipv4_prefix) says another one.
HEADSCALE = "100.64.0.0/10"
_DNS = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def complaints(given: Given) -> list[str]:
    """given: as C(options.CONTROL_PLANE) has it."""
    known = set(given["components"]) - set(NAMES)
    again = set(given["redeploy"]) - set(NAMES)
    return [
        *[f"components: {name} is none -> choose of {', '.join(NAMES)}" for name in sorted(known)],
        *[f"redeploy: {name} is none -> choose of {', '.join(NAMES)}" for name in sorted(again)],
        *_stages(given),
        *_names(given),
        *_exposed(given),
        *_networks(given),
        *_variables(given),
        *_databases(given),
        *secrets.complaints(given["variables"], given["production"]),
    ]


def _stages(given: Given) -> list[str]:
    storage = given["storage"] or {"endpoint": "", "bucket": ""}
    ours = stages.Stage(given["stage"], storage["endpoint"], storage["bucket"])
    others = [
        stages.Stage(one["name"], one["endpoint"] or ours.endpoint, one["bucket"] or ours.bucket)
        for one in given["stages_others"]
    ]
    if not given["storage"]:
        # Backups that are nowhere are in no bucket together.
        others = [one._replace(bucket=f"{one.bucket}/{one.name}") for one in others]
    return stages.complaints(ours, others)


def _names(given: Given) -> list[str]:
    found = []
    if not _LABEL.fullmatch(given["namespace"]):
        found.append(f"namespace is {given['namespace']!r}, expected small letters, digits and hyphens")
    if given["timeout"] < 1:
        found.append(f"timeout is {given['timeout']}, expected seconds, 1 or more")
    if not variables.dns(given):
        needed = "gateway_dns" if given["expose"] == GATEWAY else "ingress_dns"
        found.append(f"{needed} is missing, expected the domain below which the control plane is found")
    found += [
        f"{name} is {given[name]!r}, expected a domain such as metal.example.org"
        for name in ("gateway_dns", "ingress_dns")
        if given[name] and not _DNS.fullmatch(given[name])
    ]
    if given["seed_api_url"]:
        url = urllib.parse.urlsplit(given["seed_api_url"])
        if url.scheme != "https" or not url.hostname or url.username:
            found.append(f"seed_api_url is {given['seed_api_url']!r}, expected https://, a name and a port")
    return found


def _exposed(given: Given) -> list[str]:
    """What is wrong with how it is found from outside, and with what the cluster is given for that."""
    found = [*addons.complaints(given), *gateways.complaints(given)]
    found += [
        f"addons: {one['name']!r} is no name, expected small letters, digits and hyphens"
        for one in given["addons"]
        if not _LABEL.fullmatch(one["name"])
    ]
    try:
        ipaddress.ip_address(given["address"] or "192.0.2.1")
    except ValueError:
        found.append(f"address is {given['address']!r}, expected one of IPv4 or IPv6")
    if given["expose"] != GATEWAY:
        return found
    if not gateways.parents(given)["https"]:
        found.append(
            "gateway_parents.https is missing, expected the Gateways that HTTPRoutes attach to (parentRefs), or"
            " gateway_class, by which one is made"
        )
    return found + [
        f"gateway_parents.{name} has {one!r} without a name, expected name and namespace of a Gateway"
        for name, parents in given["gateway_parents"].items()
        for one in parents or []
        if not one.get("name")
    ]


def _networks(given: Given) -> list[str]:
    found, known = [], {}
    for name in NETWORKS:
        if not given[name]:
            found.append(f"{name} is missing, expected the cluster's in CIDR notation; provider-metal reads it")
            continue
        try:
            known[name] = ipaddress.ip_network(given[name])
        except ValueError as error:
            found.append(f"{name} is {given[name]!r}, expected a network in CIDR notation: {error}")
    if "headscale" in {one.name for one in chosen(given["components"])}:
        prefix = given["variables"].get("headscale_ipv4_prefix", HEADSCALE)
        try:
            known["headscale_ipv4_prefix"] = ipaddress.ip_network(prefix)
        except ValueError as error:
            found.append(f"headscale_ipv4_prefix is {prefix!r}, expected a network in CIDR notation: {error}")
    names = list(known)
    return found + [
        f"{one} ({known[one]}) and {other} ({known[other]}) overlap -> give each a network of its own"
        for place, one in enumerate(names)
        for other in names[place + 1 :]
        if overlap(known[one], known[other])
    ]


def overlap(one: Network, other: Network) -> bool:
    """Whether two networks have an address in common."""
    return one.version == other.version and one.overlaps(other)


def _variables(given: Given) -> list[str]:
    return [
        f"variables: {name} is {given['variables'][name]!r}, and the option says {value!r} -> leave the variable out"
        for name, value in variables.reserved(given).items()
        if given["variables"].get(name, value) != value
    ] + [
        f"variables: {name} is empty, which its role takes for a prefix of its own -> leave the variable out"
        for name in (one.sidecar("object_prefix") for one in DATABASES.values())
        if name in given["variables"] and not given["variables"][name]
    ]


def _storage(storage: Given | None) -> list[str]:
    if not storage:
        return []
    needed = ("endpoint", "bucket", "access_key", "secret_key")
    found = [f"storage.{name} is missing" for name in needed if not storage[name]]
    if storage["endpoint"] and not storage["endpoint"].startswith("https://"):
        found.append(f"storage.endpoint is {storage['endpoint']!r}, expected https://")
    if storage["bucket"] and not BUCKET.fullmatch(storage["bucket"]):
        found.append(
            f"storage.bucket is {storage['bucket']!r}, expected 3 to 63 small letters, digits, dots and dashes"
        )
    if storage["ca"] and "-----BEGIN CERTIFICATE-----" not in storage["ca"]:
        found.append("storage.ca is no certificate, expected one in PEM -> give the text of the file, not its name")
    return found


def _key(key: str) -> list[str]:
    """The sidecar takes it for AES-256 as it is, and ends where it is anything else."""
    if key and len(key) != 32:
        return [f"storage_encryption_key has {len(key)} characters, expected exactly 32"]
    if not key.isascii():
        return ["storage_encryption_key has letters that are not ASCII, expected 32 that are"]
    return []


def _databases(given: Given) -> list[str]:
    """What is wrong with databases before anybody looks at their backups and volumes."""
    wanted = {one.database.name for one in chosen(given["components"]) if one.database}
    names = [one["name"] for one in given["databases"]]
    found = [
        f"databases: {name} is none -> choose of {', '.join(DATABASES)}" for name in sorted({*names} - {*DATABASES})
    ]
    found += [f"databases: {name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]
    found += [
        f"databases: {one.database.name} is missing, which {one.name} brings -> say what it begins with, its intent"
        " fresh, restore or keep"
        for one in COMPONENTS
        if one.database and one.database.name in wanted - set(names)
    ]
    found += _key(given["storage_encryption_key"]) + _storage(given["storage"])
    if not given["storage"] and given["production"]:
        found.append(
            "storage is missing: backups would be local, and die with the cluster -> give one, or say production: false"
        )
    for intent in given["databases"]:
        if intent["name"] in wanted and (given["storage"] or not given["production"]):
            database = DATABASES[intent["name"]]
            told = variables.asked(given, database, intent)
            found += [f"{database.name}: {one}" for one in gate.configured(told, given["production"], given["stage"])]
    asked = {
        one["name"]: prefixes.of_database(
            one["name"],
            DATABASES[one["name"]].engine,
            given["stage"],
            variables.asked(given, DATABASES[one["name"]], one)["prefix"],
        )
        for one in given["databases"]
        if one["name"] in DATABASES
    }
    return found + prefixes.clashes(asked)
