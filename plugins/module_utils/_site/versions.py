# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 19, 22 and 24: versions, their checksums, and the controller's own."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .finding import Finding, shown
from .model import Site

PATTERNS = {
    "site_k3s_version": (re.compile(r"v\d+\.\d+\.\d+(-rc\d+)?\+k3s\d+"), "v1.35.4+k3s1"),
    "site_kube_vip_version": (re.compile(r"v\d+\.\d+\.\d+(-rc\.?\d+)?"), "v1.2.2"),
}
ARTIFACTS = {"site_k3s_version": "k3s", "site_kube_vip_version": "kube-vip"}


@dataclass(frozen=True)
class Controller:
    """What runs the playbooks: versions, collections that are missing, and the checksums that are known."""

    ansible_version: str
    ansible_floor: str
    missing_collections: tuple[str, ...] = ()
    # artifact -> version -> architectures with a checksum
    checksums: t.Mapping[str, t.Mapping[str, t.Collection[str]]] = field(default_factory=dict)


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, C(v1.35.4+k3s1) as C((1, 35, 4, 1))."""
    return tuple(int(number) for number in re.findall(r"\d+", re.sub(r"k3s", "", version)))


def well_formed(site: Site, name: str) -> bool:
    """Tell whether a version variable holds what its pattern wants."""
    return bool(PATTERNS[name][0].fullmatch(str(site.value(name))))


def check(site: Site, controller: Controller) -> t.Iterator[Finding]:
    """Yield what is wrong with the versions."""
    for name, (_pattern, example) in PATTERNS.items():
        if not well_formed(site, name):
            yield Finding("V19", name, shown(site.value(name)), f"a full version such as {example}", "Correct it.")
        elif needed(site, name):
            yield from _checksum(site, controller, name)
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


def needed(site: Site, name: str) -> bool:
    """Tell whether a run would install what a version variable names."""
    return name != "site_kube_vip_version" or bool(site.value("site_api_vip") or site.value("site_load_balancer_range"))


def _checksum(site: Site, controller: Controller, name: str) -> t.Iterator[Finding]:
    version, artifact = str(site.value(name)), ARTIFACTS[name]
    if not controller.checksums.get(artifact, {}).get(version):
        yield Finding(
            "V22",
            name,
            version,
            f"a version of {artifact} whose checksum is known",
            "Run make pin on a connected machine, or give path and sha256 in site_artifacts.",
        )
