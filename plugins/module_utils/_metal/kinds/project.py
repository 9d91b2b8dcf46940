# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects: what machines, networks and addresses belong to, and a tenant's own."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import uses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
    Field,
    Fields,
    Kind,
    V2Api,
    Wire,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import masterdata
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

OWNER_STAYS = "neither API moves a project to another tenant"
# What may be in a project, and the project's name in a search of API v1.
PARTS = (
    (uses.MACHINES, "allocation_project"),
    (uses.NETWORKS, "projectid"),
    (uses.IPS, "projectid"),
    (uses.SIZE_RESERVATIONS, "projectid"),
)


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    """As both servers have it. API v2 lets a project's own members ask, too."""
    users = []
    for what, asked in PARTS:
        if version == V1:
            found = what.find(client, version, {asked: name})
        else:
            found = client.read("api", what.service, "List", {"project": name}).get(what.many, [])
        users += what.told(version, found)
    return users


def distinct(_version: str, projects: t.Mapping[str, Fields], touched: t.Mapping[str, Fields]) -> list[str]:
    """The description of API v2 has it: unique per tenant. Neither server looks."""
    problems = []
    for name in sorted(touched):
        called = PROJECT.called(projects[name])
        others = [other for other, fields in projects.items() if other != name and PROJECT.called(fields) == called]
        if others and "name" in touched[name]:
            problems.append(
                f"project {name}: expected another name than {called}, which {', '.join(sorted(others))} has"
            )
    return problems


PROJECT = Kind(
    name="project",
    plural="projects",
    fields=(
        Field("name", v1=Wire("name"), v2=Wire("name"), required=BOTH, kept=masterdata.NAME_KEPT),
        Field(
            "tenant",
            v1=Wire("tenant_id"),
            v2=Wire("tenant"),
            required=BOTH,
            fixed=dict.fromkeys(BOTH, OWNER_STAYS),
        ),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field(
            "avatar_url",
            v1="API v1 has no pictures",
            v2=Wire("avatar_url"),
            kept={V2: "API v2 wants a URL"},
        ),
        *(masterdata.quota(f"quotas.{name}") for name in ("cluster", "machine", "ip")),
    ),
    v1=masterdata.v1_api("/v1/project"),
    v2=V2Api(
        service="project",
        one="project",
        many="projects",
        id="uuid",
        ref="project",
        readers=("admin", "api"),
        packages=dict.fromkeys(("Get", "Create", "Update", "Delete"), "api"),
        flat={"tenant": "login"},
        locks=False,
    ),
    uses=used_by,
    rule=distinct,
    made_ids=(V2,),
    found_by=("name", "tenant"),
    filters={"name": "name", "tenant": "tenant"},
    shared="users make projects too, and all of theirs that are empty would go",
)
