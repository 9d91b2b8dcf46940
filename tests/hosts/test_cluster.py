"""What a server must look like after the bootstrap, whoever built it."""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest
from testinfra.host import Host

SECRET_FILES = ["/etc/rancher/k3s/token", "/etc/rancher/k3s/agent-token", "/etc/rancher/k3s/k3s.yaml"]


def kubectl(host: Host, arguments: str) -> dict[str, Any]:
    return json.loads(host.check_output(f"k3s kubectl {arguments} -o json"))


def conditions(node: dict[str, Any]) -> dict[str, str]:
    return {item["type"]: item["status"] for item in node["status"]["conditions"]}


def test_units_run_and_start_at_boot(host: Host) -> None:
    for unit in ["k3s.service", "metalstack-firewall.service"]:
        assert host.service(unit).is_running, unit
        assert host.service(unit).is_enabled, unit


@pytest.mark.parametrize("path", SECRET_FILES)
def test_secrets_are_readable_by_root_alone(host: Host, path: str) -> None:
    file = host.file(path)
    assert (file.user, file.group) == ("root", "root")
    assert stat.S_IMODE(file.mode) == 0o600


def test_binary_is_a_link_to_one_version(host: Host) -> None:
    target = host.file("/usr/local/bin/k3s").linked_to
    assert target.startswith("/opt/k3s/v"), target
    version = target.split("/")[3]
    assert version in host.check_output("/usr/local/bin/k3s --version")


def test_every_server_is_ready_and_a_voter(first: Host, servers: list[str]) -> None:
    nodes = {node["metadata"]["name"]: conditions(node) for node in kubectl(first, "get nodes")["items"]}
    assert set(servers) <= set(nodes)
    for name in servers:
        assert nodes[name]["Ready"] == "True", name
        assert nodes[name]["EtcdIsVoter"] == "True", name


def test_all_servers_carry_one_cluster(servers: list[str], host: Host, first: Host) -> None:
    identity = "get namespace kube-system"
    assert kubectl(host, identity)["metadata"]["uid"] == kubectl(first, identity)["metadata"]["uid"]


def test_add_ons_of_the_cluster_run(first: Host) -> None:
    deployments = {item["metadata"]["name"]: item for item in kubectl(first, "-n kube-system get deployments")["items"]}
    for name in ["coredns", "local-path-provisioner"]:
        assert deployments[name]["status"].get("readyReplicas", 0) >= 1, name
    assert "traefik" not in deployments


def test_secrets_are_encrypted_at_rest(first: Host) -> None:
    first.check_output(
        "k3s kubectl -n default create secret generic at-rest --from-literal=word=plaintext-canary "
        "--dry-run=client -o yaml | k3s kubectl apply -f -"
    )
    found = first.run("grep -rlaF plaintext-canary /var/lib/rancher/k3s/server/db/etcd/member")
    first.check_output("k3s kubectl -n default delete secret at-rest")
    assert found.rc == 1, f"the secret stands in clear in {found.stdout}"


def test_address_of_the_api_is_held_by_one_server(site: dict[str, Any], everyone: dict[str, Host]) -> None:
    address = site.get("site_api_vip", "")
    held = [name for name, host in everyone.items() if f" {address}/" in host.check_output("ip -o -4 address show")]
    assert len(held) == (1 if address else 0), held


def test_nodes_hold_a_range_for_all_their_pods(first: Host) -> None:
    for node in kubectl(first, "get nodes -l node-role.kubernetes.io/control-plane")["items"]:
        assert int(node["status"]["capacity"]["pods"]) == 256
        assert node["spec"]["podCIDR"].endswith("/23")


def test_requests_are_audited(host: Host) -> None:
    log = host.file("/var/lib/rancher/k3s/server/logs/audit.log")
    assert log.size > 0
    assert stat.S_IMODE(log.mode) == 0o600


@pytest.mark.parametrize("port", [6443, 10250])
def test_nothing_older_than_tls_1_2_is_spoken(host: Host, port: int) -> None:
    ask = f"timeout 5 openssl s_client -connect 127.0.0.1:{port} -cipher DEFAULT@SECLEVEL=0"
    assert "BEGIN CERTIFICATE" in host.run(f"{ask} -tls1_2 </dev/null 2>&1").stdout
    # The refusal is the server's: this client would speak it.
    assert "alert protocol version" in host.run(f"{ask} -tls1_1 </dev/null 2>&1").stdout


def test_the_kernel_is_as_kubernetes_expects_it(host: Host) -> None:
    assert host.sysctl("kernel.panic") == 10
    assert host.sysctl("vm.overcommit_memory") == 1
