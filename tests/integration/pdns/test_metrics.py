"""What a host tells Prometheus of its name server, beside a real one with the backend that the role uses."""

from __future__ import annotations

import daemons
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics import look, names
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics.settings import Settings


@pytest.fixture
def told(server, monkeypatch):
    """Return what is told of a zone and of the server, without the names' common beginning."""
    if server.backend != "gsqlite3":
        pytest.skip("the role has no other backend")
    monkeypatch.setattr(names, "CONF", server.directory / "pdns.conf")

    def tell(zone):
        settings = Settings(server.directory, serves_names=True, zones=(zone.rstrip("."),))
        found = {}
        for sample in look.of_names(settings):
            if sample.labels.get("zone", zone.rstrip(".")) == zone.rstrip("."):
                found[sample.name.removeprefix("metalstack_dns_")] = sample.value
        return found

    return tell


def make(server, zone):
    records = [{"content": f"{number}.0.2.192", "disabled": number == 3} for number in (1, 2, 3)]
    rrsets = [{"name": f"a.{zone}", "type": "A", "ttl": 60, "changetype": "REPLACE", "records": records}]
    body = {"name": zone, "kind": "Native", "nameservers": [f"ns.{zone}"], "rrsets": rrsets, "soa_edit_api": "INCREASE"}
    status, answer = server.request("POST", "/zones", body)
    assert status == 201, answer


def serial(server, zone):
    return server.request("GET", f"/zones/{zone}")[1]["serial"]


def test_a_zone_is_told_as_it_is_served(server: daemons.Daemon, zone, told):
    before = told(zone)
    assert (before["zone_served"], before["zone_records"], "zone_serial" in before) == (False, 0, False)
    make(server, zone)
    # At once, although it was asked for before: to ask must not have made it unknown.
    after = told(zone)
    assert after["answers"] and after["zone_served"] and after["zones"] == before["zones"] + 1
    # SOA, NS and the two addresses that are not disabled
    assert after["zone_records"] == 4
    assert after["zone_serial"] == serial(server, zone)
    emptied = {"rrsets": [{"name": f"a.{zone}", "type": "A", "changetype": "DELETE"}]}
    assert server.request("PATCH", f"/zones/{zone}", emptied)[0] == 204
    daemons.let_the_second_pass()
    emptied = told(zone)
    assert emptied["zone_records"] == 2 and emptied["zone_serial"] == serial(server, zone) > after["zone_serial"]


def test_a_server_that_is_gone_answers_for_nothing(server: daemons.Daemon, zone, told):
    make(server, zone)
    server.stop()
    try:
        found = told(zone)
    finally:
        server.start()
    assert (found["answers"], found["zone_served"], found["zone_records"]) == (False, False, 4)
