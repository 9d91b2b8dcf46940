# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that metal-stack's roles are handed for a control plane, secrets aside. Pure.

Source: the defaults and templates of metal-roles v0.32; where these disagree with one another or leave out what they
need, it is said here.
"""

from __future__ import annotations

import typing as t

from .._metal_databases import prefixes, retention
from . import gateways
from .components import DATABASES, Component, Database
from .options import GATEWAY, INGRESS, NOTHING

Given = t.Mapping[str, t.Any]
Variables = dict[str, t.Any]

S3, LOCAL = "s3", "local"
# What metal-roles backs up by, unless given.
SCHEDULE = "*/3 * * * *"
SCHEDULES = {"auditing-timescaledb": "0 * * * *", "headscale-db": "0 0 * * *"}


def all_of(given: Given, release: str = "", schedules: t.Mapping[str, str] | None = None) -> Variables:
    """All variables for a control plane; those that the inventory gives win.

    given: as C(options.CONTROL_PLANE) has it. release: its name. schedules: by database, what
    M(metalstack.autonomous.metal_database_gate) has decided, which wins over all else.
    """
    found = {**_common(given, release), **_exposed(given)}
    for database in DATABASES.values():
        found |= _database(given, database)
    found |= given["variables"]
    for name, schedule in (schedules or {}).items():
        found[DATABASES[name].sidecar("backup_cron_schedule")] = schedule
    return found


def of_component(component: Component, variables: Given) -> Variables:
    """Those that have to be called otherwise for one component, since its role does not hand them on."""
    database = component.database
    if database is None or database.passes_retention:
        return {}
    # The role of the engine takes its own names from what is handed to the play.
    return {
        f"{database.engine}_backup_restore_sidecar_{option}": variables[database.sidecar(option)]
        for option in ("object_max_keep", "object_days_max_keep")
    }


def reserved(given: Given) -> Variables:
    """What variables must not say otherwise than the control plane's own options do, by their name.

    The gate looks at the databases and backups that these name, and at no others.
    """
    found: Variables = {
        "metal_control_plane_stage_name": given["stage"],
        "metal_control_plane_namespace": given["namespace"],
        "headscale_namespace": given["namespace"],
    }
    for database in DATABASES.values():
        found[f"{database.variables}_name"] = database.name
        found[f"{database.variables}_namespace"] = given["namespace"]
        found |= _bucket(given["storage"], database)
    return found


def dns(given: Given) -> str:
    """The domain below which the control plane is found."""
    domains = (given["gateway_dns"], given["ingress_dns"])
    if given["expose"] == NOTHING:
        return str(domains[1] or domains[0])
    return str(domains[0] if given["expose"] == GATEWAY else domains[1])


def asked(given: Given, database: Database, intent: Given) -> dict[str, t.Any]:
    """A database as the module metal_database_gate takes it, of the variables that it is deployed with.

    intent: its entry of C(databases). The volume is not among it.
    """
    variables = all_of(given)
    return {
        "name": database.name,
        "engine": database.engine,
        "prefix": variables.get(database.sidecar("object_prefix"), ""),
        "intent": intent["intent"],
        "provider": variables[database.sidecar("provider")],
        "schedule": variables[database.sidecar("backup_cron_schedule")],
        "object_max_keep": variables[database.sidecar("object_max_keep")],
        "object_days_max_keep": variables[database.sidecar(database.days)],
        "encrypted": bool(variables.get(database.sidecar("encryption_key"))),
        "size_floor": intent["size_floor"],
        "version": intent["version"],
        "fenced": intent["fenced"],
        "without_sentinels": intent["without_sentinels"],
        "discard": intent["discard"],
    }


def _common(given: Given, release: str) -> Variables:
    found: Variables = {
        **reserved(given),
        "metal_control_plane_ingress_dns": given["ingress_dns"] or given["gateway_dns"],
        "metal_control_plane_gateway_dns": given["gateway_dns"] or given["ingress_dns"],
        "metal_control_plane_host_provider": given["host_provider"],
        # The role waits with a variable that nobody defines, and for ten minutes only; the health gate waits instead.
        "metal_check_api_available": False,
        # metal-api is told to use TLS by default and nsqd is not.
        "nsq_tls_enabled": True,
        "metal_api_nsq_tls_enabled": True,
        "zitadel_external_domain": f"auth.{dns(given)}",
        # metal-roles has none, and metal-apiserver does not begin without.
        "metal_apiserver_oidc_discovery_url": f"https://auth.{dns(given)}/.well-known/openid-configuration",
    }
    if given["provider_tenant"]:
        found["metal_control_plane_provider_tenant"] = given["provider_tenant"]
    if release:
        found["metal_stack_release_version"] = release
    return found


def _exposed(given: Given) -> Variables:
    if given["expose"] == INGRESS:
        return {}
    found: Variables = {
        "headscale_ingress_enabled": False,
        "zitadel_enabled_ingress": False,
        "metal_deploy_ingress": False,
    }
    if given["expose"] != GATEWAY:
        return found
    parents = gateways.parents(given)
    found["headscale_httproute_hostnames"] = [f"headscale.{dns(given)}"]
    for role in ("headscale", "zitadel", "metal_api", "metal_apiserver"):
        found |= {f"{role}_httproute_enabled": True, f"{role}_httproute_parent_refs": parents["https"]}
    for role, name in (("nsq", "nsq"), ("metal_api", "grpc"), ("metal_console", "console")):
        found |= {f"{role}_tcproute_enabled": bool(parents[name]), f"{role}_tcproute_parent_refs": parents[name]}
    return found


def _bucket(storage: Given | None, database: Database) -> Variables:
    if not storage:
        return {}
    return {
        database.sidecar("s3_bucket_name"): storage["bucket"],
        database.sidecar("s3_region"): storage["region"],
        database.sidecar("s3_endpoint"): storage["endpoint"],
    }


def _database(given: Given, database: Database) -> Variables:
    storage = given["storage"]
    intent: Given = next((one for one in given["databases"] if one["name"] == database.name), {})
    usual = SCHEDULES.get(database.name, SCHEDULE)
    found: Variables = {
        database.sidecar("provider"): S3 if storage else LOCAL,
        database.sidecar("backup_cron_schedule"): intent.get("schedule") or usual,
        database.sidecar("object_max_keep"): retention.MAX_KEEP,
        database.sidecar(database.days): retention.DAYS,
    }
    if database.engine not in prefixes.FIXED:
        # metal-roles gives that of headscale no stage.
        found[database.sidecar("object_prefix")] = f"{database.name}-{given['stage']}"
    if given["storage_class"]:
        found[f"{database.variables}_storage_class"] = given["storage_class"]
    if given["storage_encryption_key"]:
        found[database.sidecar("encryption_key")] = given["storage_encryption_key"]
    if storage:
        found |= {
            **_bucket(storage, database),
            database.sidecar("s3_access_key"): storage["access_key"],
            database.sidecar("s3_secret_key"): storage["secret_key"],
        }
        if storage["ca"]:
            found[database.sidecar("s3_trusted_ca_cert")] = storage["ca"]
    return found
