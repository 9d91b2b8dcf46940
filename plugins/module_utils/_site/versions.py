# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 19, 22 and 24: versions, their checksums, and the controller's own."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.releases import numbers

from .finding import Finding, shown
from .model import Site
from .variables import VARIABLES

PATTERNS = {
    "site_k3s_version": (re.compile(r"v\d+\.\d+\.\d+(-rc\d+)?\+k3s\d+"), "v1.35.4+k3s1"),
    "site_kube_vip_version": (re.compile(r"v\d+\.\d+\.\d+(-rc\.?\d+)?"), "v1.2.2"),
    "site_victoria_metrics_version": (re.compile(r"v\d+\.\d+\.\d+(-rc\d+)?-cluster"), "v1.112.0-cluster"),
}
# the variable that names an artifact's version, and which inputs ask for the artifact; none: every site does
ARTIFACTS = {
    "site_k3s_version": ("k3s", ()),
    "site_kube_vip_version": ("kube-vip", ("site_api_vip", "site_load_balancer_range")),
    "kube_vip_cloud_provider_version": ("kube-vip-cloud-provider", ("site_load_balancer_range",)),
    "acme_ca_version": ("step-ca", ("site_acme_ca",)),
}
PIN = "Run make pin on a connected machine, or give url or path and sha256 in site_artifacts."
CLOUD_PROVIDER, STEP_CA = "v0.0.12", "v0.30.2"
# Those of the roles.
DEFAULTS = {"kube_vip_cloud_provider_version": CLOUD_PROVIDER, "acme_ca_version": STEP_CA}
# As a kernel calls a machine, and as releases do.
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Mirror:
    """The mirror of an offline site: why it can't be believed, files that are not there, artifacts that it lacks for
    every architecture and for one, and which parts of Debian it has, such as C(trixie/amd64)."""

    problem: str = ""
    gone: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    lacking_on: t.Mapping[str, t.Sequence[str]] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Controller:
    """What runs the playbooks: versions, collections that are missing, checksums that are known, and its verdict on
    the site's certificate authority, which takes a library that the hosts lack."""

    ansible_version: str
    ansible_floor: str
    missing_collections: tuple[str, ...] = ()
    # artifact -> version -> architectures with a checksum
    checksums: t.Mapping[str, t.Mapping[str, t.Collection[str]]] = field(default_factory=dict)
    # what site_ca has to be and is not
    authority: str = ""
    # what site_acme_ca_root has to be and is not
    acme_root: str = ""
    # of what deploys metal-stack, and what is wrong with the certificates that its control plane is given
    missing_programs: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    # none unless the site is offline and names one
    mirror: Mirror | None = None


def well_formed(site: Site, name: str) -> bool:
    """Tell whether a version variable holds what its pattern wants."""
    return bool(PATTERNS[name][0].fullmatch(str(site.value(name))))


def wanted(site: Site, name: str) -> str:
    """Return the version of an artifact that a run would install, empty when it would install none."""
    askers = ARTIFACTS[name][1]
    if askers and not any(site.value(asker) for asker in askers):
        return ""
    if name == "acme_ca_version" and site.value("site_acme_ca_provider") != "internal":
        return ""
    return str(site.value(name) if name in VARIABLES else site.given(name) or DEFAULTS[name])


def check(site: Site, controller: Controller) -> t.Iterator[Finding]:
    """Yield what is wrong with the versions."""
    malformed = [name for name in PATTERNS if not well_formed(site, name)]
    for name in malformed:
        yield Finding(
            "V19", name, shown(site.value(name)), f"a full version such as {PATTERNS[name][1]}", "Correct it."
        )
    for name, (artifact, _askers) in ARTIFACTS.items():
        version = wanted(site, name)
        if version and name not in malformed and not controller.checksums.get(artifact, {}).get(version):
            yield Finding("V22", name, version, f"a version of {artifact} whose checksum is known", PIN)
    if numbers(controller.ansible_version)[:2] < numbers(controller.ansible_floor)[:2]:
        yield Finding(
            "V24",
            "ansible-core",
            controller.ansible_version,
            f"{controller.ansible_floor} or newer",
            "Install the versions of requirements.txt.",
        )
    for collection in controller.missing_collections:
        yield Finding(
            "V24",
            "collections",
            f"{collection} is not installed",
            "every collection that galaxy.yml depends on",
            "Run ansible-galaxy collection install -r requirements.yml.",
        )
