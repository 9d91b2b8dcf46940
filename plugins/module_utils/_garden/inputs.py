# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the description of a garden, whatever the cluster is like. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse

from . import day_one, ranges, required, versions

Given = t.Mapping[str, t.Any]

# RFC 1123, as Kubernetes has it for what names subdomains.
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
# The API's pattern of a time in a window, with its zone.
_TIME = re.compile(r"([0-1][0-9]|2[0-3])[0-5][0-9][0-5][0-9]\+[0-1][0-9]00")
_ETCD = ("virtualCluster", "etcd")
# What of a Garden's spec is made of which option (C(manifests.spec)), beside what is chosen once.
_OF_OPTIONS = (
    ("kubernetes_version", ("virtualCluster", "kubernetes", "version")),
    ("dns", ("dns", "providers")),
    ("backup.secret_name", (*_ETCD, "main", "backup", "secretRef")),
    ("backup.config", (*_ETCD, "main", "backup", "providerConfig")),
    ("region", ("runtimeCluster", "provider", "region")),
    ("zones", ("runtimeCluster", "provider", "zones")),
    ("storage.main", (*_ETCD, "main", "storage", "capacity")),
    ("storage.events", (*_ETCD, "events", "storage", "capacity")),
    *(("storage.class_name", (*_ETCD, name, "storage", "className")) for name in ("main", "events")),
    ("maintenance", ("virtualCluster", "maintenance", "timeWindow")),
    ("load_balancer_annotations", ("runtimeCluster", "settings", "loadBalancerServices", "annotations")),
)
_CONTROLLER = ("runtimeCluster", "ingress", "controller", "kind")
_UNIQUE = (
    ("cluster_identity", "it is what tells gardens apart"),
    ("bucket", "one would write over the other's backups"),
)


def mistakes(given: Given, secrets: t.Sequence[str] = ()) -> list[str]:
    """All of them. secrets: the names of those that are given beside it."""
    return [
        *versions.malformed(given["version"], given["kubernetes_version"]),
        *day_one.missing(given),
        *_names(given),
        *_domains(given),
        *_dns(given),
        *ranges.mistakes(given),
        *_times(given),
        *_seed_api(given),
        *required.malformed(given),
        *_others(given),
        *_contradictions(given),
        *_secrets(given, secrets),
    ]


def referred(given: Given) -> list[str]:
    """The Secrets that the Garden refers to."""
    names = [one["secret_name"] for one in given["dns"]]
    return list(dict.fromkeys(name for name in [*names, given["backup"]["secret_name"]] if name))


def provider_name(dns: Given) -> str:
    """The name of a DNS provider, by which domains refer to it; its type without one."""
    return str(dns["name"] or dns["type"])


def _names(given: Given) -> list[str]:
    named = {"garden.name": given["name"]}
    named |= {f"extension {one['name']!r}": one["name"] for one in given["extensions"]}
    return [
        f"{where} has {name!r}, expected small letters, digits, hyphens and dots"
        for where, name in named.items()
        if not _NAME.fullmatch(name)
    ]


def _domains(given: Given) -> list[str]:
    found = []
    for option in ("ingress_domains", "virtual_domains"):
        names = given[option]
        found += [
            f"garden.{option} has {name!r}, expected a domain such as garden.example.org"
            for name in names
            if not _DOMAIN.fullmatch(name)
        ]
        found += [f"garden.{option} has {name} twice" for name in _twice(names)]
    both = sorted(set(given["ingress_domains"]) & set(given["virtual_domains"]))
    return found + [f"{name} is of both garden.ingress_domains and garden.virtual_domains" for name in both]


def _dns(given: Given) -> list[str]:
    names = [provider_name(one) for one in given["dns"]]
    return [f"garden.dns has {name} twice -> give each provider a name of its own" for name in _twice(names)]


def _twice(names: t.Sequence[str]) -> list[str]:
    return sorted({one for one in names if names.count(one) > 1})


def _times(given: Given) -> list[str]:
    return [
        f"garden.maintenance.{key} is {text!r}, expected a time with its zone such as 220000+0100"
        for key, text in given["maintenance"].items()
        if not _TIME.fullmatch(text)
    ]


def _seed_api(given: Given) -> list[str]:
    """Without it provider-metal panics on a seed whose API has an address for a name, as it has in a pod."""
    url = given["seed_api_url"]
    if not url:
        return (
            [
                "garden.seed_api_url is missing, expected the URL of the runtime cluster's API by its name in the DNS,"
                " which firewalls of shoots reach it by; without it provider-metal ends at once"
            ]
            if given["seed"]
            else []
        )
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not _DOMAIN.fullmatch(host) or _is_address(host) or parts.path not in ("", "/"):
        return [
            f"garden.seed_api_url is {url!r}, expected https://NAME:PORT with a name in the DNS, which outlives each"
            " address; firewalls keep it"
        ]
    return []


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _others(given: Given) -> list[str]:
    """What other gardens have that no two may have."""
    mine = {"cluster_identity": given["cluster_identity"], "bucket": given["backup"]["bucket"]}
    domains = {*given["ingress_domains"], *given["virtual_domains"]}
    found = []
    for other in given["others"]:
        found += [
            f"garden {other['name']} has the same {option} {mine[option]}, and {why} -> take another one"
            for option, why in _UNIQUE
            if mine[option] and mine[option] == other[option]
        ]
        if common := sorted(domains & set(other["domains"])):
            found.append(f"garden {other['name']} has the same domains: {', '.join(common)} -> take others")
    return found


def _contradictions(given: Given) -> list[str]:
    """What of spec is said by an option, which is what is checked."""
    options = [*((one.option, one.path) for one in day_one.CHOICES), *_OF_OPTIONS]
    found = [
        f"garden.spec has {where} -> say garden.{option} instead, which is compared with what is there"
        for option, path in options
        if (where := _reached(given["spec"], path))
    ]
    if where := _reached(given["spec"], _CONTROLLER):
        found.append(f"garden.spec has {where}, which is nginx and nothing else -> leave it out")
    return found


def _reached(spec: t.Any, path: t.Sequence[str]) -> str:
    """What of a spec would take the place of what is at a path, dotted; empty where nothing does."""
    for depth, part in enumerate(path):
        if not isinstance(spec, dict):
            # It stands for all that is below, as null does.
            return ".".join(path[:depth])
        if part not in spec:
            return ""
        spec = spec[part]
    return ".".join(path)


def _secrets(given: Given, names: t.Sequence[str]) -> list[str]:
    """That one is not there is told by who knows the cluster."""
    found = [f"secrets has {name} twice" for name in _twice(names)]
    if given["backup"]["provider"] and not given["backup"]["secret_name"]:
        found.append("garden.backup.secret_name is missing, expected the name of a Secret with its credentials")
    return found
