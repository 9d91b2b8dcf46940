# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host pass: what only the hosts can tell, judged from the facts that every one of them gave in one call."""

from __future__ import annotations

import ipaddress
import itertools
import typing as t
from collections import defaultdict
from dataclasses import replace

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import releases

from . import clock, distance, mirror, monitoring, object_storage, service_hosts, versions
from .finding import Finding, shown
from .model import Host, Site
from .network import CIDRS, overlap

Facts = t.Mapping[str, t.Any]

MINIMUM_FREE = 2 * 1024**3
MINIMUM_MEMORY = 1024**3
OLDEST_DEBIAN = 12
LIVE = {
    "cluster-cidr": "site_cluster_cidr",
    "service-cidr": "site_service_cidr",
    "cluster-dns": "site_cluster_dns",
    "cluster-domain": "site_cluster_domain",
}
ROTATED = {"agent_token": " This one gets there with the playbook rotate and -e rotate=agent_token."}
SILENT = Finding(
    "V46",
    "host",
    "no answer",
    "a host that Ansible reaches and whose Python works",
    "Start it, mend its SSH access, or take it out of the inventory; servers that are lost leave, all at once, by the"
    " playbook remove_node. Run without --limit.",
)
TOKENS = {"token": "site_k3s_token", "agent_token": "site_k3s_agent_token"}


def check(
    site: Site,
    facts: t.Mapping[str, Facts],
    strangers: t.Mapping[str, t.Mapping[str, t.Sequence[str]]],
    controller: versions.Controller,
    leaving: t.Collection[str] = (),
    rotates: str = "",
) -> list[Finding]:
    """Return all mistakes that the hosts show; a host without facts did not answer, which one that is leaving may.

    C(leaving) are names of hosts or of their nodes. Where one leaves, hosts that are no servers may be silent, too:
    what takes one often takes others.

    What the inventory has of a secret that is C(rotates) the hosts may not have yet.

    C(strangers) are the hardware addresses that answered for an address of ours, as each host saw it.
    """
    where: dict[Finding, list[str]] = {}
    clocks = clock.check({host.name: facts[host.name]["clock_offset"] for host in site.hosts if host.name in facts})
    for host in site.hosts:
        if host.name not in facts and (_leaves(host, leaving) or host.name in overlooked(site, facts, leaving)):
            continue
        for found in _of_host(site, host, facts.get(host.name), controller, rotates):
            where.setdefault(found, []).append(host.name)
        if host.name in clocks:
            where.setdefault(clocks[host.name], []).append(host.name)
    return [
        *(replace(found, value=f"{', '.join(names)}: {found.value}") for found, names in where.items()),
        *(found for name, found in clocks.items() if name == clock.CONTROLLER),
        *_twins(facts),
        *_distances(site, facts),
        *_strangers(site, strangers),
        *service_hosts.primary(site, facts),
    ]


def _leaves(host: Host, leaving: t.Collection[str]) -> bool:
    return host.name in leaving or host.variables.get("k3s_cluster_node_name") in leaving


def overlooked(site: Site, facts: t.Mapping[str, Facts], leaving: t.Collection[str]) -> list[str]:
    """Return the hosts that do not answer and are let pass though they stay: nothing of a departure asks for them."""
    if not any(leaving):
        return []
    servers = {host.name for host in site.servers}
    silent = [host for host in site.hosts if host.name not in facts and not _leaves(host, leaving)]
    return [host.name for host in silent if host.name not in servers]


def _of_host(
    site: Site, host: Host, facts: Facts | None, controller: versions.Controller, rotates: str
) -> t.Iterator[Finding]:
    """Yield what is wrong with one host; who it is, the caller adds, for many hosts make the same mistake."""
    if facts is None:
        yield SILENT
        return
    yield from _system(facts)
    if rotates != "backup_password":
        yield from _backup(site, facts)
    yield from _endpoints(site, facts)
    yield from service_hosts.check(site, host, facts)
    yield from monitoring.check_host(site, host, facts)
    yield from mirror.check_host(site, facts, controller)
    # the rest is what Kubernetes asks of a host
    if host in site.nodes:
        yield from _cgroup(site, facts)
        yield from _interface(site, host, facts)
        yield from _room(facts)
        yield from _live(site, facts, rotates)
        yield from _checksums(site, host, facts, controller)


def _system(facts: Facts) -> t.Iterator[Finding]:
    system = f"{facts['os']} {facts['os_version']}".strip()
    major = facts["os_version"].partition(".")[0]
    if facts["os"] != "debian" or (major.isdigit() and int(major) < OLDEST_DEBIAN):
        yield Finding("V25", "host", shown(system), f"Debian {OLDEST_DEBIAN} or newer", "Install Debian 13.")


