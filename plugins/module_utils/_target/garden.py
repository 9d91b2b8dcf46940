# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gardener of the second stage as C(site_target_gardener) has it: options of the role gardener, and our own. Pure."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from .options import GARDENER, SEED, Given

ROLE = "gardener_"
# What it has of others than the role, all of it beside what the options say, and who deploys it.
DOMAINS, BUCKETS, NETWORKS, ELSEWHERE = "domains", "buckets", "networks", "deployed_elsewhere"
OWN = (DOMAINS, BUCKETS, NETWORKS, ELSEWHERE)
# What the target hands on.
HANDED_ON = ("kubeconfig", "context", "runtime")
# Without which no garden is brought about. Whatever else may be missing, the role tells.
NEEDED = (
    "version",
    "kubernetes_version",
    "operator_chart",
    "cluster_identity",
    "ingress_domains",
    "virtual_domains",
    "virtual_services",
    "backup",
)
OF_SEED = ("ingress_domain", "dns", "backup")
SEEDS = "seeds"


def had(garden: Given) -> dict[str, t.Any]:
    """What no other stage may have: C(domains), C(buckets), each with its C(endpoint), and C(networks) by name."""
    own = {"ingress_domain": garden.get("seed_ingress_domain"), "dns": garden.get("seed_dns")}
    domains = [*_listed(garden, "ingress_domains"), *_listed(garden, "virtual_domains")]
    for seed in (own, *_seeds(garden)):
        dns = _mapping(seed, "dns")
        defaults = [one.get("domain") for one in _listed(dns, "default_domains") if isinstance(one, t.Mapping)]
        domains += [seed.get("ingress_domain"), dns.get("internal_domain"), *defaults]
    services = {"virtual_services": _listed(garden, "virtual_services")}
    return {
        "domains": list(dict.fromkeys(one for one in (*domains, *_listed(garden, DOMAINS)) if one)),
        "buckets": [*_bucket(garden), *_listed(garden, BUCKETS)],
        "networks": {**(services if services["virtual_services"] else {}), **_mapping(garden, NETWORKS)},
    }


def complaints(garden: Given, shoots: t.Sequence[Given], options: t.Collection[str]) -> list[str]:
    """Why Gardener cannot be deployed on the shoot that carries it, before that is made; no value is told.

    shoots: of the target. options: all of the role gardener, without C(gardener_) before them; none where nobody knows.
    """
    known = {*options, *OWN} - {*HANDED_ON} if options else {*garden}
    found = [
        f"{name} is none of its options, expected one of the role gardener without gardener_ before it, or one of"
        f" {', '.join(OWN)} -> correct its name"
        for name in sorted({*garden} - known)
    ]
    carriers = [str(one.get("name")) for one in shoots if GARDENER in _listed(one, "carries")]
    if not carriers or elsewhere(garden):
        return found
    if lacking := [name for name in NEEDED if not garden.get(name)]:
        found.append(
            f"{', '.join(lacking)} missing, expected for {carriers[0]}, which carries gardener -> give them, or say"
            f" {ELSEWHERE}: true and play the role gardener yourself"
        )
    return found + _of_seeds(garden, [str(one.get("name")) for one in shoots if SEED in _listed(one, "carries")])


def elsewhere(garden: Given) -> bool:
    """Whether somebody else deploys it."""
    return bool(boolean(garden.get(ELSEWHERE) or False, strict=False))


def _of_seeds(garden: Given, carriers: t.Sequence[str]) -> list[str]:
    """What is wrong with the seeds, each of which is one shoot that carries it. carriers: their names."""
    names = [str(one.get("name")) for one in _seeds(garden)]
    found = [
        f"{SEEDS} has no {name}, expected an entry for each shoot that carries seed -> describe it"
        for name in carriers
        if name not in names
    ]
    found += [
        f"{SEEDS}.{name}, expected the name of a shoot that carries seed -> have one do so, or leave the entry out"
        for name in dict.fromkeys(names)
        if name not in carriers
    ]
    found += [f"{SEEDS}.{name} is there twice -> describe each once" for name in _twice(names)]
    if garden.get("seed_name") in names:
        found.append(f"{SEEDS}.{garden['seed_name']} has the name of the garden's own seed -> name that otherwise")
    for one in _seeds(garden):
        if lacking := [name for name in OF_SEED if not one.get(name)]:
            found.append(f"{SEEDS}.{one.get('name')}: {', '.join(lacking)} missing, expected its own -> give them")
    domains = [garden.get("seed_ingress_domain"), *(one.get("ingress_domain") for one in _seeds(garden))]
    twice = _twice([str(one) for one in domains if one])
    return found + [f"{SEEDS}: ingress_domain {one} is that of two -> give each its own" for one in twice]


def _bucket(garden: Given) -> list[dict[str, str]]:
    """That of the garden, with the storage that its Secret names; empty where that is in a file."""
    backup = _mapping(garden, "backup")
    held = [one for one in _listed(garden, "secrets") if isinstance(one, t.Mapping)]
    data = [_mapping(one, "data") for one in held if one.get("name") == backup.get("secret_name")]
    endpoint = next((str(one["endpoint"]) for one in data if one.get("endpoint")), "")
    return [{"endpoint": endpoint, "bucket": str(backup["bucket"])}] if backup.get("bucket") else []


def _seeds(garden: Given) -> list[Given]:
    return [one for one in _listed(garden, SEEDS) if isinstance(one, t.Mapping)]


def _listed(given: Given, name: str) -> list[t.Any]:
    value = given.get(name)
    return list(value) if isinstance(value, (list, tuple)) else []


def _mapping(given: Given, name: str) -> t.Mapping[str, t.Any]:
    value = given.get(name)
    return value if isinstance(value, t.Mapping) else {}


def _twice(names: t.Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
