"""In which situations nothing may be done at all."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import decide
from found import (
    THREE,
    agent,
    changed,
    host,
    live,
    member,
    other_cluster,
    outdated,
    running,
    stopped,
    unseen,
    view,
)


def with_settings(found: dict, **settings) -> dict:
    return {**found, "settings": {**found["settings"], **settings}}


ISSUER = {"url": "https://id.example.net", "audiences": ["k3s"]}
REFUSALS = {
    "no server": ([agent("agent1")], "no server in the inventory"),
    "two servers": ([host("server1"), host("server2")], "2 servers (server1, server2): etcd needs an odd number"),
    "new hosts, one does not answer": (
        [host("server1"), host("server2"), unseen("server3")],
        "server3 did not answer (unreachable, or left out by --limit) and may hold the cluster's data",
    ),
    "a server is to enter while another does not answer": (
        running(("server2", host("server2")), ("server3", unseen("server3"))),
        "nothing is changed in a cluster that is not complete",
    ),
    "a restart is due while another does not answer": (
        running(("server2", outdated(live("server2", THREE))), ("server3", unseen("server3"))),
        "nothing is changed in a cluster that is not complete",
    ),
    "a lone server with data, the others do not answer": (
        [stopped("server1"), unseen("server2"), unseen("server3")],
        "the others are no majority",
    ),
    "two clusters": (
        running(("server3", other_cluster(live("server3", ["server3"])))),
        "different clusters, told apart by their kube-system UID: server1, server2 (uid-1) against server3 (uid-2)",
    ),
    "two clusters, both stopped, known by their authority": (
        [stopped("server1"), stopped("server2"), changed(stopped("server3"), ca="ca-2")],
        "told apart by their certificate authority",
    ),
    "a stranger in etcd while a server is to enter": (
        view(running(("server3", host("server3"))), lambda seen: seen["etcd"]["members"].append(member("server9"))),
        "etcd has a member server9-0a1b2c3d that is no server of this inventory",
    ),
    "an alarm while a restart is due": (
        view(
            running(("server2", outdated(live("server2", THREE)))),
            lambda seen: seen["etcd"].update(alarms=["NOSPACE on server2"]),
        ),
        "etcd raises NOSPACE on server2, expected no alarm",
    ),
    "another version": (
        running(("server2", changed(live("server2", THREE), installed_version="v1.34.4+k3s1"))),
        "server2: runs v1.34.4+k3s1, the inventory asks for v1.35.4+k3s1 -> upgrade",
    ),
    "another version on an agent": (
        [*running(), changed(agent("agent1"), installed_version="v1.34.4+k3s1")],
        "agent1: runs v1.34.4+k3s1",
    ),
    "another token": (
        running(("server2", changed(live("server2", THREE), token_matches=False))),
        "server2: its cluster uses another token",
    ),
    "another agent token": (
        running(("server2", changed(live("server2", THREE), agent_token_matches=False))),
        "server2: its cluster uses another agent token",
    ),
    "another pod network": (
        running(("server1", changed(live("server1", THREE), immutable={"cluster-cidr": "10.42.0.0/16"}))),
        "cluster-cidr is 10.42.0.0/16 for the life of the cluster, the inventory asks for 198.18.0.0/16",
    ),
    "encryption switched off": (
        running(("server1", changed(live("server1", THREE), immutable={"secrets-encryption": "false"}))),
        "secrets-encryption is false for the life of the cluster, the inventory asks for true",
    ),
    "data in SQLite": ([changed(stopped("server1"), datastore="sqlite")], "SQLite, expected embedded etcd"),
    "every server was removed from its cluster": (
        [changed(stopped("server1"), datastore="removed")],
        "was removed from its cluster -> restore",
    ),
    "an old kernel set-up": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "cgroup": 1})],
        "server1: cgroup v1, expected v2",
    ),
    "an architecture that nobody builds for": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "architecture": "riscv64"})],
        "architecture riscv64",
    ),
    "a port in use": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "listeners": [22, 6443]})],
        "server1: something listens on 6443 already",
    ),
    "a full disk": (
        [changed(host("server1"), system={**host("server1")["seen"]["system"], "free_bytes": {"/opt": 100 << 20}})],
        "server1: 100 MiB free for /opt, expected 1024",
    ),
    "volumes inside what a reset removes": (
        [with_settings(host("server1"), local_storage_path="/var/lib/rancher/k3s/storage")],
        "k3s_cluster_local_storage_path is /var/lib/rancher/k3s/storage, inside what is removed with k3s",
    ),
    "more pods than addresses": (
        [with_settings(host("server1"), max_pods=600)],
        "k3s_cluster_max_pods is 600, a node's range of /23 holds 512 addresses",
    ),
    "a setting that has a variable of its own": (
        [with_settings(host("server1"), extra_config={"node-ip": "198.51.100.99"})],
        "k3s_cluster_extra_config sets node-ip",
    ),
    "an issuer that could name its bearer as it likes": (
        [with_settings(host("server1"), oidc_issuers=[{**ISSUER, "username_prefix": ""}])],
        "k3s_cluster_oidc_issuers (of a site: site_oidc_issuers): https://id.example.net: username_prefix is ''",
    ),
    "issuers in two places": (
        [
            with_settings(
                host("server1"), oidc_issuers=[ISSUER], extra_config={"kube-apiserver-arg": ["oidc-client-id=k3s"]}
            )
        ],
        "k3s_cluster_extra_config has oidc-client-id=k3s, which the API does not take beside k3s_cluster_oidc_issuers",
    ),
    "no address": ([{**host("server1"), "address": ""}], "server1: no address found"),
}


def test_a_token_that_an_interrupted_first_run_has_left_binds_nobody() -> None:
    left = changed(host("server1"), token_matches=False, agent_token_matches=False)
    assert decide.plan([left])["refusals"] == []


@pytest.mark.parametrize("situation", REFUSALS)
def test_refusal(situation: str) -> None:
    hosts, expected = REFUSALS[situation]
    plan = decide.plan(copy.deepcopy(hosts))
    assert expected in "\n".join(plan["refusals"])
    assert (plan["start"], plan["steps"], plan["marks"]) == ([], [], [])
