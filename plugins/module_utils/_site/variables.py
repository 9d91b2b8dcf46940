# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of a site: every C(site_*) variable with its kind, its default and who may set it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "boolean": (bool,),
    "list": (list, tuple),
    "mapping": (dict,),
    "number": (int,),
}


@dataclass(frozen=True)
class Variable:
    """One input. C(per_host) ones may differ between hosts, all others belong to the site.

    C(secret) ones are never shown. C(generated) ones are secrets that init makes and that are kept elsewhere too.
    C(on_command_line) ones are meant for C(-e name=true), which can only pass text.
    """

    kind: str
    default: t.Any = None
    required: bool = False
    secret: bool = False
    generated: bool = False
    per_host: bool = False
    on_command_line: bool = False

    def accepts(self, value: t.Any) -> bool:
        """Tell whether a value has this variable's kind; a boolean is no integer."""
        if self.on_command_line and value in ("true", "false"):
            return True
        if isinstance(value, bool) and self.kind != "boolean":
            return False
        return isinstance(value, KINDS[self.kind])


@dataclass(frozen=True)
class Removed:
    """A variable of an earlier version and what to write instead."""

    instead: str
    since: str = field(default="0.1.0")


def _generated() -> Variable:
    return Variable("text", required=True, secret=True, generated=True)


