# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks 24, in part, 70 and 71: Gardener on the cluster of the site."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._garden import inputs, options, versions
from .finding import Finding, of_complaint
from .model import Site
from .versions import Controller

ROLE, SWITCH = "gardener_", "site_gardener"
# What the role takes beside the description of the garden; of a seed, unless there shall be none.
ALWAYS = {
    f"{ROLE}version": "a release of Gardener, such as v1.138.3",
    f"{ROLE}operator_chart": "the chart of gardener-operator, as the release vector has it",
}
OF_SEED = {
    f"{ROLE}seed_name": "a name of the seed",
    f"{ROLE}gardenlet_chart": "the chart of gardenlet, without a tag",
    f"{ROLE}seed_ingress_domain": "a domain that services of the seed are found below",
    f"{ROLE}seed_dns": "the DNS of the seed",
    f"{ROLE}seed_backup": "where etcd of shoots is backed up to",
}


def check(site: Site, controller: Controller) -> t.Iterator[Finding]:
    """Yield what is wrong with the inputs of a site that has a garden, and with whoever deploys it."""
    if not site.is_on(SWITCH):
        return
    needed = {**ALWAYS, **(OF_SEED if _has_seed(site) else {})}
    for name, expected in needed.items():
        if not site.given(name):
            fix = f"Give it, or say {ROLE}seed: false." if name in OF_SEED else "Give it."
            yield Finding("V71", name, "(empty)", expected, fix)
    found = ArgumentSpecValidator(options.GARDEN).validate(described(site))
    garden = found.validated_parameters["garden"]
    complaints = found.error_messages or _complaints(site, garden)
    for complaint in complaints:
        yield of_complaint("V70", SWITCH, complaint, "a garden that can be deployed")
    for name in ("kubernetes", *([] if site.given(f"{ROLE}helm") else ["helm"])):
        if name in controller.missing_programs:
            kind = "program in PATH" if name == "helm" else "package of Ansible's Python"
            yield Finding("V24", "controller", f"{name} is not installed", f"the {kind}", f"Install {name}.")


def described(site: Site) -> dict[str, t.Any]:
    """What the role is told by the playbooks, of the site and of the role's own variables in its inventory."""
    own = {name: site.given(ROLE + name) for name in options.WANTED}
    known = {
        "nodes": [site.value("site_network")],
        "pods": [site.value("site_cluster_cidr")],
        "services": [site.value("site_service_cidr")],
        "taken_networks": {**options.WANTED["taken_networks"]["default"], **site.value("site_networks_taken")},
        "seed_api_url": f"https://{site.value('site_api_name') or 'api.' + str(site.value('site_domain'))}:6443",
    }
    # One that is missing has a finding of its own.
    usual = {"version": "", "kubernetes_version": ""}
    given = {name: value for name, value in own.items() if value is not None}
    return {
        "kubeconfig": "of the run",
        "garden": {**usual, **given, **known},
        "secrets": site.given(f"{ROLE}secrets") or [],
    }


def _complaints(site: Site, garden: t.Mapping[str, t.Any]) -> list[str]:
    names = [str(one.get("name")) for one in site.given(f"{ROLE}secrets") or [] if isinstance(one, t.Mapping)]
    wrong = inputs.mistakes(garden, names)
    if not versions.malformed(garden["version"], garden["kubernetes_version"]):
        runtime = str(site.value("site_k3s_version"))
        wrong += versions.unsupported(garden["version"], garden["kubernetes_version"], runtime)
    # That there is none is told by itself.
    return [one for one in wrong if site.given(f"{ROLE}version") or not one.startswith("garden.version is ")]


def _has_seed(site: Site) -> bool:
    given = site.given(f"{ROLE}seed")
    return str(True if given is None else given).lower() == "true"
