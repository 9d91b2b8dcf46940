"""A zone of the tests, and what a server has of it."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.modules import pdns_zone

A = {"name": "a", "type": "A", "records": ["192.0.2.1"]}
B = {"name": "b", "type": "A", "records": ["192.0.2.2"]}


def sets(server, zone):
    """What the server has, by relative name and type."""
    found = server.request("GET", f"/zones/{zone}")[1]["rrsets"]
    short = {(one["name"].removesuffix(f".{zone}").replace(zone, "@"), one["type"]): one for one in found}
    return {key: sorted(record["content"] for record in one["records"]) for key, one in short.items()}


def zone_of(server, zone):
    return server.request("GET", f"/zones/{zone}?rrsets=false")[1]


def made(call, zone, *rrsets, **options):
    result = call(pdns_zone, zone=zone, nameservers=["ns"], rrsets=list(rrsets), **options)
    assert not result.get("failed"), result
    return result