VARIABLES: dict[str, Variable] = {
    "site_name": Variable("text", required=True),
    "site_domain": Variable("text", required=True),
    "site_interface": Variable("text", required=True, per_host=True),
    "site_network": Variable("text", required=True),
    "site_location": Variable("text", default="", per_host=True),
    "site_api_vip": Variable("text", default=""),
    "site_api_name": Variable("text", default=""),
    "site_cluster_cidr": Variable("text", default="10.42.0.0/16"),
    "site_service_cidr": Variable("text", default="10.43.0.0/16"),
    "site_cluster_dns": Variable("text", default=""),
    "site_cluster_domain": Variable("text", default="cluster.local"),
    "site_load_balancer_range": Variable("text", default=""),
    "site_k3s_version": Variable("text", default="v1.35.4+k3s1"),
    "site_kube_vip_version": Variable("text", default="v1.2.2"),
    "site_k3s_token": _generated(),
    "site_k3s_agent_token": _generated(),
    "site_ca": _generated(),
    "site_escrow_fingerprints": Variable("mapping", default={}),
    "site_upstream_dns": Variable("list", default=()),
    "site_resolver": Variable("text", default=""),
    "site_dns_primary": Variable("text", default=""),
    "site_dns_address": Variable("text", default=""),
    "site_dns_api_key": _generated(),
    "site_dns_transfer_secret": _generated(),
    "site_dns_former_transfer_secret": Variable("text", default="", secret=True),
    "site_dns_domains": Variable("mapping", default={}),
    "site_dns_records": Variable("list", default=()),
    "site_dns_zones": Variable("list", default=()),
    "site_dns_secondaries": Variable("list", default=()),
    "site_dns_api_clients": Variable("mapping", default={}, secret=True),
    "site_dns_update_keys": Variable("mapping", default={}, secret=True),
    "site_dns_accept_end_of_life": Variable("boolean", default=False),
    "site_upstream_ntp": Variable("list", default=()),
    "site_ntp_accept_few": Variable("boolean", default=False),
    "site_nts": Variable("boolean", default=False),
    # a host that is a container cannot set its clock, its neighbour can
    "site_control_clock": Variable("boolean", default=True, per_host=True),
    "site_object_storage": Variable("mapping", default={}, secret=True),
    "site_object_storage_second": Variable("mapping", default={}, secret=True),
    "site_disk_free_percent": Variable("number", default=15),
    "site_backup_password": _generated(),
    "site_backup_components": Variable("list", default=()),
    "site_backup_garden": Variable("boolean", default=False),
    "site_backup_interval": Variable("number", default=1800),
    "site_backup_rpo": Variable("mapping", default={}),
    "site_backup_keep": Variable("mapping", default={}),
    "site_etcdutl": Variable("text", default=""),
    "site_recovery": Variable("text", default=""),
    "site_recovery_set": Variable("text", default=""),
    "site_recovery_lineage": Variable("text", default=""),
    "site_recovery_accept_missing": Variable("boolean", default=False, on_command_line=True),
    "site_recovery_level": Variable("number", default=1),
    "site_recovery_components": Variable("boolean", default=True, on_command_line=True),
    "site_recovery_metrics": Variable("boolean", default=True, on_command_line=True),
    "site_recovery_release": Variable("boolean", default=True, on_command_line=True),
    "site_monitoring": Variable("boolean", default=False),
    "site_monitoring_mode": Variable("text", default="auto"),
    "site_monitoring_accept_mode_change": Variable("boolean", default=False, on_command_line=True),
    "site_victoria_metrics_version": Variable("text", default="v1.112.0-cluster"),
    "site_monitoring_retention": Variable("text", default="90d"),
    "site_monitoring_peer_password": _generated(),
    "site_monitoring_reader_password": _generated(),
    "site_monitoring_writers": Variable("mapping", default={}, secret=True),
    "site_monitoring_receivers": Variable("list", default=(), secret=True),
    "site_monitoring_deadman_url": Variable("text", default="", secret=True),
    "site_monitoring_runbooks": Variable("text", default=""),
    "site_alert_patience_percent": Variable("number", default=100),
    "site_gitlab_runner": Variable("mapping", default={}, secret=True),
    "site_grafana": Variable("boolean", default=False),
    "site_grafana_image": Variable("text", default="docker.io/grafana/grafana:12.4.3"),
    "site_grafana_address": Variable("text", default=""),
    "site_grafana_admin_password": _generated(),
    "site_acme_ca": Variable("boolean", default=False),
    "site_acme_ca_provider": Variable("text", default="internal"),
    "site_acme_ca_host": Variable("text", default=""),
    "site_acme_ca_standbys": Variable("list"),
    "site_acme_ca_domains": Variable("list", default=()),
    "site_acme_ca_networks": Variable("list", default=()),
    "site_acme_ca_directory_url": Variable("text", default=""),
    "site_acme_ca_contact": Variable("text", default=""),
    "site_acme_ca_update_key": Variable("text", default=""),
    "site_acme_ca_issuer": Variable("boolean", default=False),
    "site_acme_ca_root": _generated(),
    "site_acme_ca_password": _generated(),
    "site_acme_certificates": Variable("list", default=()),
    "site_metal_stack": Variable("boolean", default=False, on_command_line=True),
    "site_metal_stack_stage": Variable("text", default=""),
    "site_metal_stack_domain": Variable("text", default=""),
    "site_metal_stack_address": Variable("text", default=""),
    "site_metal_stack_storage": Variable("mapping", default={}, secret=True),
    "site_metal_stack_databases": Variable("list", default=()),
    "site_metal_stack_intent": Variable("text", default=""),
    "site_gardener": Variable("boolean", default=False, on_command_line=True),
    "site_gardener_kubeconfig": Variable("text", default=""),
    "site_gardener_state": Variable("text", default=""),
    "site_target_garden_kubeconfig": Variable("text", default=""),
    "site_target_state": Variable("text", default="present", on_command_line=True),
    "site_target_initial": Variable("mapping", default={}),
    "site_target_metal_stack": Variable("mapping", default={}, secret=True),
    "site_target_gardener": Variable("mapping", default={}, secret=True),
    "site_admin_networks": Variable("list", default=()),
    "site_partition_networks": Variable("list", default=()),
    "site_networks_taken": Variable("mapping", default={}),
    "site_firewall_rules": Variable("list", default=()),
    "site_airgap_images": Variable("list", default=()),
    "site_registries": Variable("mapping", default={}, secret=True),
    "site_oidc_issuers": Variable("list", default=()),
    "site_oidc_administrators": Variable("list", default=()),
    "site_artifacts": Variable("mapping", default={}),
    "site_mirror": Variable("text", default=""),
    "site_mirror_signers": Variable("list", default=()),
    "site_offline": Variable("boolean", default=False, on_command_line=True),
    "site_allow_cgroup_v1": Variable("boolean", default=False),
    "site_allow_stretched": Variable("boolean", default=False),
    "site_round_trip_limit": Variable("number", default=50),
    "site_status_page": Variable("boolean", default=False),
    "site_status_page_port": Variable("number", default=8444),
    "site_status_page_max_age": Variable("number", default=86400),
    "site_status_page_password": _generated(),
    "site_registry": Variable("boolean", default=False),
    "site_registry_port": Variable("number", default=5000),
    "site_registry_upstreams": Variable("list", default=(), secret=True),
    "site_registry_storage": Variable("mapping", default={}, secret=True),
    "site_registry_version": Variable("text", default=""),
    "site_registry_collect": Variable("text", default="Sun 03:30"),
    "site_registry_prune": Variable("boolean", default=False, on_command_line=True),
    "site_registry_reader_password": _generated(),
    "site_registry_writer_password": _generated(),
    "site_lock_takeover": Variable("boolean", default=False, on_command_line=True),
}

REMOVED: dict[str, Removed] = {
    # never part of a release; asked for by habit from other collections
    "site_k3s_server_token": Removed("site_k3s_token"),
    "site_pod_cidr": Removed("site_cluster_cidr"),
    "site_vip": Removed("site_api_vip"),
    "site_gardener_enabled": Removed("site_gardener"),
}

SECRETS = tuple(name for name, variable in VARIABLES.items() if variable.generated)
# Of no kind that is generated, and there only while another one takes its place.
FORMER = "site_dns_former_transfer_secret"
# Mappings in which secrets stand beside what is none, and the fields that they stand in.
CONCEALED = {
    "site_dns_api_clients": "key",
    "site_dns_update_keys": "secret",
    "site_monitoring_writers": "password",
}
