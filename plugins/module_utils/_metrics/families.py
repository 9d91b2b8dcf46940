# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics of a host: what each is called, and what it tells. Names follow Prometheus' conventions. Pure."""

from __future__ import annotations

import typing as t


class Family(t.NamedTuple):
    help: str
    labels: tuple[str, ...] = ()
    kind: str = "gauge"


STORED = ("storage", "component")
DATABASE = ("database",)

FAMILIES: dict[str, Family] = {
    # How the metrics come about, by part of the program.
    "metalstack_metrics_last_run_timestamp_seconds": Family("When this part was last written.", ("part",)),
    "metalstack_metrics_run_success": Family("Whether all that this part asks for could be asked.", ("part",)),
    "metalstack_metrics_run_duration_seconds": Family("How long the last run of this part took.", ("part",)),
    # The host and the runs of playbooks.
    "metalstack_host_info": Family("Where the host is, and what it is in Kubernetes; always 1.", ("location", "role")),
    "metalstack_site_host_info": Family(
        "A host that the inventory has, and where it is; always 1.", ("host", "location")
    ),
    "metalstack_run_lock_held": Family("1 while a run of this playbook holds the host; absent else.", ("playbook",)),
    "metalstack_run_lock_since_timestamp_seconds": Family(
        "When the run that holds the host began, by its controller's clock.", ("playbook",)
    ),
    "metalstack_rotation_begun": Family("1 from when an exchange of this kind began until it ends.", ("kind",)),
    "metalstack_escrow_confirmed": Family(
        "Whether the copy of a secret that is kept elsewhere is that of the inventory.", ("secret",)
    ),
    "metalstack_certificate_not_after_timestamp_seconds": Family("When a certificate ends.", ("path",)),
    "metalstack_acme_ca_info": Family("The host that issues certificates by ACME; always 1.", ("host",)),
    "metalstack_acme_certificate_success": Family(
        "Whether a certificate of this host was had the last time that it was due.", ("name",)
    ),
    "metalstack_acme_certificate_begin_timestamp_seconds": Family("When a certificate by ACME begins.", ("name",)),
    "metalstack_acme_certificate_end_timestamp_seconds": Family("When a certificate by ACME ends.", ("name",)),
    "metalstack_disk_free_ratio": Family("How much of a file system that Kubernetes needs is left.", ("mountpoint",)),
    # Kubernetes.
    "metalstack_k3s_info": Family("The version of k3s that is installed; always 1.", ("version",)),
    "metalstack_k3s_version_wanted": Family("Whether that is the version of the inventory.", ("wanted",)),
    "metalstack_k3s_active": Family("Whether the unit of k3s runs."),
    "metalstack_k3s_restarts_total": Family("How often systemd has started k3s anew by itself.", kind="counter"),
    "metalstack_apiserver_ready": Family("Whether the API server of this host says that it is ready."),
    "metalstack_kubernetes_node_ready": Family("Whether a node is ready, as this server sees it.", ("node",)),
    "metalstack_kubernetes_node_schedulable": Family("Whether a node takes pods.", ("node",)),
    "metalstack_kubernetes_node_info": Family("The version of a node's kubelet; always 1.", ("node", "version")),
    # etcd, where its own metrics do not tell, or cannot be had while k3s ends again and again.
    "metalstack_etcd_running": Family("Whether the member of this host answers."),
    "metalstack_etcd_quorum": Family("Whether this member sees a majority and a leader."),
    "metalstack_etcd_leader": Family("Whether this member leads."),
    "metalstack_etcd_members": Family("Members, voters or not, as this one knows them."),
    "metalstack_etcd_learners": Family("Members that do not vote yet."),
    "metalstack_etcd_members_not_started": Family("Members that were added and never came."),
    "metalstack_etcd_alarm": Family("1 while a member has raised an alarm; absent else.", ("alarm", "member")),
    "metalstack_etcd_info": Family("Which cluster this member belongs to; always 1.", ("cluster_id", "version")),
    # The API's address.
    "metalstack_vip_held": Family("Whether the address is on this host.", ("address",)),
    "metalstack_vip_ready": Family("Whether the API at the address says that it is ready.", ("address",)),
    # Names.
    "metalstack_dns_answers": Family("Whether the name server of this host answers."),
    "metalstack_dns_primary": Family("Whether it is the primary; not known without a catalog of zones."),
    "metalstack_dns_zones": Family("Zones in its database."),
    "metalstack_dns_zone_served": Family("Whether it answers for a zone of the site or of its database.", ("zone",)),
    "metalstack_dns_zone_serial": Family("The serial that it answers with.", ("zone",)),
    "metalstack_dns_zone_records": Family("Records in its database, those without content left out.", ("zone",)),
    # Time.
    "metalstack_time_answers": Family("Whether chronyd answers."),
    "metalstack_time_synchronised": Family("Whether the clock follows something, its own mesh included."),
    "metalstack_time_offset_seconds": Family("How far the clock is from the time, to either side."),
    "metalstack_time_stratum": Family("How far the time has come; 10 is the mesh on its own."),
    "metalstack_time_sources": Family("Sources in this state.", ("state",)),
    "metalstack_time_upstreams": Family("Sources outside of the site that the inventory has."),
    "metalstack_time_upstreams_reachable": Family("Sources outside of the site that answer."),
    # Images.
    "metalstack_registry_answers": Family("Whether the registry of this host answers who pulls."),
    # Backups, as the object storages have them.
    "metalstack_backup_interval_seconds": Family("How often a set is to be made."),
    "metalstack_backup_wanted": Family("What somebody is to back up; always 1.", ("component",)),
    "metalstack_backup_restoring": Family("1 while a restore on this host is not confirmed.", ("component",)),
    "metalstack_backup_generation": Family("How often the data on this host were restored, as the host knows."),
    "metalstack_backup_storage_reachable": Family("Whether an object storage gives an answer.", ("storage",)),
    "metalstack_backup_storage_generation": Family(
        "The newest generation of this host's data there; 0 where they are not known.", ("storage",)
    ),
    "metalstack_backup_lineages": Family("Lineages that have sets there.", ("storage",)),
    "metalstack_backup_sets": Family("Sets of this host's lineage there.", ("storage",)),
    "metalstack_backup_oldest_set_timestamp_seconds": Family("Of which moment the oldest is.", ("storage",)),
    "metalstack_backup_pruning_begun": Family("Whether a removal of old sets has begun and not ended.", ("storage",)),
    "metalstack_backup_set_timestamp_seconds": Family("Of which moment the newest set is; 0 without one.", STORED),
    "metalstack_backup_set_level": Family(
        "How well the newest set was verified: 0 exists, 1 checksums, 2 opens, 3 restored.", STORED
    ),
    "metalstack_backup_set_readable": Family("Whether this host's password opens its manifest.", STORED),
    "metalstack_backup_set_suspect": Family("Whether it holds less than those before, and nobody said why.", STORED),
    "metalstack_backup_set_size_bytes": Family("Size of the newest set.", STORED),
    "metalstack_backup_set_growth_ratio": Family("By which share it has grown since the set before.", STORED),
    "metalstack_backup_verified_timestamp_seconds": Family("When the newest set was verified.", STORED),
    "metalstack_backup_rehearsed_timestamp_seconds": Family("When a restore was last rehearsed.", STORED),
    "metalstack_backup_rehearsal_duration_seconds": Family("How long that took.", STORED),
    # Databases of metal-stack, as the object storage of their sidecars has them.
    "metalstack_database_found": Family(
        "Whether the cluster has it, with a sidecar that backs up to an object storage.", DATABASE
    ),
    "metalstack_database_waits": Family(
        "Whether it waits for its data, or for its restore to be confirmed, and backs up nothing.", DATABASE
    ),
    "metalstack_database_backup_storage_reachable": Family(
        "Whether the object storage of a database's sidecar gives an answer.", DATABASE
    ),
    "metalstack_database_backup_interval_seconds": Family(
        "What its schedule lets pass between two backups at most; absent where it tells none.",
        DATABASE,
    ),
    "metalstack_database_backup_timestamp_seconds": Family(
        "When the newest was made; its StatefulSet, without one.", DATABASE
    ),
    "metalstack_database_backup_size_bytes": Family("Size of the newest.", DATABASE),
    "metalstack_database_backup_suspect": Family(
        "Whether it has less than half the bytes of those before, or of the last one of which is known what it held.",
        DATABASE,
    ),
    "metalstack_database_backup_versions": Family("How many there are.", DATABASE),
    "metalstack_database_saved_timestamp_seconds": Family(
        "When was last saved what it holds, for a restore to be compared; its StatefulSet's time, if nobody has.",
        DATABASE,
    ),
    "metalstack_database_counted": Family(
        "Whether the last count of what it holds by this server, with a backup, worked.", DATABASE
    ),
    "metalstack_database_drops": Family("Tables and lists that held less then.", DATABASE),
    "metalstack_database_lost": Family("Of these, those that held nothing any more.", DATABASE),
    # Samples.
    "metalstack_samples_lacking": Family(
        "1 while a store that was killed was not brought what it lost, since another one gives no answer; absent else."
    ),
    # Debian.
    "metalstack_packages_unfinished": Family("Packages whose installation ended half-way."),
    "metalstack_updates_pending": Family("Packages that would become newer.", ("kind",)),
    "metalstack_package_lists_timestamp_seconds": Family("When the lists of packages were fetched."),
    "metalstack_reboot_required": Family("Whether the host needs a reboot."),
}
