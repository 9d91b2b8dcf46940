"""Another token for agents. Servers read theirs at a start, and write it to their disk alone."""

from __future__ import annotations

import secrets
import time

import cluster
import pytest
from hosts import DATA, Host

KEPT, PASSWD = "/etc/rancher/k3s/agent-token", f"{DATA}/server/cred/passwd"
NEW = secrets.token_hex(16)
# A file that is as much newer than the datastore's is no matter of clocks that differ.
SKEW = 4


def answer(host: Host, token: str) -> str:
    """What the server on a host says to somebody who has this token, and HTTP's status."""
    ask = f"curl -sS -m 10 --cacert {DATA}/server/tls/server-ca.crt -K - -w '%{{http_code}}'"
    return host.run(f"{ask} https://localhost:6443/v1-k3s/client-ca.crt", f'user = "node:{token}"\n'.encode())


def status(host: Host, token: str) -> str:
    return answer(host, token)[-3:]


def admit(host: Host, token: str) -> None:
    """Change who is let in, on the disk."""
    host.run(f"sed -i 's/^[^,]*,node,/{token},node,/' {PASSWD}")


def restart(host: Host) -> None:
    host.run("timeout 150 systemctl restart k3s")
    host.await_node(host.name)


@pytest.fixture(scope="module")
def old() -> str:
    """Return the token that agents have had until now."""
    return cluster.AGENT_TOKEN


@pytest.fixture(scope="module")
def saved(servers: list[Host], agent: Host) -> list[Host]:
    """Return the servers: all have another token in their configuration, and none was started with it."""
    for host in servers:
        host.put(KEPT, f"{NEW}\n")
    admit(servers[0], NEW)
    done = servers[0].attempt("k3s certificate rotate-ca --path=$(mktemp -d)")
    assert done.status == 0, done.output + servers[0].journal()[-2000:]
    assert "certificates saved to datastore" in done.answer
    return servers


def test_agents_are_told_with_their_token_alone(servers: list[Host], old: str) -> None:
    for host in servers:
        assert answer(host, old) == host.run(f"cat {DATA}/server/tls/client-ca.crt") + "200"
        assert status(host, "wrong") == status(host, cluster.TOKEN) == "401"


def test_servers_let_in_whom_they_were_started_with(saved: list[Host], old: str) -> None:
    assert [(status(host, old), status(host, NEW)) for host in saved] == [("200", "401")] * 3


def test_a_restart_takes_another_token_over(saved: list[Host], old: str) -> None:
    for host in saved:
        restart(host)
        assert (status(host, old), status(host, NEW)) == ("401", "200")
        assert host.run(f"cat {DATA}/server/agent-token").strip().endswith(f"::node:{NEW}")


def test_what_was_saved_is_there_after_another_start(saved: list[Host]) -> None:
    time.sleep(SKEW)
    for host in saved:
        restart(host)
        assert status(host, NEW) == "200"


def test_an_agent_that_runs_goes_on_and_enters_with_the_new_token(saved: list[Host], agent: Host) -> None:
    saved[0].await_node("agent1", voter=False)
    agent.put(KEPT, f"{NEW}\n")
    agent.run("timeout 150 systemctl restart k3s")
    saved[0].await_node("agent1", voter=False)


def test_what_was_not_saved_keeps_a_server_from_its_second_start(saved: list[Host]) -> None:
    third = saved[2]
    third.put(KEPT, "a token that nobody has saved\n")
    try:
        restart(third)
        third.run("systemctl stop k3s")
        time.sleep(SKEW)
        done = third.attempt("timeout 60 k3s server", timeout=90)
        assert done.status not in (0, 124), done.output[-2000:]
        assert "cred/passwd newer than datastore and could cause a cluster outage" in done.output
    finally:
        third.put(KEPT, f"{NEW}\n")


def test_an_old_file_is_outweighed_by_the_datastore(saved: list[Host]) -> None:
    third = saved[2]
    third.run(f"systemctl stop k3s; touch -d @0 {PASSWD}")
    third.run("timeout 150 systemctl start k3s")
    third.await_node("server3")
    assert status(third, NEW) == "200"
    assert len(saved[0].members()) == 3
