"""Another token for the servers: made, killed before anybody else had it, gone on with, and the former one refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import secrets_file
from backups import AFTER_ROTATION, rehearsed
from cluster import Cluster
from playbook import play, said, start
from scenario import measured, scenario
from test_rolling import windows
from test_secrets import in_logs

TOKEN = ("-e", "rotate=token")
KEPT, AGENTS = "/etc/rancher/k3s/token", "/etc/rancher/k3s/agent-token"
LEFT = "/var/lib/rancher/k3s/rotation.json /var/lib/rancher/k3s/former-token"


def tokens(cluster: Cluster) -> set[str]:
    return {cluster.on(host, f"cat {KEPT}").strip() for host in cluster.servers}


def answers(cluster: Cluster, token: str) -> set[str]:
    """Return what the servers say to somebody who knows this token."""
    ask = "export K3S_TOKEN=$(cat); k3s secrets-encrypt status 2>&1 | grep -o 'not authorized\\|Status: Enabled'"
    return {cluster.on(host, ask, stdin=token, check=False).strip() for host in cluster.servers}


@pytest.fixture
def file(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a site's file of secrets, which the lab's inventory has none of."""
    secrets_file.unlock(tmp_path, monkeypatch)
    path = tmp_path / "secrets.yml"
    secrets_file.write(path, site_k3s_token=cluster.site["site_k3s_token"], site_dns_api_key="some other")
    return path


@scenario(
    id="C4",
    title="The token of the servers has leaked",
    initial_cluster="none yet; whoever has it and reaches the API can take everything",
    target_cluster="none yet",
    end_users="none yet",
    detection="none of ours: whoever read a file, a log or a backup of a server has it",
    remedy="the playbook `rotate` with `-e rotate=token`, then with `-e rotate=encryption_keys`. Whoever used the token"
    " could copy the authorities, too, and is shut out by new ones alone: `-e rotate=authority`, and later"
    " `-e rotate=former_authority`",
)
@pytest.mark.long
def test_a_token_that_leaked_is_refused_after_a_rotation_that_was_killed(
    cluster: Cluster, backed_up_site: None, file: Path, tmp_path: Path
) -> None:
    arguments = (*TOKEN, "-e", f"rotate_secrets_file={file}")
    [leaked], before, others = tokens(cluster), windows(cluster), file.read_text().partition("site_dns_api_key")[2]
    proven = rehearsed(cluster, AFTER_ROTATION)
    agents = {host: cluster.on(host, f"sha256sum {AGENTS}") for host in cluster.servers}
    assert answers(cluster, leaked) == {"Status: Enabled"}
    predicted = said(play("rotate", *arguments, "--check").succeeded())
    assert "make a new token on" in predicted
    assert all(f"restart {host}, because it began with the former token" in predicted for host in cluster.servers)
    assert (tokens(cluster), windows(cluster)) == ({leaked}, before)

    run = start("rotate", tmp_path, *arguments)
    try:
        run.wait_for(lambda record: str(record.get("task")).endswith("Read it"))
    finally:
        run.kill()
    assert len(tokens(cluster)) == 2 and windows(cluster) == before
    refused = play("bootstrap")
    assert refused.returncode != 0 and "a rotation of token has begun" in said(refused), refused.output[-3000:]

    begin = time.monotonic()
    assert f"{file} holds it" in said(play("rotate", *arguments).succeeded())
    measured("C4", "the same command again: three servers restarted, proved and backed up", time.monotonic() - begin)
    [token] = tokens(cluster)
    assert secrets_file.read(file)["site_k3s_token"] == token != leaked
    assert file.read_text().startswith(secrets_file.HEAD)
    assert file.read_text().partition("site_dns_api_key")[2] == others
    assert answers(cluster, leaked) == {"not authorized"}
    assert answers(cluster, token) == {"Status: Enabled"}
    after = windows(cluster)
    assert all(after[host][0] > before[host][1] for host in cluster.servers)
    assert {host: cluster.on(host, f"sha256sum {AGENTS}") for host in cluster.servers} == agents
    assert {cluster.on(host, f"ls {LEFT} 2>/dev/null", check=False) for host in cluster.servers} == {""}
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    assert cluster.is_complete()

    refused = play("bootstrap")
    assert refused.returncode != 0 and "V27" in refused.output, refused.output[-3000:]
    secrets_file.take_over(cluster, site_k3s_token=token)
    assert play("bootstrap").succeeded().changed() == 0
    assert not in_logs([leaked, token])
