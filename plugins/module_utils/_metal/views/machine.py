# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Machines: what they are, what becomes of them, and how many are left.

Only what is named here is told. Of what servers answer besides, passwords of the console and the BMC, user data and the
key of a VPN are nobody's business, and an SSH key is the allocation's own.
"""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, at
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.view import Filter, View
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.views import values

# API v1 may still have a state by its former name.
STATES = {"": "available", "reserved": "tainted"}
COUNTS = (
    "total",
    "allocated",
    "allocatable",
    "free",
    "unavailable",
    "faulty",
    "phoned_home",
    "waiting",
    "other",
    "reservations",
    "used_reservations",
    "remaining_reservations",
)


def of_v1(machine: Document) -> Document:
    state = str(at(machine, "state.value") or "").lower()
    hardware, events = machine.get("hardware") or {}, machine.get("events") or {}
    allocation = machine.get("allocation")
    log = events.get("log") or [{}]
    return {
        "id": machine["id"],
        "partition": at(machine, "partition.id") or "",
        "rack": machine.get("rackid") or "",
        "room": machine.get("roomid") or "",
        "size": at(machine, "size.id") or "",
        "state": STATES.get(state, state),
        "state_description": at(machine, "state.description") or "",
        "state_issuer": at(machine, "state.issuer") or "",
        "liveliness": str(machine.get("liveliness") or "unknown").lower(),
        "last_event": {"event": log[0].get("event") or "", "time": values.moment(log[0].get("time"))},
        "crash_loop": bool(events.get("crash_loop")),
        "failed_reclaim": bool(events.get("failed_machine_reclaim")),
        "hardware": _hardware(hardware, int(hardware.get("cpu_cores") or 0)),
        "allocated": bool(allocation),
        "allocation": _allocation_v1(allocation) if allocation else {},
        "labels": forms.labels(machine.get("tags")),
        "created_at": values.moment(machine.get("created")),
        "updated_at": values.moment(machine.get("changed")),
    }


def of_v2(machine: Document) -> Document:
    status, events = machine.get("status", {}), machine.get("recent_provisioning_events", {})
    hardware = machine.get("hardware", {})
    allocation = machine.get("allocation")
    log = events.get("events") or [{}]
    troubles = events.get("state", "")
    return {
        "id": machine["uuid"],
        "partition": at(machine, "partition.id") or "",
        "rack": machine.get("rack", ""),
        "room": machine.get("room", ""),
        "size": at(machine, "size.id") or "",
        "state": "_".join(values.words(at(status, "condition.state"), "MACHINE_STATE_")) or "available",
        "state_description": at(status, "condition.description") or "",
        "state_issuer": at(status, "condition.issuer") or "",
        "liveliness": "_".join(values.words(status.get("liveliness"), "MACHINE_LIVELINESS_")) or "unknown",
        "last_event": {"event": _event(log[0].get("event")), "time": values.moment(log[0].get("time"))},
        "crash_loop": troubles.endswith("_CRASHLOOP"),
        "failed_reclaim": troubles.endswith("_FAILED_RECLAIM"),
        "hardware": _hardware(hardware, sum(int(one.get("cores", 0)) for one in hardware.get("cpus", []))),
        "allocated": bool(allocation),
        "allocation": _allocation_v2(allocation) if allocation else {},
        "labels": dict(at(machine, "meta.labels.labels") or {}),
        "created_at": values.moment(at(machine, "meta.created_at")),
        "updated_at": values.moment(at(machine, "meta.updated_at")),
    }


def _hardware(hardware: Document, cores: int) -> Document:
    return {
        "memory": int(hardware.get("memory") or 0),
        "cores": cores,
        "disks": [{"name": one["name"], "size": int(one.get("size") or 0)} for one in hardware.get("disks") or []],
        "nics": [{"name": one["name"], "mac": one["mac"]} for one in hardware.get("nics") or []],
    }


def _allocation_v1(allocation: Document) -> Document:
    return {
        "id": allocation.get("allocationuuid") or "",
        **_allocation(allocation),
        "role": allocation.get("role") or "machine",
        "filesystem_layout": at(allocation, "filesystemlayout.id") or "",
        "networks": [_network(one, "networkid") for one in allocation.get("networks") or []],
        "created_by": allocation.get("creator") or "",
        "created_at": values.moment(allocation.get("created")),
    }


def _allocation_v2(allocation: Document) -> Document:
    role = values.words(allocation.get("allocation_type"), "MACHINE_ALLOCATION_TYPE_")
    return {
        "id": allocation.get("uuid", ""),
        **_allocation(allocation),
        "role": "_".join(role) or "machine",
        "filesystem_layout": at(allocation, "filesystem_layout.id") or "",
        "networks": [_network(one, "network") for one in allocation.get("networks", [])],
        "created_by": allocation.get("created_by", ""),
        "created_at": values.moment(at(allocation, "meta.created_at")),
    }


def _allocation(allocation: Document) -> Document:
    texts = {name: allocation.get(name) or "" for name in ("name", "description", "hostname", "project")}
    return {**texts, "image": at(allocation, "image.id") or ""}


def _network(network: Document, name: str) -> Document:
    return {
        "network": network.get(name) or "",
        "ips": list(network.get("ips") or []),
        "vrf": int(network.get("vrf") or 0),
        "asn": int(network.get("asn") or 0),
    }


def _event(event: str | None) -> str:
    """As API v1 writes it: ``Phoned Home``, ``PXE Booting``."""
    words = values.words(event, "MACHINE_PROVISIONING_EVENT_TYPE_")
    return " ".join("PXE" if one == "pxe" else one.capitalize() for one in words)


def capacity(client: t.Any, version: str, asked: t.Mapping[str, t.Any]) -> list[Document]:
    """Machines by partition and size, as the server counts them: what is asked for of partition, size and project."""
    names = ("id", "sizeid", "projectid") if version == V1 else ("id", "size", "project")
    options = zip(names, ("partition", "size", "project"), strict=True)
    request = {name: asked[option] for name, option in options if option in asked}
    if version == V1:
        partitions = client.read("POST", "/v1/partition/capacity", request) or []
        counted = [(one["id"], size) for one in partitions for size in one.get("servers") or []]
    else:
        partitions = client.read("admin", "partition", "Capacity", request).get("partition_capacity", [])
        counted = [(one["partition"], size) for one in partitions for size in one.get("machine_size_capacities", [])]
    rows = [{"partition": partition, **_count(size)} for partition, size in counted]
    return sorted(rows, key=lambda one: (one["partition"], one["size"]))


def _count(size: Document) -> Document:
    """API v1 writes some of the names without an underscore, and both leave out what is zero."""

    def at_name(name: str) -> t.Any:
        return size.get(name) or size.get(name.replace("_", ""))

    return {
        "size": size.get("size") or "",
        **{name: int(at_name(name) or 0) for name in COUNTS},
        "faulty_machines": sorted(at_name("faulty_machines") or []),
        "other_machines": sorted(at_name("other_machines") or []),
    }


MACHINE = View(
    name="machine",
    plural="machines",
    path="/v1/machine",
    service="machine",
    many="machines",
    of_v1=of_v1,
    of_v2=of_v2,
    filters=(
        Filter("partition", "partition", v1="partition_id", v2="partition"),
        Filter("rack", "rack", v1="rackid", v2="rack"),
        Filter("size", "size", v1="sizeid", v2="size"),
        Filter("project", "allocation.project", v1="allocation_project", v2="allocation.project"),
        Filter("image", "allocation.image", v1="allocation_image_id", v2="allocation.image"),
        Filter("state", "state"),
        Filter("liveliness", "liveliness"),
        Filter("allocated", "allocated"),
        Filter("name", "allocation.name", v1="allocation_name", v2="allocation.name"),
        Filter("hostname", "allocation.hostname", v1="allocation_hostname", v2="allocation.hostname"),
        Filter("role", "allocation.role"),
        Filter("labels", "labels"),
    ),
    more={"capacity": capacity},
)