def _cgroup(site: Site, facts: Facts) -> t.Iterator[Finding]:
    if facts["cgroup"] != 2 and not site.value("site_allow_cgroup_v1"):
        yield Finding(
            "V25",
            "host",
            f"cgroup v{facts['cgroup']}",
            "cgroup v2, which kubelet 1.35 and later ask for",
            "Boot without systemd.unified_cgroup_hierarchy=0, or set site_allow_cgroup_v1: true.",
        )


def _interface(site: Site, host: Host, facts: Facts) -> t.Iterator[Finding]:
    name = str(host.variables.get("site_interface") or "")
    interfaces: dict[str, list[str]] = facts["interfaces"]
    if name not in interfaces:
        names = ", ".join(sorted(set(interfaces) - {"lo"})) or "none"
        yield Finding(
            "V16",
            "site_interface",
            shown(name),
            f"an interface of the host: {names}",
            "Correct it; hosts that differ set it in host_vars.",
        )
        return
    networks = {ipaddress.ip_interface(address).network for found in interfaces.values() for address in found}
    for variable in CIDRS:
        cidr = site.network(variable)
        clash = sorted(str(network) for network in networks if cidr and overlap(cidr, network))
        # a running cluster's own pod bridge lies in its pod range
        if clash and not facts["k3s"]["version"]:
            yield Finding(
                "V12",
                variable,
                f"{cidr} overlaps {', '.join(clash)}",
                "a range that none of the host's networks lies in",
                "Choose a range that is used nowhere else in the data centre.",
            )
    if not facts["default_interface"]:
        yield Finding(
            "V47",
            "host",
            "no default route",
            "a default route: k3s does not start without one",
            "Add one; on an isolated network to an address that never answers.",
        )


def _room(facts: Facts) -> t.Iterator[Finding]:
    for path, free in sorted(facts["free_bytes"].items()):
        if free < MINIMUM_FREE:
            yield Finding(
                "V45",
                "host",
                f"{free >> 20} MiB free for {path}",
                f"{MINIMUM_FREE >> 20} MiB",
                "Free space, or give it a larger file system.",
            )
    if facts["memory_bytes"] < MINIMUM_MEMORY:
        yield Finding(
            "V45",
            "host",
            f"{facts['memory_bytes'] >> 20} MiB of memory",
            f"{MINIMUM_MEMORY >> 20} MiB, 2 GiB for a server that does more than k3s",
            "Give the host more memory.",
        )


def _backup(site: Site, facts: Facts) -> t.Iterator[Finding]:
    if site.value("site_object_storage") and facts["backup_password_matches"] is False:
        yield Finding(
            "V29",
            "site_backup_password",
            "(redacted), another one than that of the host's backups",
            "the password that the backups are made with: no other opens them",
            "Take it from escrow, or from /etc/metalstack/backup/password there. If that file is the one that is wrong,"
            " remove it. If it was rotated, run rotate with -e rotate=backup_password again.",
        )


def _endpoints(site: Site, facts: Facts) -> t.Iterator[Finding]:
    """Yield endpoints whose name leads a host back into the site; the inventory pass has judged the others."""
    for variable in (object_storage.VARIABLE, object_storage.SECOND):
        endpoint = str((site.value(variable) or {}).get("endpoint") or "")
        name = object_storage.endpoint_host(endpoint) if endpoint else ""
        for address in facts.get("resolved", {}).get(name, []):
            held = object_storage.inside(site, address)
            if held and address != name:
                yield object_storage.within(f"{variable}.endpoint", f"{endpoint} ({address})", held)


def _live(site: Site, facts: Facts, rotates: str) -> t.Iterator[Finding]:
    k3s = facts["k3s"]
    if not k3s["datastore"]:
        return
    yield from _step(site, k3s["version"])
    for option, variable in LIVE.items():
        old, new = k3s["immutable"].get(option), site.value(variable)
        # left out, it follows from the range of the Services
        if old and new and old != new:
            yield Finding(
                "V18",
                variable,
                f"{new}, the cluster has {old}",
                "what the cluster was made with: it can't be changed",
                f"Write {old}, or build a new cluster.",
            )
    for token, variable in TOKENS.items():
        # While one is exchanged servers have either of two, which is for the playbook rotate to judge.
        exchanged = token == (k3s["rotation"].get("kind") if token == "token" else rotates)
        if k3s[f"{token}_matches"] is False and not exchanged:
            yield Finding(
                "V27",
                variable,
                "(redacted), another one than the cluster's",
                "the token the cluster runs with",
                f"Take it from escrow; a new one is set by rotation, not by bootstrap.{ROTATED.get(token, '')}",
            )
    wanted = shown(_wanted_encryption(site))
    running = k3s["immutable"].get("secrets-encryption")
    if running is not None and running != wanted:
        yield Finding(
            "V31",
            "k3s_cluster_secrets_encryption",
            f"{wanted}, the cluster runs with {running}",
            "what the cluster was made with",
            f"Write {running}; switching takes k3s secrets-encrypt on the live cluster.",
        )


