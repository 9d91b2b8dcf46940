# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switches: leaves of a partition, whose metal-core reports what it does."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, at
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.view import Filter, View
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.views import values

# The names of API v1, which metal-core uses too.
VENDORS = {"SWITCH_OS_VENDOR_SONIC": "SONiC", "SWITCH_OS_VENDOR_CUMULUS": "Cumulus"}


def of_v1(switch: Document) -> Document:
    connected = {one["nic"]["name"]: one for one in switch.get("connections") or []}
    return {
        **_common(switch, switch.get("os") or {}),
        "partition": at(switch, "partition.id") or "",
        "rack": switch.get("rack_id") or "",
        "room": switch.get("room_id") or "",
        "mode": switch.get("mode") or "operational",
        "nics": [_nic_v1(nic, connected.get(nic["name"])) for nic in switch.get("nics") or []],
        "machines": _machines(switch.get("connections")),
        "created_at": values.moment(switch.get("created")),
        "updated_at": values.moment(switch.get("changed")),
    }


def of_v2(switch: Document) -> Document:
    connected = {one["nic"]["name"]: one["machine_id"] for one in switch.get("machine_connections", [])}
    system = switch.get("os", {})
    return {
        **_common(switch, {**system, "vendor": VENDORS.get(system.get("vendor", ""), "")}),
        "partition": switch.get("partition", ""),
        "rack": switch.get("rack", ""),
        "room": switch.get("room", ""),
        "mode": "_".join(values.words(switch.get("replace_mode"), "SWITCH_REPLACE_MODE_")) or "operational",
        "nics": [_nic_v2(nic, connected.get(nic["name"], "")) for nic in switch.get("nics", [])],
        "machines": _machines(switch.get("machine_connections")),
        "created_at": values.moment(at(switch, "meta.created_at")),
        "updated_at": values.moment(at(switch, "meta.updated_at")),
    }


def _common(switch: Document, system: Document) -> Document:
    last, failed = _sync(switch.get("last_sync")), _sync(switch.get("last_sync_error"))
    if failed:
        failed["error"] = at(switch, "last_sync_error.error") or ""
    return {
        "id": switch["id"],
        "description": switch.get("description") or "",
        "os": {name: system.get(name) or "" for name in ("vendor", "version", "metal_core_version")},
        "management_ip": switch.get("management_ip") or "",
        "management_user": switch.get("management_user") or "",
        "console_command": switch.get("console_command") or "",
        "last_sync": last,
        "last_sync_error": failed,
        # Times of one form compare as texts do.
        "sync_failed": bool(failed) and failed["time"] > last.get("time", ""),
    }


def _sync(sync: Document | None) -> Document:
    """Empty if there was none yet."""
    time = values.moment((sync or {}).get("time"))
    return {"time": time, "duration": values.seconds((sync or {}).get("duration"))} if time else {}


def _machines(connections: t.Sequence[Document] | None) -> list[str]:
    return sorted({one["machine_id"] for one in connections or []})


def _nic_v1(nic: Document, connection: Document | None) -> Document:
    """API v1 gives the wanted state with the nic, and the one that it has with a connection (makeSwitchCons)."""
    wanted = str(nic.get("actual") or "").lower()
    state = str(at(connection, "nic.actual") or wanted).lower()
    bgp = nic.get("bgp_port_state") or {}
    return {
        **_nic(nic, state, wanted, str((connection or {}).get("machine_id", ""))),
        "bgp": {
            "state": bgp["BgpState"],
            "neighbor": bgp.get("Neighbor") or "",
            "peer_group": bgp.get("PeerGroup") or "",
            "sent_prefixes": int(bgp.get("SentPrefixCounter") or 0),
            "accepted_prefixes": int(bgp.get("AcceptedPrefixCounter") or 0),
        }
        if bgp
        else {},
        "bgp_filter": _filter(nic.get("filter")),
    }


def _nic_v2(nic: Document, machine: str) -> Document:
    state, wanted = (
        "_".join(values.words(at(nic, f"state.{name}"), "SWITCH_PORT_STATUS_")) for name in ("actual", "desired")
    )
    bgp = nic.get("bgp_port_state", {})
    return {
        **_nic(nic, state, wanted, machine),
        "bgp": {
            "state": "".join(word.capitalize() for word in values.words(bgp.get("bgp_state"), "BGP_STATE_")),
            "neighbor": bgp.get("neighbor", ""),
            "peer_group": bgp.get("peer_group", ""),
            "sent_prefixes": int(bgp.get("sent_prefix_counter", 0)),
            "accepted_prefixes": int(bgp.get("accepted_prefix_counter", 0)),
        }
        if bgp
        else {},
        "bgp_filter": _filter(nic.get("bgp_filter")),
    }


def _nic(nic: Document, state: str, wanted: str, machine: str) -> Document:
    return {
        **{name: nic.get(name) or "" for name in ("name", "identifier", "mac", "vrf")},
        "state": state or "unknown",
        "wanted_state": wanted if wanted != state else "",
        "machine": machine,
    }


def _filter(given: Document | None) -> Document:
    return {name: sorted(given.get(name) or []) for name in ("cidrs", "vnis")} if given else {}


SWITCH = View(
    name="switch",
    plural="switches",
    path="/v1/switch",
    service="switch",
    many="switches",
    of_v1=of_v1,
    of_v2=of_v2,
    filters=(
        Filter("partition", "partition", v1="partitionid", v2="partition"),
        Filter("rack", "rack", v1="rackid", v2="rack"),
        Filter("mode", "mode"),
        Filter("os_vendor", "os.vendor", v1="osvendor"),
        Filter("os_version", "os.version", v1="osversion", v2="os.version"),
        Filter("machine", "machines", v2="connected_machine_id"),
        Filter("sync_failed", "sync_failed"),
    ),
)
