# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices of a partition deployed by components, each only where it is not as it should be, and recorded."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import typing as t
from pathlib import Path

from .._kube.client import Cluster
from . import agreement, components, fleet, handed, offer, played, record, secrets, told, workspace
from .deploy import Done, Place, Release, kept
from .errors import StackError, refuse
from .fleet import Component

Given = t.Mapping[str, t.Any]
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


class PartitionDeployer:
    """Deploys the components of one partition.

    groups and hosts: those of the inventory, with what it says of each. dry: whether only to tell what would be done.
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
        self._given = given
        self._release = release
        self._place = place
        self._cluster = cluster
        self._groups, self._hosts = inventory
        self._say = say
        self._dry = dry
        self._space = workspace.Workspace(place.state, given["stage"])
        self._roles = handed.Roles(release.path)
        self._kept = kept(cluster, given["namespace"])
        shared = {name: self._kept[source] for name, source in KEPT.items() if source in self._kept}
        self._variables = {**release.variables, **shared, **common(given)}
        self.done: list[Done] = []

    def run(self, chosen: t.Sequence[Component]) -> None:
        """Deploy what has to be; C(done) tells of all that was looked at, also after a StackError."""
        refuse(other_release(self._cluster, self._given["namespace"], self._release.name))
        with contextlib.nullcontext() if self._dry else self._space.held():
            known = self._known()
            for component in chosen:
                if component.hosts(self._groups):
                    self._one(component, known.get(component.name))

    def _one(self, component: Component, before: record.Entry | None) -> None:
        begin = time.monotonic()
        words, hosts = self._wanted(component)
        wanted = {name: value for name, value in self._variables.items() if name in words}
        entry = self._entry(component, words, wanted, hosts)
        if self._roles.lacking(component.roles):
            # Check mode installs no release, so nobody knows what its roles take.
            entry["variables"] = (before or {}).get("variables", {})
        reasons = record.reasons(before, entry)
        if component.name in self._given["redeploy"]:
            reasons.append("redeploy names it")
        done = Done(component.name, reasons)
        self.done.append(done)
        if not reasons:
            return
        done.before, done.after = record.shown(before), record.shown(entry)
        if self._dry:
            return
        done.log = str(self._space.log(f"{self._given['id']}-{component.name}"))
        self._say(f"{component.name}: {'; '.join(reasons)}")
        try:
            # Whoever is killed from here on leaves hosts that are neither as they were nor as they should be.
            self._record(component, {**entry, record.UNFINISHED: True})
            self._play(component, wanted, hosts, begin + self._given["timeout"])
            self._record(component, entry)
        finally:
            done.seconds = time.monotonic() - begin

    def _wanted(self, component: Component) -> tuple[set[str], dict[str, Variables]]:
        """The names that its roles take, and the hosts with what they are handed."""
        missing = self._roles.lacking(component.roles)
        if missing and not self._dry:
            raise StackError(
                f"the release has no role {', '.join(missing)} in {self._release.path} -> take it out of components, or"
                " use a release that has it"
            )
        words, ours = self._roles.words(component.roles), component.hosts(self._groups)
        # Of the others nothing is told but how they are reached, which some roles write down.
        hosts = {
            host: {
                one: variables[one] for one in variables if fleet.is_connection(one) or (host in ours and one in words)
            }
            for host, variables in self._hosts.items()
        }
        return words, hosts

    def _entry(self, component: Component, words: set[str], wanted: Variables, hosts: fleet.Hosts) -> record.Entry:
        """What is recorded. How a host is reached changes nothing, unless roles write that down."""
        of_hosts = {
            f"{host}.{name}": value
            for host, variables in hosts.items()
            for name, value in variables.items()
            if name in words
        }
        names = {f"{host}.inventory_hostname": True for host in component.hosts(self._groups)}
        recorded = components.Component(component.name, component.roles)
        everything = {**wanted, **of_hosts, **names, "roles": list(component.roles)}
        key = self._kept.get(secrets.DIGEST_KEY, "")
        return record.entry(recorded, self._release.name, self._release.roles, everything, key)

    def _play(self, component: Component, wanted: Variables, hosts: fleet.Hosts, end: float) -> None:
        """Deploy it, one pass after the other. Raises StackError at the first that fails, before the next begins."""
        place, texts = self._place, self._secret_texts(hosts)
        log = self._space.log(f"{self._given['id']}-{component.name}")
        for number, batch in enumerate(component.passes(self._groups)):
            work = self._lay_out(component, batch, wanted, hosts)
            with tempfile.TemporaryDirectory(prefix="ssh-", dir=SHORT) as sockets:
                inside = workspace.environment(
                    work, self._release.path, place.kubeconfig, place.collections, os.environ
                )
                environment = {
                    **{name: value for name, value in inside.items() if name not in ELSEWHERE},
                    **{name: os.environ[name] for name in PASSED if name in os.environ},
                    "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets,
                }
                run = played.Run(component.name, work, environment, log, self._given["timeout"], append=number > 0)
                played.play(run, texts, end, self._say)

    def _lay_out(self, component: Component, batch: t.Sequence[str], wanted: Variables, hosts: fleet.Hosts) -> Path:
        play = fleet.play(component, batch, self._given["answer_timeout"])
        inventory = fleet.inventory(self._groups, hosts)
        return self._space.lay_out([play], inventory, wanted, workspace.REMOTE)

    def _secret_texts(self, hosts: fleet.Hosts) -> list[str]:
        return [*self._kept.values(), *told.secret_texts(self._variables), *told.secret_texts(hosts)]

    def _known(self) -> dict[str, record.Entry]:
        found = self._cluster.get("ConfigMap", self._given["namespace"], name_of(self._given["id"]))
        return record.parse((found or {}).get("data"))

    def _record(self, component: Component, entry: record.Entry) -> None:
        namespace, name = self._given["namespace"], name_of(self._given["id"])
        found = self._cluster.get("ConfigMap", namespace, name)
        data = {**((found or {}).get("data") or {}), component.name: record.encode(entry)}
        self._cluster.keep("ConfigMap", namespace, name, data, found)