def _wanted_encryption(site: Site) -> bool:
    given = site.given("k3s_cluster_secrets_encryption")
    return True if given is None else bool(given)


def _step(site: Site, installed: str) -> t.Iterator[Finding]:
    wanted = str(site.value("site_k3s_version"))
    if not installed or not versions.well_formed(site, "site_k3s_version"):
        return
    if releases.is_older(wanted, installed):
        yield Finding(
            "V20",
            "site_k3s_version",
            f"{wanted}, installed is {installed}",
            "no step back: a datastore of a newer version can't be read by an older one",
            f"Write {installed}; going back means restoring a backup.",
        )
    elif releases.skips_minor(installed, wanted):
        major, minor = releases.numbers(installed)[:2]
        yield Finding(
            "V21",
            "site_k3s_version",
            f"{wanted}, installed is {installed}",
            "at most the next minor version",
            f"Upgrade to v{major}.{minor + 1} first.",
        )


def _checksums(site: Site, host: Host, facts: Facts, controller: versions.Controller) -> t.Iterator[Finding]:
    architecture = versions.ARCHITECTURES.get(facts["architecture"], facts["architecture"])
    every = ((name, one[0], versions.wanted(site, name)) for name, one in versions.ARTIFACTS.items())
    for variable, artifact, version in (*every, *monitoring.artifacts(site, host, controller)):
        known = controller.checksums.get(artifact, {}).get(version, ())
        if known and architecture not in known:
            yield Finding(
                "V22",
                variable,
                f"{version} for {architecture}",
                f"an architecture whose checksum is known: {', '.join(sorted(known))}",
                versions.PIN,
            )


def _twins(facts: t.Mapping[str, Facts]) -> t.Iterator[Finding]:
    for key, row, what in (("machine_id", "V03", "machine-id"), ("hostname", "V04", "hostname")):
        owners: dict[str, list[str]] = defaultdict(list)
        for name, found in facts.items():
            owners[found[key]].append(name)
        for value, names in owners.items():
            if value and len(names) > 1:
                yield Finding(
                    row,
                    what,
                    f"{value} of {', '.join(names)}",
                    f"a {what} of its own for every host",
                    f"Give each host its own {what}, or correct an address that names the same host twice.",
                )


def _distances(site: Site, facts: t.Mapping[str, Facts]) -> t.Iterator[Finding]:
    """Yield servers that are too far from each other; one of which nobody knows how far it is, is too."""
    limit = site.value("site_round_trip_limit")
    where = {host.name: str(host.variables.get("site_location") or "(none)") for host in site.servers}
    for pair in itertools.combinations(sorted(where.keys() & facts.keys()), 2):
        one, other = pair
        if where[one] == where[other]:
            continue
        measured = [facts[near].get("round_trips", {}).get(far) for near, far in (pair, pair[::-1])]
        # The firewall of one may not know the other yet.
        known = [milliseconds for milliseconds in measured if milliseconds is not None]
        if known and max(known) <= limit:
            continue
        yield Finding(
            "V59",
            "site_location",
            f"{one} in {where[one]}, {other} in {where[other]}: "
            + (f"{max(known)} ms" if known else f"no answer at {distance.PORT}/TCP either way"),
            f"a round trip of {limit} ms at most: every write waits for one to a majority of etcd's members",
            "Take locations that are nearer to each other, or keep all servers in one, with a warm standby in another;"
            " site_round_trip_limit accepts more."
            if known
            else "Let the servers reach each other there.",
        )


def _strangers(site: Site, seen: t.Mapping[str, t.Mapping[str, t.Sequence[str]]]) -> t.Iterator[Finding]:
    answers: dict[str, set[str]] = defaultdict(set)
    for by_address in seen.values():
        for address, hardware in by_address.items():
            answers[address].update(hardware)
    variables = {str(site.address(name)): name for name in ("site_api_vip", "site_dns_address")}
    for address, found in sorted(answers.items()):
        yield Finding(
            "V10",
            variables.get(address, "site_load_balancer_range"),
            f"{address}, answered by {', '.join(sorted(found))}",
            "an address that nobody but the site's own hosts answers for",
            "Find the machine that has it, or choose a free address.",
        )
