# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The offline pass: every check that needs the inventory and nothing else."""

from __future__ import annotations

from . import (
    acme_ca,
    delegation,
    dns_clients,
    dns_servers,
    gardener,
    gitlab_runner,
    grafana,
    inputs,
    metal_stack,
    mirror,
    monitoring,
    network,
    ntp,
    object_storage,
    oidc,
    own_components,
    registry,
    secrets,
    status_page,
    target,
    topology,
    versions,
)
from .finding import Finding
from .model import Site


def check(site: Site, controller: versions.Controller) -> list[Finding]:
    """Return all mistakes that the inventory shows."""
    found = [
        *topology.check(site),
        *topology.missing_vip(site),
        *network.check(site),
        *versions.check(site, controller),
        *secrets.check(site, controller),
        *dns_servers.check(site),
        *delegation.check(site),
        *dns_clients.check(site),
        *ntp.check(site),
        *object_storage.check(site),
        *own_components.check(site),
        *monitoring.check(site, controller),
        *status_page.check(site),
        *registry.check(site),
        *grafana.check(site),
        *acme_ca.check(site),
        *gitlab_runner.check(site),
        *metal_stack.check(site, controller),
        *gardener.check(site, controller),
        *target.check(site),
        *mirror.check(site, controller),
        *oidc.check(site),
        *inputs.check(site),
    ]
    # What several need, each tells.
    return list(dict.fromkeys(found))
