"""What shows a site of one server, its page and Grafana, and what becomes of both and of its metrics when it moves.

The site is lost with its location, goes on in the second one, where a name server is that keeps metrics and serves the
page all the while, and comes back. Of Grafana the lab has a stand-in.
"""

from __future__ import annotations

import datetime
import json
import os
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from alerts import fires
from backups import backed_up
from cluster import Cluster, described, lab, wait_until
from playbook import play
from scenario import also
from test_monitoring import LEFT as WATCH_LEFT
from test_monitoring import ask
from test_status_page import ASK
from test_status_page import LEFT as PAGE_LEFT

from lab import topology

HERE, THERE, OUTSIDE = "server1", "standby1", "ns1"
HOSTS = f"{HERE},{THERE},{OUTSIDE},storage1,offsite1"
SHOWN = ("-e", json.dumps({"site_status_page": True, "site_grafana": True}))
PROMOTED = ("-e", f"site_dns_primary={OUTSIDE}")
DASHBOARDS = 4
# Of a pod, as whoever reaches it asks it by the name that its certificate has.
GRAFANA = "https://grafana.{domain}:3000{path}"
WORD = "last_over_time(drill_word[6h])"
# Before what a store asks the others for when it starts: who knows it has it from the set.
LONG_AGO = datetime.timedelta(minutes=30)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", autouse=True)
def site() -> Iterator[dict[str, Any]]:
    """Found the site in the first of two locations, monitored."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAB_HOSTS", HOSTS)
        environment.setenv("LAB_MONITORED", "1")
        # For the drills to change.
        environment.setenv("LAB_ACTIVE", "a")
        lab("up", "--fresh", timeout=3600)
        play("bootstrap", "-e", "site_recovery=fresh", *SHOWN).succeeded()
        yield described().site


def only(host: str, site: dict[str, Any]) -> Cluster:
    return Cluster([host], site)


def served(site: dict[str, Any], host: str) -> str:
    """Return the status of the answer that a host gives itself to who knows the page's password."""
    command = ASK.format(more="-K -", url=f"https://{topology.host(host).address}:8444/")
    return only(host, site).on(host, command, stdin=f'user = "reader:{site["site_status_page_password"]}"\n')


def grafana(site: dict[str, Any], host: str, path: str) -> Any:
    """Return what Grafana in the cluster of a host answers the administrator."""
    cluster = only(host, site)
    # What was restored knows of a pod on the host that was lost as well.
    [pod] = [
        pod
        for pod in cluster.kubectl(host, "-n grafana get pods")["items"]
        if pod["spec"].get("nodeName") == host and "deletionTimestamp" not in pod["metadata"]
    ]
    name = f"grafana.{site['site_domain']}"
    command = (
        f"curl -sS -m 10 --cacert /etc/victoria-metrics/ca.crt --resolve {name}:3000:{pod['status']['podIP']} -K -"
        f" {shlex.quote(GRAFANA.format(domain=site['site_domain'], path=path))}"
    )
    return json.loads(cluster.on(host, command, stdin=f'user = "admin:{site["site_grafana_admin_password"]}"\n'))


def shown(site: dict[str, Any], host: str, question: str) -> list[str]:
    """Return the values that Grafana has of a question to the metrics."""
    path = f"/api/datasources/proxy/uid/metrics/api/v1/query?nocache=1&query={question}"
    return [one["value"][1] for one in grafana(site, host, path)["data"]["result"]]


def known(site: dict[str, Any], host: str) -> list[str]:
    """Return what a host's store has of the drill's own series."""
    return [one["value"][1] for one in ask(only(host, site), host, WORD)]


def left(site: dict[str, Any], host: str) -> str:
    """Return what of monitoring and of the page is on a host; data are no part of it."""
    return only(host, site).on(host, f"{WATCH_LEFT}; {PAGE_LEFT}", check=False).strip()


def shows(site: dict[str, Any], active: str, *primary: str) -> None:
    """Fail unless both hosts keep metrics of both and serve the page, and Grafana shows what they know."""
    play("status", *SHOWN, *primary, "-e", "status_fail=false").succeeded()
    for host in (active, OUTSIDE):
        assert served(site, host) == "200"
        for other in (active, OUTSIDE):
            up = f'up{{instance="{other}",job="node"}} == 1'
            wait_until("all is known", lambda host=host, up=up: len(ask(only(host, site), host, up)) == 1, timeout=90)  # type: ignore[misc]
    assert len(grafana(site, active, "/api/search")) == DASHBOARDS
    assert int(shown(site, active, "count(up==1)")[0]) > 10


def test_a_site_of_one_server_shows_itself(site: dict[str, Any]) -> None:
    shows(site, HERE)
    assert left(site, THERE) == ""
    assert play("bootstrap", *SHOWN).succeeded().changed() == 0


@also("S1")
def test_a_site_that_goes_on_elsewhere_shows_itself_there_with_what_was_measured_before(site: dict[str, Any]) -> None:
    then = datetime.datetime.now(datetime.UTC) - LONG_AGO
    for host in (HERE, OUTSIDE):
        write = "curl -sS -m 10 --data-binary @- http://127.0.0.1:8428/api/v1/import/prometheus"
        only(host, site).on(host, write, stdin=f"drill_word 1 {then.timestamp() * 1000:.0f}\n")
    wait_until("it is known", lambda: known(site, HERE) == known(site, OUTSIDE) == ["1"])
    backed_up("-e", "backup_reason=last", *SHOWN)
    lab("kill", HERE, "storage1")
    os.environ["LAB_ACTIVE"] = "b"
    play("promote_dns", "-e", f"promote_dns_to={OUTSIDE}", *SHOWN).succeeded()
    confirmed = ("-e", f"activate_confirm={site['site_name']}", "-e", f"activate_fenced={HERE}")
    play("activate_standby", *confirmed, *PROMOTED, *SHOWN).succeeded()
    shows(site, THERE, *PROMOTED)
    # One store was empty and has what the set held, the other one never was away.
    for host in (THERE, OUTSIDE):
        wait_until("what was measured before is known", lambda host=host: known(site, host) == ["1"])  # type: ignore[misc]
    assert play("bootstrap", *PROMOTED, *SHOWN).succeeded().changed() == 0


@also("S2")
def test_the_lost_location_that_returns_tells_that_it_is_too_late_and_shows_nothing_more(site: dict[str, Any]) -> None:
    lab("start", "storage1", HERE)
    fires(only(HERE, site), "SiteRestoredElsewhere")
    play("bootstrap", *PROMOTED, *SHOWN).succeeded()
    assert left(site, HERE) == ""
    assert served(site, THERE) == "200"
    assert play("bootstrap", *PROMOTED, *SHOWN).succeeded().changed() == 0


@also("S1")
def test_a_site_that_returns_shows_itself_where_it_is(site: dict[str, Any]) -> None:
    os.environ["LAB_ACTIVE"] = "a"
    play("return_site", "-e", f"return_confirm={site['site_name']}", *PROMOTED, *SHOWN).succeeded()
    shows(site, HERE, *PROMOTED)
    assert left(site, THERE) == ""
    wait_until("what was measured before is known", lambda: known(site, HERE) == ["1"])
    assert play("bootstrap", *PROMOTED, *SHOWN).succeeded().changed() == 0
