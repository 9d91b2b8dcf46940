# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kube-vip runs on a host, and with what environment. Private to this collection."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._net.addresses import networks_of

CONTROL_LEASE = "plndr-cp-lock"
SERVICES_LEASE = "plndr-svcs-lock"
_PASSWORD = re.compile(r"^[^\s:,'\"\\]*$")


class Settings(t.TypedDict):
    """What the role was given."""

    address: str
    port: int
    interface: str
    node: str
    mode: str
    bgp: dict[str, t.Any]
    lease: dict[str, int]
    services_range: str
    kubeconfig: str
    metrics_port: int
    services_metrics_port: int


class Plan(t.TypedDict):
    """What runs on the host; an empty environment means that the unit is not wanted."""

    control: dict[str, str]
    services: dict[str, str]
    peers: str
    claims: list[dict[str, t.Any]]


def plan(settings: Settings) -> Plan:
    """Compose the environments of both units and the addresses that each of them may hold."""
    lease = settings["lease"]
    # What client-go demands of a lease; it would end the process otherwise.
    if not lease["duration"] > lease["renew"] > 1.2 * lease["retry"] > 0:
        raise ValueError(f"lease {lease}: expected duration > renew > 1.2 x retry > 0")
    bgp = settings["mode"] == "bgp"
    has_vip, has_services = bool(settings["address"]), bool(settings["services_range"])
    # A router takes one BGP session from a host: with BGP one process announces both kinds of addresses.
    shared = bgp and has_vip
    common = _common(settings)
    services = {
        "svc_enable": "true",
        "svc_election": "false",
        "svc_leasename": SERVICES_LEASE,
        "vip_servicesinterface": settings["interface"],
        "cp_namespace": "kube-system",
    }
    result = Plan(control={}, services={}, peers=_peers(settings["bgp"]) if bgp else "", claims=[])
    if has_vip:
        result["control"] = {
            **common,
            "cp_enable": "true",
            "cp_namespace": "kube-system",
            "vip_leasename": CONTROL_LEASE,
            "address": settings["address"],
            "port": str(settings["port"]),
            "prometheus_server": f":{settings['metrics_port']}",
            **(services if shared and has_services else {"svc_enable": "false"}),
        }
        result["claims"].append(
            {"unit": "kube-vip.service", "lease": CONTROL_LEASE, "networks": networks_of(settings["address"])}
        )
    if has_services and not shared:
        result["services"] = {
            **common,
            **services,
            "cp_enable": "false",
            "prometheus_server": f":{settings['services_metrics_port']}",
        }
        if not bgp:
            result["claims"].append(
                {
                    "unit": "kube-vip-services.service",
                    "lease": SERVICES_LEASE,
                    "networks": networks_of(settings["services_range"]),
                }
            )
    return result


def _common(settings: Settings) -> dict[str, str]:
    lease = settings["lease"]
    environment = {
        "k8s_config_file": settings["kubeconfig"],
        "vip_nodename": settings["node"],
        "vip_interface": settings["interface"],
        "vip_subnet": "128" if ":" in (settings["address"] or settings["services_range"]) else "32",
        # Also with BGP: k3s answers no unauthenticated health check, so the lease is what tells a dead API.
        "vip_leaderelection": "true",
        "vip_leaseduration": str(lease["duration"]),
        "vip_renewdeadline": str(lease["renew"]),
        "vip_retryperiod": str(lease["retry"]),
    }
    if settings["mode"] != "bgp":
        # A new holder announces itself at the next tick only: the default of three seconds would be downtime.
        return {**environment, "vip_arp": "true", "vip_arpRate": "500"}
    bgp = settings["bgp"]
    missing = [key for key in ("as", "router_id", "peers") if not bgp.get(key)]
    if missing:
        raise ValueError(f"mode is bgp, but bgp lacks {', '.join(missing)}")
    return {
        **environment,
        "bgp_enable": "true",
        "bgp_as": str(bgp["as"]),
        "bgp_routerid": bgp["router_id"],
        "bgp_hold_time": str(bgp.get("hold_time", 9)),
        "bgp_keepalive_interval": str(bgp.get("keepalive", 3)),
        **({"bgp_sourceip": bgp["source_ip"]} if bgp.get("source_ip") else {}),
    }


def _peers(bgp: dict[str, t.Any]) -> str:
    """kube-vip's line for its routers; it holds their passwords."""
    peers = []
    for peer in bgp["peers"]:
        address = f"[{peer['address']}]" if ":" in peer["address"] else peer["address"]
        password = peer.get("password") or ""
        if not _PASSWORD.match(password):
            raise ValueError(f"the BGP password of {address} has a blank, colon, comma, quote or backslash in it")
        peers.append(f"{address}:{peer['as']}:{password}:{str(bool(peer.get('multihop'))).lower()}")
    return f"bgp_peers={','.join(peers)}\n"


def environment_file(environment: dict[str, str]) -> str:
    """An environment as a systemd unit reads it."""
    return "".join(f"{name}={environment[name]}\n" for name in sorted(environment))
