"""Every server knows the names of the site; only those who may can change them.

The site's own bootstrap has put PowerDNS on all three servers; the first is the primary.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import pytest
from cluster import Cluster, lab
from name_servers import ADDRESS, ADDRESSES, Api, change, on_all, told
from names import ask

STRANGER = "203.0.113.77"
TARGET = "/api/v1/servers/localhost"
# Which of the addresses take a connection to the port of PowerDNS itself.
BARE = """
import contextlib, socket, sys
for address in sys.argv[1:]:
    with contextlib.suppress(OSError), socket.create_connection((address, 8081), 2):
        print(address)
"""
WHOLE = f"http://h{TARGET}/zones"


def test_every_server_knows_the_names_of_the_site(cluster: Cluster) -> None:
    for name, address in {**ADDRESSES, "api": cluster.vip, "dns": ADDRESS}.items():
        on_all(f"{name}.lab.example", [address])
    on_all("ntp.lab.example", sorted(ADDRESSES.values()))
    on_all("ingress.lab.example", sorted(f"{name}.lab.example." for name in ADDRESSES), rtype="NS")
    assert ask("records", server=ADDRESS, name="api.lab.example", rtype="A") == [cluster.vip]


def test_a_zone_of_another_client_appears_on_all_servers_and_is_given_to_nobody_without_the_key(foreign: str) -> None:
    told("seconds until a foreign zone is everywhere", round(on_all(f"a.{foreign}", ["192.0.2.1"]), 1))
    for address in ADDRESSES.values():
        assert ask("transfer", server=address, zone=foreign) in ("NOTAUTH", "REFUSED")


@pytest.mark.parametrize(
    ("client", "method", "path", "body", "status"),
    [
        ("nobody", "GET", "/zones", None, 401),
        ("gardener", "GET", "/zones", None, 200),
        ("team", "PATCH", "/zones/shoot.lab.example.", change("t.shoot.lab.example.", "192.0.2.3"), 204),
        ("team", "PUT", "/zones/shoot.lab.example./notify", None, 200),
        ("team", "GET", "/zones/lab.example.", None, 200),
        ("team", "PATCH", "/zones/lab.example.", change("t.lab.example.", "192.0.2.3"), 403),
        ("team", "PATCH", "/zones/shoot.lab.example./metadata", change("t.shoot.lab.example.", "192.0.2.3"), 403),
        ("team", "DELETE", "/zones/shoot.lab.example.", None, 403),
        ("team", "PUT", "/zones/shoot.lab.example.", {"kind": "Native"}, 403),
        ("team", "GET", "/tsigkeys", None, 403),
        ("team", "GET", "/zones/shoot.lab.example./cryptokeys", None, 403),
        ("reader", "GET", "/zones/lab.example.", None, 200),
        ("reader", "PATCH", "/zones/shoot.lab.example.", change("t.shoot.lab.example.", "192.0.2.3"), 403),
        ("afar", "GET", "/zones", None, 403),
        # A whole URI, of which PowerDNS would read what comes after the @.
        ("reader", "GET", f"{WHOLE}?@h{TARGET}/tsigkeys/transfer.invalid.", None, 200),
        ("reader", "GET", f"http://h{TARGET}/tsigkeys/transfer.invalid.", None, 403),
        ("team", "PATCH", f"{WHOLE}?@h{TARGET}/zones/lab.example.", change("t.lab.example.", "192.0.2.3"), 403),
    ],
)
def test_a_client_of_the_api_does_what_it_may(api: Api, client: str, method: str, path: str, body: Any, status: int):
    found, answer = api(client, method, path, body)
    assert found == status, answer
    assert str(api.transfer_secret) not in str(answer)


def test_the_api_is_out_of_reach_for_a_stranger(api: Api) -> None:
    lab("exec", "--", "ip", "address", "add", f"{STRANGER}/32", "dev", "lab-a")
    try:
        assert api("admin", "GET", "/zones", source=STRANGER) == (0, "TimeoutError")
        # Nor is PowerDNS's own webserver anywhere but on the host itself.
        assert lab("exec", "--", sys.executable, "-c", BARE, *ADDRESSES.values(), ADDRESS).stdout.split() == []
        assert ask("records", server=ADDRESS, name="api.lab.example", rtype="A")
    finally:
        lab("exec", "--", "ip", "address", "del", f"{STRANGER}/32", "dev", "lab-a")
    assert api("admin", "GET", "/zones")[0] == 200


def test_a_zone_is_updated_with_its_key_alone(cluster: Cluster) -> None:
    secret = hashlib.sha256(f"acme{cluster.site['site_dns_transfer_secret']}".encode()).hexdigest()
    request = {"server": ADDRESS, "zone": "ingress.lab.example", "name": "_acme-challenge.x", "text": "proof"}
    assert ask("update", **request) == "REFUSED"
    assert ask("update", **request, key="acme", secret=secret) == "NOERROR"
    assert ask("update", **{**request, "zone": "lab.example"}, key="acme", secret=secret) == "REFUSED"
    on_all("_acme-challenge.x.ingress.lab.example", ['"proof"'], rtype="TXT")
