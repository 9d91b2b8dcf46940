# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 40, 43 and 44: names, kinds and presence of the inputs."""

from __future__ import annotations

import difflib
import re
import typing as t

from .finding import Finding, redacted, shown
from .model import Site
from .variables import REMOVED, VARIABLES

PARTITION, GARDENER = "metal_stack_partition_", "gardener_"
# What has to be true for the playbooks to have the roles of these variables.
SWITCHES = {PARTITION: "site_metal_stack", GARDENER: "site_gardener"}
ROLE_PREFIXES = (
    *("k3s_cluster_", "kube_vip_", "host_firewall_", "powerdns_", "chrony_", "dns_resolver_"),
    *("host_metrics_", "victoria_metrics_", "status_page_", "grafana_", "metal_stack_control_plane_"),
    *("container_registry_", "acme_ca_", "gitlab_runner_", PARTITION, GARDENER),
)
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")
SHAPES = {
    "site_name": (LABEL, "a label: lower-case letters, digits, hyphens, 63 at most"),
    "site_domain": (NAME, "a domain in lower case without a trailing dot"),
    "site_api_name": (NAME, "a host name in lower case without a trailing dot"),
    "site_cluster_domain": (NAME, "a domain in lower case without a trailing dot"),
}


def check(site: Site) -> t.Iterator[Finding]:
    """Yield inputs that nobody knows, that have the wrong kind, that are missing or that contradict each other."""
    given: dict[str, t.Any] = dict(site.shared)
    for host in site.hosts:
        given.update(host.variables)
    for name in sorted(given):
        others = _is_of_others(name, site)
        if not (others and name.startswith(GARDENER)):
            yield from _unknown(name, site.known_role_variables)
        if not others:
            yield from _overruled(name, site.set_by_playbooks)
        yield from _kind(name, given[name])
    for name, why in site.unreadable.items():
        if "ault" not in why and "ecrypt" not in why and not _is_of_others(name, site):
            yield Finding("V40", name, "(cannot be evaluated)", "a value", f"Mend its template: {why}")
    yield from _required(site)
    yield from _shapes(site)
    yield from _contradictions(site)


def nearest(name: str, known: t.Iterable[str]) -> str:
    """Suggest the known name that a misspelled one resembles most."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else "Remove it."


def _unknown(name: str, role_variables: t.Collection[str]) -> t.Iterator[Finding]:
    if name in REMOVED:
        fix = f"Write {REMOVED[name].instead} instead."
    elif name.startswith("site_") and name not in VARIABLES:
        fix = nearest(name, VARIABLES)
    elif role_variables and name.startswith(ROLE_PREFIXES) and name not in role_variables:
        fix = nearest(name, role_variables)
    else:
        return
    # a misspelled name may be a secret's
    yield Finding("V40", name, "(not shown)", "a variable that the playbooks know", fix)


def _is_of_others(name: str, site: Site) -> bool:
    """Whether a variable is of a partition, or a garden, that belongs to what the playbooks know nothing of."""
    return any(name.startswith(prefix) and not site.is_on(switch) for prefix, switch in SWITCHES.items())


def _overruled(name: str, set_by_playbooks: t.Mapping[str, str]) -> t.Iterator[Finding]:
    if name not in set_by_playbooks:
        return
    instead = set_by_playbooks[name]
    yield Finding(
        "V40",
        name,
        "(not shown)",
        "an input of the site: the playbooks set this variable themselves, whatever the inventory says",
        f"Write {instead} instead." if instead else "Remove it.",
    )


def _kind(name: str, value: t.Any) -> t.Iterator[Finding]:
    variable = VARIABLES.get(name)
    if variable is None or value is None or variable.accepts(value):
        return
    fix = f"Write a {variable.kind}."
    if variable.kind == "boolean" and isinstance(value, str):
        fix = f"Write it without quotes; on the command line as -e '{{\"{name}\": {str(value).lower()}}}'."
    elif variable.kind == "text":
        fix = "Put it in quotes."
    value = redacted(value) if variable.secret else f"{shown(value)} ({type(value).__name__.strip('_').lower()})"
    yield Finding("V40", name, value, f"{variable.kind}", fix)


def _required(site: Site) -> t.Iterator[Finding]:
    for name, variable in VARIABLES.items():
        if not variable.required or variable.secret or name in site.unreadable:
            continue
        # a host that is none of the cluster's needs no interface of it
        lacking = [host.name for host in site.nodes if not host.variables.get(name)] if variable.per_host else []
        if lacking or not site.given(name):
            of_hosts = f" on {', '.join(lacking)}" if lacking and len(lacking) < len(site.nodes) else ""
            yield Finding("V43", name, f"(empty){of_hosts}", f"a {variable.kind}", "Set it in group_vars/all/site.yml.")


def _shapes(site: Site) -> t.Iterator[Finding]:
    for name, (pattern, expected) in SHAPES.items():
        value = site.value(name)
        if value and not pattern.fullmatch(value):
            yield Finding("V43", name, shown(value), expected, "Correct it.")


def _contradictions(site: Site) -> t.Iterator[Finding]:
    for name, variable in VARIABLES.items():
        if variable.per_host:
            continue
        values = {host.name: host.variables.get(name) for host in site.hosts}
        if any(value != site.given(name) for value in values.values()):
            show = redacted if variable.secret else shown
            yield Finding(
                "V44",
                name,
                ", ".join(f"{host}: {show(value)}" for host, value in values.items()),
                "one value for the whole site",
                "Set it in group_vars/all only.",
            )
