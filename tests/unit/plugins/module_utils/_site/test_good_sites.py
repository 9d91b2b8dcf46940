"""Sites of all kinds in which the offline pass finds nothing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import model, offline
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CONTROLLER,
    KEEPS_IMAGES,
    MONITORED,
    NEITHER_NAMES_NOR_TIME,
    RUNNER,
    SHOWN,
    servers,
    site,
)

GOOD = {
    "three servers": site(),
    "one server without a VIP": site(servers("server1"), site_api_vip=None),
    "one server with the VIP it will have one day": site(servers("server1")),
    "five servers in three locations": site(
        {
            name: {**own, "site_location": place}
            for (name, own), place in zip(servers("a", "b", "c", "d", "e").items(), "xxyyz", strict=True)
        },
        site_api_vip="198.51.100.100",
    ),
    "stretched on request": site(
        {
            name: {**own, "site_location": place}
            for (name, own), place in zip(servers("a", "b", "c").items(), "xxy", strict=True)
        },
        site_allow_stretched=True,
    ),
    "agents": site(agents={"agent1": {"ansible_host": "198.51.100.31"}}),
    "hosts with interfaces of their own": site(
        {name: {**own, "site_interface": f"en{name}"} for name, own in servers("a", "b", "c").items()}
    ),
    "an own load balancer instead of the VIP": site(site_api_vip=None, site_api_name="api.example.org"),
    "cluster DNS": site(site_cluster_dns="198.19.0.10"),
    "no service addresses, hence no cloud provider": site(site_load_balancer_range=None),
    "services announced by BGP": site(kube_vip_mode="bgp", site_load_balancer_range="203.0.113.0/28"),
    "one DNS server needs no address that moves": site(servers("server1"), site_dns_address=None),
    "names and time served by a host outside of the cluster": site(
        others={"Standby_1": {"ansible_host": "203.0.113.11", "site_interface": ""}},
        groups={"dns_servers": ["Standby_1"], "time_servers": ["server1", "Standby_1"]},
        site_dns_address="203.0.113.9",
    ),
    "neither names nor time": site(**NEITHER_NAMES_NOR_TIME),
    "monitored": site(**MONITORED),
    "with a page, by hosts that are not monitored": site(**SHOWN, groups={"monitoring_servers": ["server2"]}),
    "with a page where one looks for it": site(**SHOWN, site_status_page_port=443, site_status_page_max_age=60),
    "with a runner": site(site_gitlab_runner=RUNNER),
    "with a runner elsewhere, and all that it may have": site(
        site_gitlab_runner={
            **RUNNER,
            "host": "server2",
            "refs": ["refs/heads/main", "refs/tags/v*"],
            "playbooks": ["status"],
            "repository_user": "site",
            "repository_token": "gldt-of-the-repository",
        }
    ),
    "without a page, whatever its port": site(site_status_page_port=6443, site_status_page_max_age=0),
    "with a registry of its own": site(
        **KEEPS_IMAGES,
        groups={"registry_servers": ["server2"]},
        site_registry_upstreams=[{"name": "docker.io"}, {"name": "ghcr.io", "username": "u", "password": "p"}],
    ),
    "without a registry, whatever its port": site(site_registry_port=6443, groups={"registry_servers": []}),
    "monitored by some, and told to somebody": site(
        **MONITORED,
        groups={"monitoring_servers": ["server2"]},
        site_monitoring_writers={"partition-a": {"password": "9b2e7f0d5c3a48617fe0b1d6c2a94835"}},
        site_monitoring_receivers=[{"name": "duty"}],
        site_monitoring_deadman_url="https://deadman.example.net/x",
    ),
    "not monitored, and so nobody's fault": site(groups={"monitoring_servers": ["metrics1"]}),
    "zones, records, clients and keys of its own": site(
        site_dns_primary="server2",
        site_dns_domains={"ingress": "", "default": "Shoot.Example.com."},
        site_dns_records=[
            {"name": "www", "type": "A", "ttl": 300, "records": ["192.0.2.7"]},
            {"name": "child", "type": "NS", "records": ["ns.child", "ns.example.com."]},
            {"name": "ns.child", "type": "A", "records": ["192.0.2.8"]},
            # served here too
            {"name": "internal", "type": "NS", "records": ["ns.internal"]},
        ],
        site_dns_zones=[
            {
                "zone": "example.net",
                "nameservers": ["ns.example.net"],
                "rrsets": [{"name": "ns", "type": "A", "records": ["192.0.2.9"]}],
            },
            {"zone": "example.com", "nameservers": ["ns.example.net."]},
            {"zone": "100.51.198.in-addr.arpa.", "rrsets": [{"type": "NS", "records": ["ns1.example.org."]}]},
            {"zone": "from-a-file.example", "rrsets_file": "/zone.json"},
            {"zone": "theirs.example", "kind": "secondary", "masters": ["192.0.2.1"]},
            {"zone": "gone.example", "state": "absent"},
        ],
        site_dns_secondaries=["192.0.2.53", "2001:db8::53"],
        site_dns_api_clients={
            "gardener": {
                "key": "0c1d2e3f4a5b69788796a5b4c3d2e1f0",
                "sources": ["198.18.0.0/16", "192.0.2.1"],
                "zones": ["internal.example.org", "Shoot.example.com."],
                "read_only": False,
            },
            "reader": {"key": "9a8b7c6d5e4f30211203f4e5d6c7b8a9", "read_only": True},
        },
        site_dns_update_keys={
            "cert-manager.example.org": {
                "secret": "KioqKioqKioqMTIzNDU2Nzg5MGFiY2RlZg==",
                "algorithm": "hmac-sha512",
                "zones": ["example.org."],
            },
        },
        site_resolver="local",
    ),
    "time from a pool, a name and an address": site(
        site_upstream_ntp=[
            "192.0.2.1",
            "time.example.org",
            {"address": "pool.example.org", "type": "pool"},
            {"address": "192.0.2.2", "options": ["nts", "iburst"]},
        ],
    ),
    "two sources on request": site(
        others={"a": {"ansible_host": "198.51.100.41"}},
        groups={"time_servers": ["a"]},
        site_upstream_ntp=["192.0.2.1", "192.0.2.2"],
        site_ntp_accept_few=True,
    ),
    "two sources and a clock": site(
        others={"a": {"ansible_host": "198.51.100.41", "chrony_refclocks": ["PHC /dev/ptp0"]}},
        groups={"time_servers": ["a"]},
        site_upstream_ntp=["192.0.2.1", "192.0.2.2"],
    ),
    "a single host with one source": site(servers("server1"), site_upstream_ntp=["192.0.2.1"]),
    "a takeover asked for on the command line": site(site_lock_takeover="true"),
    "no host but a variable of a role": site(k3s_cluster_max_pods=256),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_a_good_site_has_no_mistake(good: t.Any) -> None:
    assert offline.check(good, CONTROLLER) == []


def test_every_group_that_a_site_is_made_of_is_read_of_the_inventory() -> None:
    asked: set[str] = set()

    class Groups(dict[str, list[str]]):
        def get(self, name: str, otherwise: t.Any = None) -> t.Any:
            asked.add(name)
            return otherwise

    model.build(Groups(), {}, {})
    assert asked - {""} == set(model.GROUPS)
