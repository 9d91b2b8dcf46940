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
# What may be in a project: where API v1 lists it, the search's name of a project and the object's of itself; the
# service, list and id of API v2, where a project's own members may ask too.
PARTS = (
    ("machine", ("/v1/machine/find", "allocation_project", "id"), ("machine", "machines", "uuid")),
    ("network", ("/v1/network/find", "projectid", "id"), ("network", "networks", "id")),
    ("IP", ("/v1/ip/find", "projectid", "ipaddress"), ("ip", "ips", "ip")),
    (
        "size reservation",
        ("/v1/size/reservations/find", "projectid", "id"),
        ("size_reservation", "size_reservations", "id"),
    ),
)


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    """As both servers have it."""
    users = []
    for what, (path, asked, key), (service, many, own) in PARTS:
        if version == V1:
            ids = [one[key] for one in client.read("POST", path, {asked: name}) or []]
        else:
            ids = [one[own] for one in client.read("api", service, "List", {"project": name}).get(many, [])]
        users += uses.told(what, ids)
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
    shared="users make projects too, and all of theirs that are empty would go",
)
