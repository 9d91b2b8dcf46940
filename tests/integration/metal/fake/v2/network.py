"""Networks: metal-apiserver's pkg/repository/network.go and network-validation.go, as of August 2026.

That partition and project are there is not looked at, and child networks are not made. The IP address management
refuses to drop a prefix with child prefixes.
"""

from __future__ import annotations

import ipaddress
from typing import Any, NoReturn

import metalstack.admin.v2.network_connect as admin
import metalstack.admin.v2.network_pb2 as admin_pb2
import metalstack.api.v2.network_pb2 as api_pb2
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.v2.table import Table, copy, invalid

EXTERNAL, UNDERLAY = api_pb2.NETWORK_TYPE_EXTERNAL, api_pb2.NETWORK_TYPE_UNDERLAY
SUPER = (api_pb2.NETWORK_TYPE_SUPER, api_pb2.NETWORK_TYPE_SUPER_NAMESPACED)
CHILD = (api_pb2.NETWORK_TYPE_CHILD, api_pb2.NETWORK_TYPE_CHILD_SHARED)
NEEDED = {EXTERNAL: ("vrf",), UNDERLAY: ("partition",), **dict.fromkeys(SUPER, ("default_child_prefix_length",))}
LENGTHS = ("default_child_prefix_length", "min_child_prefix_length")
BARRED = {
    EXTERNAL: (*LENGTHS, "additional_announcable_cidrs"),
    UNDERLAY: (*LENGTHS, "additional_announcable_cidrs", "project", "vrf", "destination_prefixes"),
    api_pb2.NETWORK_TYPE_SUPER_NAMESPACED: ("partition",),
}


