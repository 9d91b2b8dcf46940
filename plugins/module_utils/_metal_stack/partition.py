# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices of a partition by components: each is deployed on its hosts, one pass after the other, and recorded."""

from __future__ import annotations

import os
import tempfile
import typing as t
from pathlib import Path

from .._kube import kinds
from .._kube.client import Cluster
from . import agreement, fleet, offer, played, record, workspace
from .errors import refuse
from .fleet import Component
from .frame import Frame, Given, Place, Release, kept

Variables = dict[str, t.Any]

# What the control plane keeps in its Secret, by the variables of the partition's roles that take the same.
KEPT = {
    "metal_partition_metal_api_hmac_edit_key": "metal_api_edit_key",
    "metal_partition_metal_api_hmac_view_key": "metal_api_view_key",
    "metal_partition_metal_api_grpc_ca_cert": "metal_api_grpc_certs_ca_cert",
    "metal_partition_metal_api_grpc_client_cert": "metal_api_grpc_certs_client_cert",
    "metal_partition_metal_api_grpc_client_key": "metal_api_grpc_certs_client_key",
    "metal_bmc_bmc_superuser_pwd": "metal_api_bmc_superuser_pwd",
    "metal_bmc_nsqd_ca_cert": "nsq_certs_ca_cert",
    "metal_bmc_nsqd_client_cert": "nsq_certs_client_cert",
    "metal_bmc_nsqd_client_cert_key": "nsq_certs_client_key",
}
# Of these ssh has no other way to learn.
PASSED = ("SSH_AUTH_SOCK",)
ELSEWHERE = ("ANSIBLE_REMOTE_TEMP",)
# A socket's path has 108 characters at most, and those of a workspace have no end.
SHORT = "/tmp"


def name_of(partition: str) -> str:
    """The ConfigMap that a partition is recorded in."""
    return f"metal-stack-partition-{partition}"


def common(given: Given) -> Variables:
    """The variables of all hosts, secrets aside; those that the inventory gives win.

    given: as C(options.PARTITION) has it.
    """
    found: Variables = {
        "metal_partition_id": given["id"],
        "metal_partition_metal_api_addr": f"api.{given['dns']}",
        "metal_partition_metal_api_protocol": "https",
        "metal_partition_metal_api_port": 443,
        "metal_partition_metal_api_basepath": "/metal/",
        "metal_bmc_nsqd_addr": f"{given['dns']}:4150",
    }
    return {**found, **given["variables"]}


def other_release(cluster: Cluster, namespace: str, name: str) -> list[str]:
    """Why a release, by its name, is not that of the control plane; nothing where it is."""
    deployed = bool(kept(cluster, namespace))
    return agreement.complaints(namespace, deployed, offer.of_cluster(cluster, namespace), name)


def verified(cluster: Cluster, namespace: str, partition: str, dry: bool) -> list[str]:
    """Record that leaves were seen to take their configuration; the components that nobody had seen that of before."""
    found = cluster.get(kinds.CONFIG_MAP, namespace, name_of(partition))
    data: dict[str, str] = (found or {}).get("data") or {}
    unseen = {name: one for name, one in record.parse(data).items() if one.pop(record.UNVERIFIED, False)}
    if unseen and not dry:
        seen = {name: record.encode(one) for name, one in unseen.items()}
        cluster.keep(kinds.CONFIG_MAP, namespace, name_of(partition), {**data, **seen}, found)
    return sorted(unseen)


class PartitionDeployer(Frame[Component]):
    """Deploys the components of one partition.

    given: as C(options.PARTITION) has it. groups and hosts: those of the inventory, with what it says of each.
    """

    def __init__(
        self,
        given: Given,
        release: Release,
        place: Place,
        cluster: Cluster,
        inventory: tuple[fleet.Groups, fleet.Hosts],
        *,
        say: played.Say,
        dry: bool = False,
    ) -> None:
        super().__init__(given, release, place, cluster, name_of(given["id"]), say=say, dry=dry)
        self._groups, self._hosts = inventory
        shared = {name: self._kept[source] for name, source in KEPT.items() if source in self._kept}
        self._variables = {**release.variables, **shared, **common(given)}

    def run(self, chosen: t.Sequence[Component]) -> None:
        """As C(Frame.run) does, those that have hosts."""
        refuse(other_release(self._cluster, self._given["namespace"], self._release.name))
        super().run([one for one in chosen if one.hosts(self._groups)])

    def _wanted(self, component: Component) -> tuple[set[str], Variables, dict[str, Variables]]:
        """The names that its roles take, the variables of all hosts, and the hosts with what they are handed."""
        words, ours = self._roles.words(component.roles), component.hosts(self._groups)
        # Of the others nothing is told but how they are reached, which some roles write down.
        hosts = {
            host: {
                one: variables[one] for one in variables if fleet.is_connection(one) or (host in ours and one in words)
            }
            for host, variables in self._hosts.items()
        }
        return words, {name: value for name, value in self._variables.items() if name in words}, hosts

    def _entry(self, component: Component) -> record.Entry:
        """How a host is reached changes nothing, unless roles write that down."""
        words, wanted, hosts = self._wanted(component)
        of_hosts = {
            f"{host}.{name}": value
            for host, variables in hosts.items()
            for name, value in variables.items()
            if name in words
        }
        names = {f"{host}.inventory_hostname": True for host in component.hosts(self._groups)}
        return self._recordable(component, {**wanted, **of_hosts, **names, "roles": list(component.roles)})

    def _deploy(self, component: Component, entry: record.Entry, before: record.Entry | None, end: float) -> None:
        # Whoever is killed from here on leaves hosts that are neither as they were nor as they should be.
        self._record(component, {**entry, record.UNFINISHED: True})
        self._play(component, end)
        self._record(component, {**entry, record.UNVERIFIED: True} if component.registers else entry)

    def _play(self, component: Component, end: float) -> None:
        """Deploy it, one pass after the other. Raises StackError at the first that fails, before the next begins."""
        _words, wanted, hosts = self._wanted(component)
        texts, inventory = self._secret_texts(self._variables, hosts), fleet.inventory(self._groups, hosts)
        for number, batch in enumerate(component.passes(self._groups)):
            play = fleet.play(component, batch, self._given["answer_timeout"])
            work = self._space.lay_out([play], inventory, wanted, workspace.REMOTE)
            with tempfile.TemporaryDirectory(prefix="ssh-", dir=SHORT) as sockets:
                environment = {
                    **{name: value for name, value in self._environment(work).items() if name not in ELSEWHERE},
                    **{name: os.environ[name] for name in PASSED if name in os.environ},
                    "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets,
                }
                run = played.Run(
                    component.name, work, environment, self._log(component), self._given["timeout"], append=number > 0
                )
                played.play(run, texts, end, self._say)

    def _log(self, component: Component) -> Path:
        return self._space.log(f"{self._given['id']}-{component.name}")
