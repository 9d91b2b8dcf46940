# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site's cluster as data, out of what k3s_info found on each host."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import certificates, gate

from . import space
from .failure import failure
from .model import Host, Site
from .secrets import fingerprint, needed
from .variables import SECRETS

Found = t.Mapping[str, t.Any]


def describe(site: Site, found: t.Mapping[str, Found]) -> dict[str, t.Any]:
    """Return the state of the cluster; a host that is not in C(found) did not answer."""
    servers = {_node(host): host.node_address for host in site.servers}
    reference = _reference(site, found)
    rows = [_row(site, host, found.get(host.name), reference) for host in site.nodes]
    failures = [each for host in site.nodes for each in _failures(site, host, found, servers, reference)]
    failures.extend(_site_failures(site, rows))
    failures.extend(_quorum_failures(site, found))
    failures.extend(_upgrade_failures(site, reference))
    unique = list({tuple(each.items()): each for each in failures}.values())
    return {
        "site": site.value("site_name"),
        "lineage": reference["api"]["lineage"] if reference else "",
        "vip": site.value("site_api_vip"),
        "vip_holders": [row["host"] for row in rows if row["vip"] is True],
        "leader": next((row["host"] for row in rows if row["leader"] is True), ""),
        "alarms": reference["etcd"]["alarms"] if reference else [],
        "hosts": rows,
        "escrow": _escrow(site),
        "gate": {"verdict": "red" if unique else "green", "failures": unique},
    }


def _node(host: Host) -> str:
    return str(host.variables.get("k3s_cluster_node_name") or host.name)


def _reference(site: Site, found: t.Mapping[str, Found]) -> Found | None:
    """Return what the first server that sees a quorum, else that has a working API, found."""
    answers = [found[host.name] for host in site.servers if host.name in found]
    for answer in answers:
        if answer["api"]["ready"] and answer["etcd"]["quorum"]:
            return answer
    return next((answer for answer in answers if answer["api"]["ready"]), None)


def _row(site: Site, host: Host, seen: Found | None, reference: Found | None) -> dict[str, t.Any]:
    nodes = reference["api"]["nodes"] if reference else []
    node: Found = next((known for known in nodes if known["name"] == _node(host)), {})
    server = host in site.servers
    row = {
        "host": host.name,
        "address": host.node_address,
        "role": "server" if server else "agent",
        "version": "",
        "k3s": "no answer",
        "ready": node.get("ready", ""),
        "voter": node.get("voter", "") if server else "",
        "leader": None,
        "vip": None,
        "certificates": None,
        "database": None,
        "free": None,
    }
    if seen is None:
        return row
    addresses = [address for found in seen["system"]["addresses"].values() for address in found]
    etcd = seen["etcd"]
    return {
        **row,
        "version": seen["installed_version"],
        "k3s": seen["unit"]["state"] if seen["installed_version"] else "not installed",
        "leader": etcd["member_id"] == etcd["leader_id"] != "0" if server else None,
        "vip": str(site.value("site_api_vip")) in addresses if server and site.value("site_api_vip") else None,
        "certificates": min(seen["certificates"].values(), default=None),
        "database": space.database_percent(seen) if server else None,
        "free": min(seen["free_percent"].values(), default=None),
    }


def _failures(
    site: Site,
    host: Host,
    found: t.Mapping[str, Found],
    servers: dict[str, str],
    reference: Found | None,
) -> t.Iterator[dict[str, str]]:
    if host.name not in found:
        yield failure(host.name, "the host answers", "no answer", "an answer", f"start {host.name} or mend its network")
        return
    seen = found[host.name]
    volumes = reference["api"]["volumes"] if reference else []
    yield from space.failures(host.name, _node(host), seen, volumes, site.value("site_disk_free_percent"))
    if not seen["installed_version"]:
        yield failure(host.name, "k3s is installed", "nothing", "k3s", "run the bootstrap playbook")
        return
    if host in site.servers:
        judged = gate.judge({"peers": {}, **seen}, _node(host), servers)
    else:
        judged = gate.judge_agent(dict(reference), _node(host)) if reference else []
    for failed in judged:
        yield failure(host.name, *failed)
    days = min(seen["certificates"].values(), default=certificates.FEW_DAYS)
    if days < certificates.FEW_DAYS:
        expected, remedy = (
            f"{certificates.FEW_DAYS} days or more",
            "run the playbook rotate with -e rotate=certificates",
        )
        yield failure(host.name, "certificates are valid for a while", f"{days} days left", expected, remedy)


def _site_failures(site: Site, rows: list[dict[str, t.Any]]) -> t.Iterator[dict[str, str]]:
    holders = [row["host"] for row in rows if row["vip"]]
    if len(site.servers) > 1 and site.value("site_api_vip") and len(holders) != 1:
        seen = ", ".join(holders) or "no host"
        remedy = "read 'journalctl -u kube-vip' on the servers; restart kube-vip where the VIP should not be"
        yield failure(str(site.value("site_name")), "one server holds the VIP", seen, "exactly one server", remedy)


def _quorum_failures(site: Site, found: t.Mapping[str, Found]) -> t.Iterator[dict[str, str]]:
    """That no majority runs etcd, which a server whose k3s ends and starts again for want of one can't tell itself."""
    servers = [found[host.name] for host in site.servers if host.name in found]
    running = sum(1 for seen in servers if seen["etcd"]["running"])
    if any(seen["installed_version"] for seen in servers) and running * 2 <= len(site.servers):
        seen, expected = f"{running} of {len(site.servers)} servers run it", "a majority of them"
        yield failure(str(site.value("site_name")), gate.QUORUM, seen, expected, gate.QUORUM_REMEDY)


def _upgrade_failures(site: Site, reference: Found | None) -> t.Iterator[dict[str, str]]:
    """What an upgrade that was cut off, or that failed, has left."""
    ours = {_node(host) for host in site.nodes}
    known = [node for node in (reference["api"]["nodes"] if reference else []) if node["name"] in ours]
    running: dict[str, list[str]] = {}
    for node in known:
        running.setdefault(node["version"], []).append(node["name"])
    if len(running) > 1:
        seen = "; ".join(f"{version} on {', '.join(nodes)}" for version, nodes in sorted(running.items()))
        remedy = "run the playbook upgrade, which goes on where it was cut off"
        yield failure(str(site.value("site_name")), "all hosts run one version of k3s", seen, "one", remedy)
    for node in known:
        if node["drained"]:
            remedy = "run the playbook upgrade, or bootstrap, which opens it once it runs well"
            yield failure(node["name"], "the node takes pods", "emptied for an upgrade, and left so", "open", remedy)


def _escrow(site: Site) -> dict[str, str]:
    """Compare each secret with the fingerprint of the copy that the operator keeps elsewhere."""
    kept = site.value("site_escrow_fingerprints")
    said = {}
    for name in SECRETS:
        secret = site.value(name)
        if not secret:
            if needed(site, name):
                said[name] = "no secret"
        elif name not in kept:
            said[name] = "never confirmed"
        else:
            said[name] = "confirmed" if kept[name] == fingerprint(str(secret)) else "of an older value"
    return said
