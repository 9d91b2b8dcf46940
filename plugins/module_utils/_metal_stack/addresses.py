# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that kube-vip's cloud provider gives to Services, and whether there are enough of them. Pure.

Source: kube-vip-cloud-provider v0.0.12, C(pkg/provider/loadBalancer.go): the ConfigMap C(kube-system/kubevip), whose
keys are C(cidr-NAMESPACE), C(range-NAMESPACE), C(cidr-global) and C(range-global), in this order.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .._k3s import objects
from .._net.addresses import AddressRange, parse_range
from .addons import LOAD_BALANCER

Object = t.Mapping[str, t.Any]
Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007

POOL = ("kube-system", "kubevip")
ANNOTATION = "kube-vip.io/loadbalancerIPs"
REMEDY = "give kube-vip a larger range, or say addresses: hosts"


class Pool(t.NamedTuple):
    """The addresses for the Services of a namespace. text: as it is configured."""

    text: str
    blocks: tuple[AddressRange, ...]

    @property
    def size(self) -> int:
        return sum(int(one.last) - int(one.first) + 1 for one in self.blocks)

    def has(self, address: Address) -> bool:
        return any(address in one for one in self.blocks)


def pool(found: Object | None, namespace: str) -> Pool | None:
    """The pool of a namespace; None where kube-vip gives no addresses there, so that somebody else may.

    found: the ConfigMap. Raises ValueError for what is no address.
    """
    data = (found or {}).get("data") or {}
    for name in (f"cidr-{namespace}", f"range-{namespace}", "cidr-global", "range-global"):
        if data.get(name):
            return Pool(data[name], tuple(_block(part.strip()) for part in data[name].split(",")))
    return None


class Wish(t.NamedTuple):
    """An address that is wanted. namespace: of the Service. who: wants it. asked: which ones, where it is not any."""

    namespace: str
    who: str
    asked: tuple[Address, ...] = ()


def complaints(
    found: Object | None, services: t.Sequence[Object], wanted: t.Sequence[Wish], remedy: str = REMEDY
) -> list[str]:
    """Why there are too few addresses, or one that is asked for cannot be had.

    found: the ConfigMap. services: all that the cluster has but ours. remedy: where there are too few.
    """
    try:
        return _complaints(found, services, wanted, remedy)
    except ValueError as error:
        return [f"ConfigMap {'/'.join(POOL)} is no pool of addresses: {error}"]


def _complaints(found: Object | None, services: t.Sequence[Object], wanted: t.Sequence[Wish], remedy: str) -> list[str]:
    taken = {one: _name(service) for service in services for one in held(service)}
    pools = {one.namespace: there for one in wanted if (there := pool(found, one.namespace))}
    problems = []
    # Namespaces that share a pool share its addresses.
    for one in dict.fromkeys(pools.values()):
        mine = [wish for wish in wanted if pools.get(wish.namespace) == one]
        others = [_name(each) for each in services if waits(each) and pool(found, each["metadata"]["namespace"]) == one]
        used = {where: name for where, name in taken.items() if one.has(where)}
        if one.size - len(used) < len(mine) + len(others):
            problems.append(f"{_too_few(one, used, [wish.who for wish in mine], others)} -> {remedy}")
        problems += [text for wish in mine for asked in wish.asked for text in _asked(wish.who, asked, one, taken)]
    return problems


def _too_few(there: Pool, used: t.Mapping[Address, str], mine: t.Sequence[str], others: t.Sequence[str]) -> str:
    holders = f"; taken by {', '.join(f'{name} ({address})' for address, name in used.items())}" if used else ""
    waiting = f", for which {', '.join(others)} wait as well" if others else ""
    return (
        f"{there.text} of ConfigMap {'/'.join(POOL)} has {there.size - len(used)} free addresses of {there.size}"
        f"{waiting}, expected one for each of {', '.join(mine)}{holders}"
    )


def _asked(who: str, asked: Address, there: Pool, taken: t.Mapping[Address, str]) -> list[str]:
    if not there.has(asked):
        return [f"{who} asks for address {asked}, expected one of {there.text}, which kube-vip gives to Services"]
    if asked in taken:
        return [
            f"{who} asks for address {asked}, which Service {taken[asked]} has -> take another one, or leave it out"
        ]
    return []


def waits(service: Object) -> bool:
    """Whether a Service waits for an address that it does not have."""
    return is_balanced(service) and not held(service)


def held(service: Object) -> list[Address]:
    """The addresses that a Service has, or has asked for."""
    if not is_balanced(service):
        return []
    status = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    given = [one["ip"] for one in status if one.get("ip")]
    asked = (service["metadata"].get("annotations") or {}).get(ANNOTATION, "").split(",")
    texts = [*given, *(one.strip() for one in asked), service["spec"].get("loadBalancerIP", "")]
    return list(dict.fromkeys(one for one in map(_address, texts) if one is not None))


def has_one(service: Object) -> bool:
    """Whether somebody answers for a Service's address, which is more than to have asked for one."""
    return bool(((service.get("status") or {}).get("loadBalancer") or {}).get("ingress"))


def is_balanced(service: Object) -> bool:
    """Whether a Service gets an address from outside."""
    return bool((service.get("spec") or {}).get("type") == LOAD_BALANCER)


def _name(service: Object) -> str:
    return objects.name({"kind": "Service", **service}).partition("/")[2]


def _address(text: str) -> Address | None:
    """None for a name, and for what asks for an address from DHCP (0.0.0.0)."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if found.is_unspecified else found


def _block(text: str) -> AddressRange:
    """Of a network kube-vip takes any address."""
    return parse_range(text if "-" in text else str(ipaddress.ip_network(text, strict=False)))
