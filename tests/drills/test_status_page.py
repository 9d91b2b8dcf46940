"""The page of the site: how it reads while the site is well and while it is not, and that its hosts serve it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from alerts import fires, resolves
from backups import backed_up, program
from cluster import TREE, Cluster, lab, wait_until
from playbook import play

from lab import debian, settings

sys.path.insert(0, str(TREE / "tests" / "chromium"))

import browser
import reading

SERVED = ("-e", json.dumps({"site_status_page": True}))
# The password by standard input, as everywhere.
ASK = "curl -sS -m 10 -o /dev/null -w '%{{http_code}}' --cacert /etc/metalstack-status-page/ca.crt {more} {url}"
LEFT = (
    "ls -d /etc/metalstack-status-page /etc/systemd/system/metalstack-status-page.service 2>/dev/null;"
    " ss -Hltn 'sport = :8444'"
)


def asked(cluster: Cluster, host: str, path: str = "/", password: str = "") -> str:
    """Return the status of the answer that a host gives to another one."""
    known = cluster.kubectl(host, f"get node {host}")["status"]["addresses"]
    address = next(one["address"] for one in known if one["type"] == "InternalIP")
    command = ASK.format(more="-K -" if password else "", url=f"https://{address}:8444{path}")
    stdin = f'user = "reader:{password}"\n' if password else ""
    return cluster.on(host, command, stdin=stdin, check=False).strip()


@pytest.mark.long
def test_the_page_is_served_to_those_who_have_its_password_and_is_gone_again(cluster: Cluster) -> None:
    password = cluster.site["site_status_page_password"]
    try:
        predicted = play("bootstrap", *SERVED, "--check").succeeded().changed()
        assert predicted
        play("bootstrap", *SERVED).succeeded()
        assert play("bootstrap", *SERVED).succeeded().changed() == 0
        assert play("status", *SERVED).succeeded().changed() == len(cluster.servers)
        for host in cluster.servers:
            assert asked(cluster, host, password=password) == "200"
            assert asked(cluster, host, password="of somebody else") == "401"
            assert asked(cluster, host) == "401"
            assert asked(cluster, host, "/etc/passwd", password) == "404"
        cluster.on(cluster.servers[0], "systemctl kill --signal=KILL metalstack-status-page.service; sleep 2")
        assert asked(cluster, cluster.servers[0], password=password) == "200"
    finally:
        play("bootstrap").succeeded()
    assert {cluster.on(host, LEFT, check=False).strip() for host in cluster.servers} == {""}
    assert play("bootstrap").succeeded().changed() == 0


@pytest.mark.long
@pytest.mark.usefixtures("backed_up_site")
def test_the_page_can_be_read_while_the_site_is_well_and_while_it_is_not(cluster: Cluster, tmp_path: Path) -> None:
    """In Chromium, whose pictures are kept for the documentation (tools/pictures.py)."""
    lost = cluster.servers[-1]
    backed_up("-e", "backup_reason=page")
    for host in cluster.servers:
        assert "rc=0" in program(cluster, host, "copy")

    def made(state: str) -> bool:
        return play("status", "-e", f"status_page={tmp_path}/live-{state}.html").returncode == 0

    wait_until("the site is well", lambda: made("good"), timeout=480, every=5)
    lab("kill", lost)
    try:
        fires(cluster, "HostDown", lost)
        assert not made("bad")
    finally:
        lab("start", lost)
    tree = debian.tree(settings.from_environment().cache, browser.RELEASE, browser.PACKAGES)
    with browser.driver(tree, tmp_path, tmp_path / "log") as address:
        for width, dark in reading.KINDS.values():
            with browser.window(address, width, dark) as window:
                for state in ("good", "bad"):
                    reading.read(window, f"live-{state}", width, dark)
                    text = window.run("return document.body.innerText")
                    assert ("What does not hold" in text) is (state == "bad")
                    assert f"{lost}: " in text or state == "good"
                    assert "Programs beside k3s" in text and "kube-vip" in text
    wait_until("the cluster is complete", cluster.is_complete, timeout=300)
    resolves(cluster, "HostDown")
