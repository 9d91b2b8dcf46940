"""Another token for servers, while the cluster runs. Agents have one of their own here."""

from __future__ import annotations

import re
import secrets

import cluster
import pytest
from hosts import DATA, Host, until

DONE = "Token rotated, restart k3s nodes with new token"
KEPT = "/etc/rancher/k3s/token"
NEW = secrets.token_hex(16)


def written(host: Host) -> str:
    """The secret part of the token that the server has left for people."""
    return host.run(f"cat {DATA}/server/token").strip().rpartition(":")[2]


def use(host: Host, token: str) -> None:
    host.put(KEPT, f"{token}\n")


@pytest.fixture(scope="module")
def old(servers: list[Host]) -> str:
    """Return the token of the cluster until now."""
    return servers[0].run(f"cat {KEPT}").strip()


@pytest.fixture(scope="module")
def rotated(servers: list[Host], old: str) -> list[Host]:
    """Return the servers: the datastore has another token, and none of them has been started with it."""
    done = servers[0].attempt(f"k3s token rotate --token {old} --new-token {NEW}")
    assert done.status == 0, done.output
    assert DONE in done.output
    return servers


def test_a_stopped_server_rotates_nothing(servers: list[Host]) -> None:
    third = servers[2]
    third.run("systemctl stop k3s")
    done = third.attempt(f"k3s token rotate --token $(cat {KEPT}) --new-token other")
    third.run("timeout 150 systemctl start k3s")
    third.await_node("server3")
    assert done.status != 0
    # Reset where the API server is just going.
    assert re.search("connection (refused|reset by peer)", done.output), done.output


def test_who_does_not_know_the_token_rotates_nothing(servers: list[Host], old: str) -> None:
    done = servers[0].attempt("k3s token rotate --token wrong --new-token other")
    assert done.status != 0
    assert "not authorized" in done.output
    assert written(servers[0]) == old


def test_a_token_is_made_where_none_is_given(servers: list[Host], old: str) -> None:
    done = servers[0].attempt(f"K3S_TOKEN={old} k3s token rotate")
    assert done.status == 0, done.output
    assert "Recommended to keep a record of the old token" in done.answer
    assert re.fullmatch("[0-9a-f]{32}", written(servers[0]))
    assert written(servers[0]) != old


def test_the_server_that_was_asked_writes_it_down(rotated: list[Host]) -> None:
    assert written(rotated[0]) == NEW
    assert not rotated[0].run(f"cat {DATA}/server/agent-token").strip().endswith(NEW)


def test_the_others_go_on_as_they_are(rotated: list[Host], old: str) -> None:
    assert written(rotated[1]) == old
    assert len(rotated[1].members()) == 3


def test_a_server_knows_the_token_that_it_was_started_with(rotated: list[Host], old: str) -> None:
    """The one that it has written down is of no use before a restart."""
    done = rotated[0].attempt("k3s secrets-encrypt status")
    assert done.status != 0
    assert "not authorized" in done.output
    rotated[0].run(f"k3s secrets-encrypt status --token {old}")


def test_the_new_token_starts_the_others(rotated: list[Host]) -> None:
    for host in rotated[1:]:
        use(host, NEW)
        host.run("timeout 150 systemctl restart k3s")
        host.await_node(host.name)
        until(lambda h=host: written(h) == NEW, f"{host.name} has written the new token down", 30)


def test_the_old_token_starts_no_server_any_more(rotated: list[Host], old: str) -> None:
    first = rotated[0]
    assert first.run(f"cat {KEPT}").strip() == old
    first.run("systemctl stop k3s")
    done = first.attempt("timeout 100 k3s server", timeout=130)
    assert done.status not in (0, 124), done.output[-2000:]
    assert "bootstrap data already found and encrypted with different token" in done.output


def test_the_new_token_makes_that_good(rotated: list[Host]) -> None:
    """The server that was asked comes last."""
    first = rotated[0]
    use(first, NEW)
    first.run("timeout 150 systemctl start k3s")
    first.await_node("server1")
    assert written(first) == NEW
    assert len(first.members()) == 3


def test_who_has_only_the_old_token_is_told_nothing(rotated: list[Host], old: str) -> None:
    """In the environment, where others on the host can't read it."""
    for host in rotated:
        done = host.attempt(f"K3S_TOKEN={old} k3s secrets-encrypt status")
        assert done.status != 0
        assert "not authorized" in done.output
        host.run(f"K3S_TOKEN={NEW} k3s secrets-encrypt status")


def test_only_the_new_token_joins(rotated: list[Host], machines: dict[str, Host], old: str) -> None:
    join = f"server --server https://{rotated[0].address}:6443 --token-file /root/old-token"
    machines["agent1"].put("/root/old-token", f"{old}\n")
    assert re.search("not authorized|[Uu]nauthorized", machines["agent1"].refused(join))


def test_agents_keep_their_own_token(rotated: list[Host], agent: Host) -> None:
    agent.run("timeout 150 systemctl restart k3s")
    rotated[0].await_node("agent1", voter=False)


def test_a_server_that_has_nothing_joins_with_the_new_token(rotated: list[Host]) -> None:
    first, _, third = rotated
    # Once a node was removed by an annotation, k3s takes its member for gone; that is another case's matter.
    first.kubectl("annotate node server3 etcd.k3s.cattle.io/remove- etcd.k3s.cattle.io/removed-node-name-")
    third.run("systemctl stop k3s")
    first.kubectl("delete node server3 --timeout=60s")
    until(lambda: third.address not in first.members(), "the member is gone")
    third.run(f"rm -rf {DATA}/server {DATA}/agent/etc {DATA}/agent/*.crt {DATA}/agent/*.key /etc/rancher/node")
    cluster.join(third, first)
    assert written(third) == NEW