class Networks(Table, admin.NetworkService):
    reading = writing = admin_pb2
    service = "NetworkService"
    name, one, many = "network", "network", "networks"
    applications = (admin.NetworkServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        query = request.query
        found = [one for one in self.rows.values() if not query.partition or one.partition == query.partition]
        found = [one for one in found if not query.parent_network or one.parent_network == query.parent_network]
        return self._answer(admin_pb2, "List", networks=found)

    def created(self, request: Any) -> Any:
        row = api_pb2.Network(meta={"labels": request.labels} if request.HasField("labels") else None)
        copy(request, row, *("id", "name", "description", "partition", "project", "prefixes", "destination_prefixes"))
        copy(request, row, *LENGTHS, "nat_type", "vrf", "additional_announcable_cidrs")
        row.type = request.type
        return row

    def made(self, row: Any) -> None:
        row.prefixes.sort()
        row.destination_prefixes.sort()
        row.nat_type = row.nat_type or api_pb2.NAT_TYPE_NONE

    def validate_create(self, row: Any) -> None:
        if row.id in self.rows:
            raise ConnectError(Code.ALREADY_EXISTS, f"network with id:{row.id} already exists")
        canonical(row.prefixes)
        if row.type not in NEEDED:
            invalid(f"given networktype:{row.type} is invalid")
        for field in ("prefixes", *NEEDED[row.type]):
            if not is_set(row, field):
                invalid(f"{field} must not be nil")
        for field in BARRED.get(row.type, ()):
            if is_set(row, field):
                invalid(f"{field} must be nil")
        if row.type == UNDERLAY and row.nat_type == api_pb2.NAT_TYPE_IPV4_MASQUERADE:
            invalid("nattype my only be nil or none")
        if row.type == UNDERLAY and "ipv6" in families(row.prefixes):
            invalid("underlay can only contain ipv4 prefixes")
        if row.type in SUPER:
            if row.partition and any(
                one.type == row.type and one.partition == row.partition for one in self.rows.values()
            ):
                invalid(f'partition with id "{row.partition}" already has a network of type {row.type}')
            for field in LENGTHS:
                self._lengths(getattr(row, field), row.prefixes)
        self._families(row, row.destination_prefixes)
        self._apart(row.prefixes)
        if row.HasField("vrf") and not row.vrf:
            invalid("requested integer 0 is out of range")
        if row.vrf and any(one.vrf == row.vrf for one in self.rows.values()):
            raise ConnectError(Code.ALREADY_EXISTS, f"unable to acquire unique integer {row.vrf}")

    def validate_update(self, request: Any, row: Any) -> None:
        if request.HasField("default_child_prefix_length") and row.type not in SUPER:
            invalid("default child prefix length can only be set on super networks")
        if request.prefixes and row.type in CHILD:
            invalid("cannot change prefixes in child networks")
        if not request.prefixes and row.type not in CHILD:
            invalid("removing all prefixes is not supported")
        canonical(request.prefixes)
        for prefix in set(row.prefixes) - set(request.prefixes):
            self._unused(prefix)
        self._apart([one for one in request.prefixes if one not in row.prefixes])
        self._families(row, request.destination_prefixes)
        for field in LENGTHS:
            self._lengths(getattr(request, field), row.prefixes)
        if request.additional_announcable_cidrs and row.type not in SUPER:
            invalid("additional announcable cidrs can only be set in a private super network")
        for cidr in row.additional_announcable_cidrs:
            if not request.force and cidr not in request.additional_announcable_cidrs:
                invalid(f'you cannot remove "{cidr}" from additionalannouncablecidrs without force flag set')

    def validate_delete(self, row: Any) -> None:
        if any(one.parent_network == row.id for one in self.rows.values()):
            failed("cannot remove network with existing child networks")
        if self.tables["machine"].in_network(row.id):
            failed("cannot remove network with existing machine allocations")
        for prefix in row.prefixes:
            self._unused(prefix)

    def change(self, request: Any, row: Any) -> None:
        copy(request, row, *("name", "description", "nat_type", "destination_prefixes", "default_child_prefix_length"))
        row.prefixes[:] = request.prefixes
        if request.force:
            row.additional_announcable_cidrs[:] = request.additional_announcable_cidrs

    def of_project(self, name: str) -> list[Any]:
        return [one for one in self.rows.values() if one.project == name]

    def in_partition(self, name: str) -> bool:
        return any(one.partition == name for one in self.rows.values())

    def _lengths(self, lengths: Any, prefixes: Any) -> None:
        for field, length in lengths.ListFields():
            if field.name not in families(prefixes):
                invalid(f'child prefix length for addressfamily "{field.name}" specified, but not found in prefixes')
            for prefix in prefixes:
                if field.name in families([prefix]) and length <= ipaddress.ip_network(prefix).prefixlen:
                    invalid(f"given childprefixlength {length} is not greater than prefix length of:{prefix}")

    def _families(self, row: Any, destinations: Any) -> None:
        for family in families(destinations) - families(row.prefixes):
            invalid(f"addressfamily:{family} of destination prefixes is not present in existing prefixes")
        if row.type in SUPER:
            for family in families(row.prefixes):
                if not row.default_child_prefix_length.HasField(family):
                    invalid(
                        f"a super network must always contain a default child prefix length per addressfamily: {family}"
                    )

    def _apart(self, added: Any) -> None:
        existing = [one for row in self.rows.values() if not row.parent_network for one in row.prefixes]
        for one in added:
            for other in [*existing, *(each for each in added if each != one)]:
                ours, theirs = ipaddress.ip_network(one), ipaddress.ip_network(other)
                if ours.version == theirs.version and ours.overlaps(theirs):
                    raise ConnectError(Code.ALREADY_EXISTS, f"{one} overlaps {other}")

    def _unused(self, prefix: str) -> None:
        if found := self.tables["ip"].of(prefix):
            failed(f"there are still {len(found)} ips present in prefix: {prefix}")
        for child in self.rows.values():
            if child.parent_network and set(child.prefixes) & set(inside(child.prefixes, prefix)):
                failed(f"prefix {prefix} has child prefixes")


def failed(problem: str) -> NoReturn:
    raise ConnectError(Code.FAILED_PRECONDITION, problem)


def is_set(row: Any, field: str) -> bool:
    return row.HasField(field) if row.DESCRIPTOR.fields_by_name[field].has_presence else bool(len(getattr(row, field)))


def families(prefixes: Any) -> set[str]:
    return {f"ipv{ipaddress.ip_network(one).version}" for one in prefixes}


def inside(prefixes: Any, outer: str) -> list[str]:
    networks = {one: ipaddress.ip_network(one) for one in prefixes}
    whole = ipaddress.ip_network(outer)
    return [one for one, net in networks.items() if net.version == whole.version and net.subnet_of(whole)]  # type: ignore[arg-type]


def canonical(prefixes: Any) -> None:
    for one in prefixes:
        if str(ipaddress.ip_network(one, strict=False)) != one:
            invalid(f'expecting canonical form of prefix "{one}"')
