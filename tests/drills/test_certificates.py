"""Certificates that end soon: told, and made anew where they do, on no other server."""

from __future__ import annotations

import json
import time

import pytest
from alerts import fires, green, resolves
from backups import AFTER_ROTATION, rehearsed
from cluster import Cluster
from playbook import play
from scenario import measured, scenario
from test_rolling import windows

CERTIFICATES = ("-e", "rotate=certificates")
SERIAL = "openssl x509 -noout -serial -in /var/lib/rancher/k3s/server/tls/{}"
# What makes k3s, like the stand-in, issue certificates for so many days.
SHORT = "/etc/systemd/system/k3s.service.d/short.conf"


def serials(cluster: Cluster, name: str) -> set[str]:
    return {cluster.on(host, SERIAL.format(name)).strip() for host in cluster.servers}


@scenario(
    id="C1",
    title="The certificates of k3s are about to end",
    initial_cluster="none until they have ended, then everything",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status` tells the days that are left of each host's, and is red from 30 days on",
    remedy="the playbook `rotate` with `-e rotate=certificates`, also once they have ended; a restart of k3s does the"
    " same within 120 days of their end",
)
@pytest.mark.long
def test_certificates_that_end_soon_are_told_and_made_anew_there_alone(cluster: Cluster, backed_up_site: None) -> None:
    proven = rehearsed(cluster, AFTER_ROTATION)
    refused = play("rotate", "-e", "rotate=everything")
    assert refused.returncode != 0 and "Expected: -e rotate=certificates" in refused.output, refused.output[-2000:]
    # All are younger than that.
    assert play("rotate", *CERTIFICATES, "-e", json.dumps({"rotate_days": 300})).succeeded().changed() == 0
    victim = cluster.servers[1]
    cluster.on(
        victim,
        f"mkdir -p $(dirname {SHORT}) && printf '[Service]\\nEnvironment=CATTLE_NEW_SIGNED_CERT_EXPIRATION_DAYS=2\\n'"
        f" >{SHORT} && systemctl daemon-reload && systemctl stop k3s && k3s certificate rotate && systemctl start k3s",
        timeout=200,
    )
    try:
        begin = time.monotonic()
        red = play("status")
        measured("C1", "until the playbook status has told", time.monotonic() - begin)
        assert "certificates are valid for a while" in red.output, red.output[-3000:]
        fires(cluster, "CertificateEndsSoon", victim)
        fires(cluster, "CertificateEnds", victim)
    finally:
        cluster.on(victim, f"rm {SHORT} && systemctl daemon-reload")
    leaves, authorities = serials(cluster, "serving-kube-apiserver.crt"), serials(cluster, "server-ca.crt")
    before = windows(cluster)
    predicted = play("rotate", *CERTIFICATES, "--check").succeeded()
    assert f"rotate {victim}, because a certificate ends in" in " ".join(predicted.output.split())
    assert windows(cluster) == before
    begin = time.monotonic()
    play("rotate", *CERTIFICATES, "-e", json.dumps({"rotate_days": 300})).succeeded()
    measured("C1", "from the remedy's command to new certificates on the one server", time.monotonic() - begin)
    assert [host for host in cluster.servers if windows(cluster)[host] != before[host]] == [victim]
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    resolves(cluster, "CertificateEndsSoon")
    resolves(cluster, "CertificateEnds")
    green()
    assert play("rotate", *CERTIFICATES).succeeded().changed() == 0
    assert len(serials(cluster, "serving-kube-apiserver.crt") - leaves) == 1
    assert serials(cluster, "server-ca.crt") == authorities
    assert cluster.is_complete()
    assert play("bootstrap").succeeded().changed() == 0
