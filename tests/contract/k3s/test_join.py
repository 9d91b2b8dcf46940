"""Joining: who is refused and with which words, and what joining makes of a host."""

from __future__ import annotations

import re

import cluster
from hosts import Host

COMMON = "--cluster-cidr 198.18.0.0/16 --service-cidr 198.19.0.0/16 --disable servicelb --secrets-encryption"
JOIN = f"server --server https://198.51.100.11:6443 {COMMON}"
UNAUTHORIZED = re.compile(r"401|unauthorized|not authorized", re.IGNORECASE)


def test_a_wrong_token_is_refused(machines: dict[str, Host], founder: Host) -> None:
    said = machines["agent1"].refused(f"{JOIN} --token wrong")
    assert "failed to bootstrap cluster data" in said
    assert UNAUTHORIZED.search(said)


def test_the_agents_token_may_not_join_a_server(machines: dict[str, Host], founder: Host) -> None:
    assert UNAUTHORIZED.search(machines["agent1"].refused(f"{JOIN} --token-file /etc/rancher/k3s/agent-token"))


def test_a_token_of_another_cluster_is_refused(machines: dict[str, Host], founder: Host) -> None:
    said = machines["agent1"].refused(f"{JOIN} --token K10{'0' * 64}::server:{cluster.TOKEN}")
    assert "token CA hash does not match the Cluster CA certificate hash" in said


def test_a_malformed_token_is_refused(machines: dict[str, Host], founder: Host) -> None:
    assert "invalid token" in machines["agent1"].refused(f"{JOIN} --token K10abc")


def test_a_server_that_differs_in_what_all_must_share_is_refused(machines: dict[str, Host], founder: Host) -> None:
    said = machines["agent1"].refused(
        "server --server https://198.51.100.11:6443 --cluster-cidr 198.20.0.0/16 --token-file /etc/rancher/k3s/token"
        " --agent-token-file /etc/rancher/k3s/agent-token"
    )
    assert "critical configuration value mismatch between servers" in said


def test_servers_join_one_etcd_and_become_voters(servers: list[Host]) -> None:
    voters = dict.fromkeys((host.address for host in servers), True)
    assert all(host.members() == voters for host in servers)


def test_servers_share_authorities_and_keys(servers: list[Host]) -> None:
    names = "tls/server-ca.crt tls/client-ca.key tls/service.key tls/etcd/peer-ca.key cred/encryption-config.json"
    seen = {host.run(f"cd /var/lib/rancher/k3s/server && sha256sum {names} token") for host in servers}
    assert len(seen) == 1


def test_a_pod_is_reached_from_another_host(servers: list[Host]) -> None:
    servers[0].kubectl("-n kube-system rollout status deployment coredns --timeout=90s")
    service = servers[0].get("-n kube-system service kube-dns")["spec"]["clusterIP"]
    # A server that has just joined gets kube-proxy's rules a moment later: each try is a flow of its own.
    script = f"""import socket, time
name = b"\\x0akubernetes\\x07default\\x03svc\\x07cluster\\x05local\\x00"
packet = b"\\x12\\x34\\x01\\x00\\x00\\x01" + bytes(6) + name + b"\\x00\\x01\\x00\\x01"
for _ in range(30):
    query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    query.settimeout(1)
    try:
        query.sendto(packet, ("{service}", 53))
        print(query.recv(512)[-4:] == socket.inet_aton("198.19.0.1"))
        break
    except OSError as error:
        print(error)
        time.sleep(0.2)
"""
    for host in servers:
        answers = host.run("python3 -", script.encode()).split("\n")
        assert "True" in answers, f"{host.name}: {answers}"


def test_a_datastore_outweighs_how_it_was_begun(servers: list[Host]) -> None:
    second = servers[1]
    second.configure(**cluster.COMMON, cluster_init=True, node_ip=second.address)
    try:
        second.run("timeout 120 systemctl restart k3s")
        assert len(second.members()) == 3
    finally:
        cluster.join(second, servers[0])


def test_another_token_does_not_open_a_datastore(servers: list[Host]) -> None:
    second = servers[1]
    second.run("systemctl stop k3s")
    second.put("/etc/rancher/k3s/another-token", "another")
    done = second.attempt("timeout 60 k3s server --token-file /etc/rancher/k3s/another-token", timeout=90)
    cluster.join(second, servers[0])
    assert done.status not in (0, 124)
    assert "bootstrap data already found and encrypted with different token" in done.output
