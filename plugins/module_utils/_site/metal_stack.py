# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks 24, in part, 68 and 69: metal-stack's control plane on the cluster of the site."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._metal_databases.decision import FRESH, INTENTS, KEEP
from .._metal_databases.stages import place
from .._metal_stack import components, inputs, intents, options
from . import object_storage
from .finding import Finding, of_complaint, shown
from .inputs import nearest
from .model import Site
from .network import is_of_services
from .versions import Controller

ROLE = "metal_stack_control_plane_"
STORAGE, DATABASES, INTENT = "site_metal_stack_storage", "site_metal_stack_databases", "site_metal_stack_intent"
ADDRESS = "site_metal_stack_address"
VECTORS = f"{ROLE}release_vectors"
SHARED = ("endpoint", "region", "path_style", "ca")
# Which deploy charts.
CHARTS = ("zitadel", "metal")


def check(site: Site, controller: Controller) -> t.Iterator[Finding]:
    """Yield what is wrong with the inputs of a site that has a control plane, and with whoever deploys it."""
    if not site.is_on("site_metal_stack"):
        return
    yield from _storage(site)
    if site.value(ADDRESS) and not is_of_services(site, ADDRESS):
        expected = f"an address of site_load_balancer_range {shown(str(site.value('site_load_balancer_range')))}"
        fix = "Choose one that no other Service asks for, or leave it out."
        yield Finding("V69", ADDRESS, shown(site.value(ADDRESS)), expected, fix)
    intent = site.value(INTENT)
    if intent and intent not in INTENTS:
        expected = f"{', '.join(INTENTS)}, or nothing"
        yield Finding("V69", INTENT, shown(intent), expected, nearest(intent, INTENTS))
    if not site.given(VECTORS):
        expected = "the release vectors of metal-stack that are deployed"
        yield Finding("V69", VECTORS, "(empty)", expected, "Give one at least, with its url.")
    entries = site.value(DATABASES)
    if strange := [one for one in entries if not isinstance(one, t.Mapping)]:
        expected = "a list of mappings, each with the name of a database"
        yield Finding("V69", DATABASES, shown(strange[0]), expected, "Write its fields.")
        return
    found = ArgumentSpecValidator(options.CONTROL_PLANE).validate(described(site))
    complaints = found.error_messages or [*_complaints(found.validated_parameters), *controller.certificates]
    for complaint in complaints:
        yield of_complaint("V68", "site_metal_stack", complaint, "a control plane that can be deployed")
    yield from _programs(found.validated_parameters.get("components") or [], controller)


def described(site: Site) -> dict[str, t.Any]:
    """What the role is told by the playbooks, of the site and of the role's own variables in its inventory."""
    own = {name: site.given(ROLE + name) for name in options.CONTROL_PLANE}
    given, storage = site.value(STORAGE), site.value(object_storage.VARIABLE)
    domain = site.value("site_metal_stack_domain") or f"metal.{site.value('site_domain')}"
    intent = site.value(INTENT) if site.value(INTENT) in INTENTS else ""
    usual = FRESH if site.value("site_recovery") == FRESH else KEEP
    chosen = own["components"] if isinstance(own["components"], list) else []
    known = {
        "stage": site.value("site_metal_stack_stage") or site.value("site_name"),
        "gateway_dns": domain,
        "ingress_dns": domain,
        "address": site.value(ADDRESS),
        "node_network": site.value("site_network"),
        "pod_network": site.value("site_cluster_cidr"),
        "service_network": site.value("site_service_cidr"),
        "seed_api_url": f"https://{site.value('site_api_name') or 'api.' + str(site.value('site_domain'))}:6443",
        "storage": {**{name: storage[name] for name in SHARED if name in storage}, **given} if given else {},
        "databases": intents.complete(site.value(DATABASES), _known(chosen), intent or usual),
    }
    return {**{name: value for name, value in own.items() if value is not None}, **known}


def _known(chosen: t.Sequence[t.Any]) -> list[str]:
    """Those that there are; the others are complained about."""
    return [str(name) for name in chosen if name in components.NAMES]


def _complaints(wanted: dict[str, t.Any]) -> list[str]:
    storage = wanted["storage"]
    if not (storage["endpoint"] or storage["bucket"]):
        wanted = {**wanted, "storage": None}
    # What is no endpoint V37 tells, of whichever variable has it.
    return [one for one in inputs.complaints(wanted) if not one.startswith("storage.endpoint is ")]


def _storage(site: Site) -> t.Iterator[Finding]:
    """What a sidecar may write and remove is nothing that a restore of the site counts on."""
    given = site.value(STORAGE)
    first = site.value(object_storage.VARIABLE)
    endpoint = given.get("endpoint") or first.get("endpoint")
    for variable in (object_storage.VARIABLE, object_storage.SECOND):
        other = site.value(variable)
        there = place(other.get("endpoint"), other.get("bucket"))
        if given.get("bucket") and place(endpoint, given["bucket"]) == there:
            expected = f"a bucket of its own, as {variable} has this one"
            yield Finding("V69", f"{STORAGE}.bucket", shown(given["bucket"]), expected, "Make another one.")
        if given.get("access_key") and given["access_key"] == other.get("access_key"):
            expected = f"an account of its own, as {variable} has this one"
            yield Finding("V69", f"{STORAGE}.access_key", "(not shown)", expected, "Make another one.")
    yield from object_storage.check_endpoint(site, STORAGE, str(given.get("endpoint") or ""))


def _programs(chosen: t.Sequence[str], controller: Controller) -> t.Iterator[Finding]:
    wanted = {one.name for one in components.chosen(_known(chosen))}
    needed = ["kubernetes", *(["helm"] if wanted & set(CHARTS) else [])]
    for name in needed:
        if name in controller.missing_programs:
            kind = "program in PATH" if name == "helm" else "package of Ansible's Python"
            yield Finding("V24", "controller", f"{name} is not installed", f"the {kind}", f"Install {name}.")
