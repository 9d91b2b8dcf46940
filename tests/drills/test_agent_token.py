"""Another token for agents: made, killed in the middle, gone on with, and the former one refused by every server."""

from __future__ import annotations

from pathlib import Path

import pytest
import secrets_file
from backups import AFTER_ROTATION, rehearsed
from cluster import Cluster
from playbook import play, said, start
from test_rolling import windows
from test_secrets import in_logs

AGENT = "agent1"
ROTATE = ("-e", "rotate=agent_token")
KEPT = "/etc/rancher/k3s/agent-token"
FORMER = "/var/lib/rancher/k3s/former-agent-token"
OWN = "an-agent-token-of-the-operator-0123456789"

pytestmark = pytest.mark.usefixtures("backed_up_site_with_agent")


@pytest.fixture
def file(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a site's file of secrets, which the lab's inventory has none of."""
    secrets_file.unlock(tmp_path, monkeypatch)
    path = tmp_path / "secrets.yml"
    secrets_file.write(path, site_k3s_agent_token=cluster.site["site_k3s_agent_token"])
    return path


def opened(file: Path) -> str:
    return secrets_file.read(file)["site_k3s_agent_token"]


def given(cluster: Cluster, token: str) -> None:
    """Have the lab's inventory hold a token."""
    secrets_file.take_over(cluster, site_k3s_agent_token=token)


def tokens(cluster: Cluster) -> set[str]:
    return {cluster.on(host, f"cat {KEPT}").strip() for host in (*cluster.servers, AGENT)}


def answers(cluster: Cluster, token: str) -> set[str]:
    """Return what the servers say to an agent that has this token."""
    ask = (
        "curl -sS -m 10 --cacert /var/lib/rancher/k3s/server/tls/server-ca.crt -K - -o /dev/null -w '%{http_code}'"
        " https://localhost:6443/v1-k3s/client-ca.crt"
    )
    return {cluster.on(host, ask, stdin=f'user = "node:{token}"\n').strip() for host in cluster.servers}


def began(cluster: Cluster) -> int:
    """Return when k3s came up on the agent."""
    return int(cluster.on(AGENT, "systemctl show -P ActiveEnterTimestampMonotonic k3s.service"))


def is_settled(cluster: Cluster, token: str, former: str) -> None:
    """Check that every host has a token, and that of two the former one is refused."""
    assert tokens(cluster) == {token}
    assert (answers(cluster, former), answers(cluster, token)) == ({"401"}, {"200"})
    assert {cluster.on(host, f"ls {FORMER} 2>/dev/null", check=False) for host in cluster.servers} == {""}
    assert cluster.is_complete() and cluster.ready(cluster.servers[0], AGENT)


@pytest.mark.long
def test_a_token_of_agents_is_exchanged_by_a_run_that_was_killed(cluster: Cluster, file: Path, tmp_path: Path) -> None:
    arguments = (*ROTATE, "-e", f"rotate_secrets_file={file}")
    [leaked], before, agent = tokens(cluster), windows(cluster), began(cluster)
    proven = rehearsed(cluster, AFTER_ROTATION)
    others = {host: cluster.on(host, "sha256sum /etc/rancher/k3s/token") for host in cluster.servers}
    assert answers(cluster, leaked) == {"200"}
    predicted = said(play("rotate", *arguments, "--check").succeeded())
    for host in (*cluster.servers, AGENT):
        assert f"restart {host}, because it began with another agents' token" in predicted
    refused = play("rotate", *ROTATE, "-e", f"rotate_secrets_file={tmp_path}/none.yml")
    assert refused.returncode != 0 and "Nothing was changed" in said(refused), refused.output[-3000:]
    assert (tokens(cluster), windows(cluster), opened(file)) == (
        {leaked},
        before,
        leaked,
    )

    run = start("rotate", tmp_path, *arguments)
    try:
        run.wait_for(lambda record: str(record.get("task")).endswith("Stop k3s"))
    finally:
        run.kill()
    token = opened(file)
    assert token != leaked and tokens(cluster) == {leaked, token}
    # The inventory that the killed run began with would have the leaked one come back.
    refused = play("rotate", *arguments)
    assert refused.returncode != 0 and "is a former one" in said(refused), refused.output[-3000:]
    given(cluster, token)
    refused = play("bootstrap")
    assert refused.returncode != 0 and "V27" in refused.output and "rotate=agent_token" in said(refused)

    play("rotate", *arguments).succeeded()
    is_settled(cluster, token, leaked)
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    after = windows(cluster)
    assert all(after[host][0] > before[host][1] for host in cluster.servers)
    assert began(cluster) > max(up for _down, up in after.values()) > agent
    assert {host: cluster.on(host, "sha256sum /etc/rancher/k3s/token") for host in cluster.servers} == others
    assert play("bootstrap").succeeded().changed() == 0
    # What a server writes down at a start keeps it from the next one, unless the datastore has been told.
    for host in cluster.servers:
        cluster.on(host, "timeout 150 systemctl restart k3s", timeout=200)
    assert play("bootstrap").succeeded().changed() == 0
    assert answers(cluster, token) == {"200"}
    assert not in_logs([leaked, token])


@pytest.mark.long
def test_a_token_of_the_operators_own_is_brought_to_all_hosts(cluster: Cluster) -> None:
    [former], proven = tokens(cluster), rehearsed(cluster, AFTER_ROTATION)
    given(cluster, OWN)
    refused = play("bootstrap")
    assert refused.returncode != 0 and "V27" in refused.output
    play("rotate", *ROTATE).succeeded()
    is_settled(cluster, OWN, former)
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    assert play("bootstrap").succeeded().changed() == 0
