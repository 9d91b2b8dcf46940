"""The authority of the site that issues by ACME: its host is lost, and it does not answer when a certificate is due."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alerts import fires, resolves
from backups import backed_up
from cluster import Cluster, lab, wait_until
from playbook import play
from scenario import measured, scenario

HOST, STANDBY, ASKING = "server3", "server2", "server1"
KEY, NAME, PLACE = "acme.lab.example", "www.lab.example", "/etc/drill-www.pem"
UNIT = "acme-ca.service"
SERIAL = f"openssl x509 -noout -serial -in {PLACE}"
PRESENTED = f"openssl verify -CAfile /etc/acme-certificates/root.crt -untrusted {PLACE} {PLACE}"
# By which the program knows what a certificate was asked for.
DUE = "rm -f /var/lib/acme-certificates/www.json"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the inputs of a site that has an authority, and a host that asks it."""
    key = {"secret": base64.b64encode(secrets.token_bytes(32)).decode(), "zones": ["lab.example"]}
    wanted = {"name": "www", "hosts": [ASKING], "names": [NAME], "challenge": "dns-01", "path": PLACE}
    inputs = {
        "site_acme_ca": True,
        "site_acme_ca_host": HOST,
        "site_acme_ca_standbys": [STANDBY],
        "site_acme_ca_update_key": KEY,
        "site_dns_update_keys": {KEY: key},
        "site_acme_certificates": [wanted],
    }
    file = tmp_path_factory.mktemp("inputs") / "acme.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(inputs))
    return file


@pytest.fixture(scope="module")
def issuing(cluster: Cluster, backed_up_site: None, given: Path) -> Iterator[None]:
    """Have the site issue, and afterwards as it was."""
    try:
        assert play("bootstrap", "-e", f"@{given}", "--check").succeeded().changed()
        play("bootstrap", "-e", f"@{given}").succeeded()
        assert play("bootstrap", "-e", f"@{given}").succeeded().changed() == 0
        yield
    finally:
        play("bootstrap").succeeded()
        left = "ls /etc/acme-ca /etc/acme-certificates /usr/local/bin/step-ca /usr/local/bin/metalstack-acme"
        assert {cluster.on(host, f"{left} 2>/dev/null", check=False).strip() for host in cluster.servers} == {""}


@scenario(
    id="A2",
    title="A certificate by ACME is not renewed",
    initial_cluster="none: nothing of it has certificates by ACME",
    target_cluster="none",
    end_users="none before the certificate ends; then whoever asks the service finds a certificate that has ended",
    detection="`journalctl -u metalstack-acme` on the host that has it says what the authority answered",
    remedy="put right what the journal names: an authority that is away (A1), a name that no longer leads to the host,"
    " or a key that the name server does not take; then `systemctl start metalstack-acme` on the host, or wait an hour",
)
def test_a_certificate_stays_while_nobody_renews_it_and_is_had_again(cluster: Cluster, issuing: None) -> None:
    before = cluster.on(ASKING, SERIAL)
    cluster.on(HOST, f"systemctl stop {UNIT}")
    try:
        cluster.on(ASKING, f"{DUE}; systemctl start metalstack-acme", check=False)
        assert cluster.on(ASKING, SERIAL) == before and "OK" in cluster.on(ASKING, PRESENTED)
        told = cluster.on(ASKING, "cat /var/lib/prometheus/node-exporter/metalstack_acme.prom")
        assert 'metalstack_acme_certificate_success{name="www"} 0' in told
    finally:
        cluster.on(HOST, f"systemctl start {UNIT}")
    begin = time.monotonic()
    cluster.on(ASKING, "systemctl start metalstack-acme")
    measured("A2", "until the certificate is had again", time.monotonic() - begin)
    assert cluster.on(ASKING, SERIAL) != before and "OK" in cluster.on(ASKING, PRESENTED)


@scenario(
    id="A1",
    title="The host that issues certificates by ACME is lost",
    initial_cluster="none: nothing of it has certificates by ACME",
    target_cluster="none",
    end_users="none: certificates stay in place; none is issued, renewed or revoked, for which there is a third of"
    " their time, and the list of what was revoked ends within a day",
    detection="nobody answers at `ca.<site_domain>`, port 9443",
    remedy="the playbook `activate_acme_ca` with `-e activate_acme_ca_on=<the standby>`, which restores what was"
    " issued from the newest backup; then write it into the inventory. What was issued since that backup is good, and"
    " cannot be revoked: such certificates end by themselves",
)
def test_the_standby_issues_with_what_was_backed_up(cluster: Cluster, issuing: None, given: Path) -> None:
    backed_up("-e", f"@{given}", "-e", "backup_reason=acme")
    before = cluster.on(ASKING, SERIAL)
    lab("kill", HOST)
    begin = time.monotonic()
    try:
        fires(cluster, "AcmeCaDown", HOST)
        begin = time.monotonic()
        moved = ("-e", f"activate_acme_ca_on={STANDBY}")
        play("activate_acme_ca", "-e", f"@{given}", *moved).succeeded()
        cluster.on(ASKING, f"{DUE}; systemctl start metalstack-acme")
        measured("A1", "from the playbook activate_acme_ca until a certificate is issued", time.monotonic() - begin)
        assert cluster.on(ASKING, SERIAL) != before and "OK" in cluster.on(ASKING, PRESENTED)
    finally:
        lab("start", HOST)
    wait_until("the former one is told", lambda: "runs the authority" in cluster.on(HOST, f"journalctl -b -u {UNIT}"))
    there = ("-e", json.dumps({"site_acme_ca_host": STANDBY, "site_acme_ca_standbys": [HOST]}))
    play("bootstrap", "-e", f"@{given}", *there).succeeded()
    assert play("bootstrap", "-e", f"@{given}", *there).succeeded().changed() == 0
    assert "inactive" in cluster.on(HOST, f"systemctl is-active {UNIT}", check=False)
    resolves(cluster, "AcmeCaDown", HOST)
    play("bootstrap", "-e", f"@{given}").succeeded()
    cluster.on(ASKING, f"{DUE}; systemctl start metalstack-acme")
