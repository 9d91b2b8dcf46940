"""Leaving etcd, and coming back."""

from __future__ import annotations

import cluster
from hosts import DATA, Host, until

ETCD = "etcd.k3s.cattle.io"


def empty(host: Host) -> None:
    host.run(f"systemctl stop k3s; rm -rf {DATA}/server {DATA}/agent/etc {DATA}/agent/*.crt {DATA}/agent/*.key")


def test_a_member_that_lost_its_data_may_not_return_while_its_node_is_there(servers: list[Host]) -> None:
    third = servers[2]
    empty(third)
    done = third.attempt("timeout 60 k3s server", timeout=90)
    assert done.status != 124, "it did not end"
    assert "duplicate node name found, please use a unique name for this node" in done.output


def test_deleting_the_node_removes_the_member_and_makes_room(servers: list[Host]) -> None:
    first, _, third = servers
    empty(third)
    first.kubectl("delete node server3 --timeout=60s")
    until(lambda: third.address not in first.members(), "the member is gone")
    third.run("rm -rf /etc/rancher/node")
    cluster.join(third, first)
    assert first.members()[third.address], "a node is shown as voter while its member learns"


def rejoin(third: Host, first: Host) -> None:
    """A server that was removed from etcd notices it, and comes back as a new member when it is restarted."""
    before = third.run(f"cat {DATA}/server/db/etcd/name")
    until(lambda: third.attempt(f"test -e {DATA}/server/db/etcd/tombstone").status == 0, "it knows that it was removed")
    third.run("timeout 150 systemctl restart k3s")
    assert third.run(f"cat {DATA}/server/db/etcd/name") != before
    # The node may still say what it said before it left: only the member list tells that it is back.
    until(lambda: first.members()[third.address], "it is a voter again")
    first.await_node("server3")


def test_a_running_server_whose_node_is_deleted_joins_again_when_restarted(servers: list[Host]) -> None:
    first, _, third = servers
    first.kubectl("delete node server3 --timeout=60s")
    until(lambda: third.address not in first.members(), "the member is gone")
    rejoin(third, first)


def test_the_annotation_removes_the_member_until_it_joins_again(servers: list[Host]) -> None:
    first, _, third = servers
    name = third.run(f"cat {DATA}/server/db/etcd/name").strip()
    first.kubectl("annotate node server3 etcd.k3s.cattle.io/remove=true")
    until(lambda: third.address not in first.members(), "the member is gone")
    said = until(lambda: first.get("node server3")["metadata"]["annotations"][f"{ETCD}/removed-node-name"], "a note")
    assert said == name
    rejoin(third, first)


def test_a_lone_member_of_three_is_never_ready_and_all_together_are(servers: list[Host]) -> None:
    for host in servers:
        host.run("systemctl stop k3s")
    assert servers[0].attempt("timeout 15 systemctl start k3s").status != 0
    for host in servers[1:]:
        host.run("systemctl start --no-block k3s")
    for host in servers:
        host.run("timeout 120 systemctl start k3s")
    assert all(servers[0].members().values())
