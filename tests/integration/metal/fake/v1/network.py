"""Networks: metal-api's network-service.go. That partition and project are there is not looked at.

IPs keep the prefix that they are of as `networkprefix`. The IP address management refuses prefixes that overlap, and to
drop one with child prefixes.
"""

from __future__ import annotations

import ipaddress
import itertools
from typing import Any
from urllib.parse import parse_qs

from fake.v1.table import Refusal, Row, Table, given

EMPTY = {
    "prefixes": [],
    "destinationprefixes": [],
    "nat": False,
    "privatesuper": False,
    "underlay": False,
    "networktype": "external",
    "nattype": "none",
}


class Networks(Table):
    path, model, name = "/v1/network", "V1Network", "network"
    fields = {  # noqa: RUF012
        "partitionid": "partitionid",
        "parentnetworkid": "parentnetworkid",
        "projectid": "projectid",
    }
    force = False

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        self.force = parse_qs(query).get("force") == ["true"]
        return super().handle(method, rest, query, body)

    def make(self, body: Row) -> Row:
        whole, underlay, nat = body["privatesuper"], body["underlay"], body["nat"]
        if not body["prefixes"]:
            raise Refusal(400, "no prefixes given")
        if not whole and body.get("defaultchildprefixlength") is not None:
            raise Refusal(400, "defaultchildprefixlength can only be set for privatesuper networks")
        lengths = body.get("defaultchildprefixlength") or {}
        check_families(body["prefixes"], body["destinationprefixes"], lengths, whole)
        check_announcable(body.get("additionalAnnouncableCIDRs"), whole, 400)
        self._apart(body["prefixes"])
        for one, other in itertools.combinations(body["prefixes"], 2):
            if overlap(one, other):
                raise Refusal(422, f"{one} overlaps {other}")
        for flag in ("privatesuper", "underlay"):
            if (
                body[flag]
                and body.get("partitionid")
                and any(self._same(row, body, flag) for row in self.rows.values())
            ):
                raise Refusal(400, f'partition with id "{body["partitionid"]}" already has a {flag} network')
        if (whole or underlay) and nat:
            raise Refusal(400, "private super or underlay network is not supposed to NAT")
        vrf = body.get("vrf") or 0
        if vrf and any(row.get("vrf") == vrf for row in self.rows.values()):
            raise Refusal(422, "cannot acquire a unique vrf id twice except vrfShared is set to true")
        names = ("id", "name", "description", "labels", "prefixes", "destinationprefixes", "partitionid", "projectid")
        return {
            "labels": {},
            **given(body, *names, "nat", "privatesuper", "underlay", "additionalAnnouncableCIDRs"),
            "defaultchildprefixlength": lengths,
            "vrf": vrf,
            "networktype": "super" if whole else "underlay" if underlay else "external",
            "nattype": "ipv4-masq" if nat else "none",
        }

    def _same(self, row: Row, body: Row, flag: str) -> bool:
        return bool(row[flag]) and row.get("partitionid") == body["partitionid"]

    def change(self, row: Row, body: Row) -> None:
        old = dict(row)
        row |= given(body, "name", "description", "labels")
        lengths = body.get("defaultchildprefixlength") or {}
        if lengths and not row["privatesuper"]:
            raise Refusal(422, "defaultchildprefixlength can only be set on privatesuper")
        row["prefixes"] = body.get("prefixes") or row["prefixes"]
        for prefix in set(old["prefixes"]) - set(row["prefixes"]):
            self._unused(prefix, "unable to update network: ")
        row["destinationprefixes"] = body.get("destinationprefixes") or row["destinationprefixes"]
        destinations = body.get("destinationprefixes") or []
        check_families(row["prefixes"], destinations, old["defaultchildprefixlength"], row["privatesuper"])
        for family in lengths:
            if family not in families(row["prefixes"]):
                raise Refusal(422, f'no addressfamily "{family}" present for defaultchildprefixlength')
        row["defaultchildprefixlength"] = lengths or row["defaultchildprefixlength"]
        self._apart([one for one in row["prefixes"] if one not in old["prefixes"]])
        check_announcable(body.get("additionalAnnouncableCIDRs"), row["privatesuper"], 422)
        announced = body.get("additionalAnnouncableCIDRs") or []
        for cidr in old.get("additionalAnnouncableCIDRs") or []:
            if not self.force and cidr not in announced:
                raise Refusal(400, f'you cannot remove "{cidr}" from additionalannouncablecidrs without force flag set')
        row["additionalAnnouncableCIDRs"] = announced

    def removable(self, row: Row) -> None:
        if any(one.get("parentnetworkid") == row["id"] for one in self.rows.values()):
            raise Refusal(422, "network cannot be deleted because there are children of this network")
        for prefix in row["prefixes"]:
            self._unused(prefix, "unable to delete network: ")

    def _unused(self, prefix: str, start: str) -> None:
        for ip in self.tables["ip"].rows:
            if ip["networkprefix"] == prefix:
                raise Refusal(422, f"{start}prefix {prefix} has ip {ip['ipaddress']} in use")
        for child in self.rows.values():
            if child.get("parentnetworkid") and any(overlap(one, prefix) for one in child["prefixes"]):
                raise Refusal(422, f"prefix {prefix} has child prefixes")

    def _apart(self, added: list[str]) -> None:
        for row in self.rows.values():
            for one in added:
                for other in row["prefixes"]:
                    if overlap(one, other):
                        raise Refusal(422, f"{one} overlaps {other}")

    def put(self, row: Row) -> Row:
        return super().put({**EMPTY, **row})

    def shown(self, row: Row) -> Row:
        # Go leaves out none of the lists but the last.
        row = {name: value for name, value in row.items() if value or name != "additionalAnnouncableCIDRs"}
        nothing = dict.fromkeys(("available_ips", "used_ips", "available_prefixes", "used_prefixes"), 0)
        return super().shown({**row, "consumption": {}, "usage": nothing})


def families(prefixes: list[str]) -> set[str]:
    return {f"IPv{ipaddress.ip_network(one, strict=False).version}" for one in prefixes}


def overlap(one: str, other: str) -> bool:
    ours, theirs = ipaddress.ip_network(one, strict=False), ipaddress.ip_network(other, strict=False)
    return ours.version == theirs.version and ours.overlaps(theirs)


def check_families(prefixes: list[str], destinations: list[str], lengths: dict[str, int], whole: bool) -> None:
    for family in families(destinations) - families(prefixes):
        raise Refusal(400, f"addressfamily:{family} of destination prefixes is not present in existing prefixes")
    if not whole:
        return
    if not lengths:
        raise Refusal(400, "private super network must always contain a defaultchildprefixlength")
    for prefix in prefixes:
        length = lengths.get(next(iter(families([prefix]))))
        if length is None:
            raise Refusal(400, "private super network must always contain a defaultchildprefixlength per addressfamily")
        if length <= ipaddress.ip_network(prefix, strict=False).prefixlen:
            raise Refusal(400, f"given defaultchildprefixlength {length} is not greater than prefix length of:{prefix}")


def check_announcable(cidrs: list[str] | None, whole: bool, status: int) -> None:
    if cidrs and not whole:
        raise Refusal(status, "additionalannouncablecidrs can only be set in a private super network")
