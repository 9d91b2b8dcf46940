"""What k3s is told, and which of it a restart depends on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import config, layout

ROLE = Path(__file__).resolve().parents[5] / "roles/k3s_cluster"
SETTINGS = {
    "name": "server1",
    "role": "server",
    "node_ip": "",
    "interface": "",
    "api_vip": "198.51.100.10",
    "api_name": "api.lab.example",
    "tls_sans": [],
    "cluster_cidr": "198.18.0.0/16",
    "service_cidr": "198.19.0.0/16",
    "cluster_dns": "198.19.0.10",
    "cluster_domain": "cluster.local",
    "node_cidr_mask": 23,
    "max_pods": 256,
    "disable": ["traefik", "servicelb"],
    "node_labels": [],
    "node_taints": [],
    "local_storage_path": "/data",
    "secrets_encryption": True,
    "hardening": True,
    "allow_cgroup_v1": False,
    "oidc_issuers": [],
    "extra_config": {},
}
SYSTEM = {
    "cgroup": 2,
    "default_interface": "host0",
    "addresses": {"host0": ["198.51.100.10", "198.51.100.11"], "other0": ["203.0.113.5"]},
}


def cluster(**changes) -> dict:
    return config.cluster_config({**SETTINGS, **changes})


def node(system: dict | None = None, **changes) -> dict:
    return config.node_config({**SETTINGS, **changes}, {**SYSTEM, **(system or {})})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"node_ip": "198.51.100.77"}, "198.51.100.77"),
        # The virtual address comes and goes.
        ({}, "198.51.100.11"),
        ({"interface": "other0"}, "203.0.113.5"),
        ({"interface": "gone0"}, ""),
    ],
)
def test_address_of_a_node(changes: dict, expected: str) -> None:
    assert config.node_address({**SETTINGS, **changes}, SYSTEM) == expected


def test_certificates_hold_the_own_address_the_virtual_one_the_name_and_nothing_twice() -> None:
    assert node(tls_sans=["extra.example", "198.51.100.10"])["tls-san"] == [
        "198.51.100.11",
        "198.51.100.10",
        "api.lab.example",
        "extra.example",
    ]


def test_a_growing_cluster_changes_no_file_of_the_servers_that_it_has() -> None:
    assert config.checksums({layout.NODE_FILE: str(node())}) == config.checksums({layout.NODE_FILE: str(node())})
    assert "198.51.100.12" not in str(node())


def test_a_node_has_room_for_its_pods() -> None:
    room = 2 ** (32 - int(re.search(r"\d+", cluster()["kube-controller-manager-arg"][0]).group()))
    assert room > SETTINGS["max_pods"]


@pytest.mark.parametrize(
    ("system", "allowed", "expected"),
    [({"cgroup": 1}, True, True), ({"cgroup": 1}, False, False), ({"cgroup": 2}, True, False)],
)
def test_an_old_cgroup_is_only_taken_where_it_is_and_where_it_is_allowed(
    system: dict, allowed: bool, expected: bool
) -> None:
    assert ("fail-cgroupv1=false" in node(system, allow_cgroup_v1=allowed)["kubelet-arg"]) is expected


def test_no_secret_is_in_the_configuration_only_where_it_lies() -> None:
    assert (cluster()["token-file"], cluster()["agent-token-file"]) == (layout.TOKEN_FILE, layout.AGENT_TOKEN_FILE)
    assert not {"token", "agent-token"} & set(cluster())


def test_an_agent_knows_no_more_than_its_own_token() -> None:
    assert cluster(role="agent") == {"token-file": layout.AGENT_TOKEN_FILE}
    assert "tls-san" not in node(role="agent")


def test_hardening_can_be_left_out() -> None:
    assert cluster(hardening=False)["kube-apiserver-arg"] == []
    assert node(hardening=False)["protect-kernel-defaults"] is False
    assert any(argument.startswith("audit-log-path=") for argument in cluster()["kube-apiserver-arg"])


def test_more_configuration_adds_to_lists_and_replaces_the_rest() -> None:
    merged = cluster(extra_config={"disable": ["metrics-server"], "etcd-expose-metrics": False, "debug": True})
    assert merged["disable"] == ["traefik", "servicelb", "metrics-server"]
    assert (merged["etcd-expose-metrics"], merged["debug"]) == (False, True)


@pytest.mark.parametrize(
    ("server", "expected"),
    [("", {"cluster-init": True}), ("198.51.100.12", {"server": "https://198.51.100.12:6443"})],
)
def test_a_node_founds_or_enters(server: str, expected: dict) -> None:
    assert config.join_config(SETTINGS, server) == expected


def test_labels_and_taints_are_settings_of_the_entry_for_k3s_reads_them_only_then() -> None:
    marks = {"node_labels": ["a=b"], "node_taints": ["c=d:NoSchedule"]}
    assert config.join_config({**SETTINGS, **marks}, "")["node-label"] == ["a=b"]
    assert node(**marks) == node()


def test_neither_join_settings_nor_tokens_decide_on_restarts() -> None:
    files = dict.fromkeys((layout.JOIN_FILE, layout.TOKEN_FILE, layout.AGENT_TOKEN_FILE, layout.SYSCTL_FILE), "x")
    assert config.checksums(files) == {}
    assert list(config.checksums({**files, layout.NODE_FILE: "x", layout.REGISTRIES_FILE: ""})) == [layout.NODE_FILE]


def test_the_unit_records_exactly_the_files_that_decide_on_restarts() -> None:
    unit = (ROLE / "templates/k3s.service.j2").read_text()
    recorded = re.search(r"sha256sum(.*?)>" + layout.STARTED_FILE, unit, re.DOTALL).group(1)
    assert tuple(re.findall(r"/\S+", recorded)) == layout.RESTART_FILES


def test_the_kernel_settings_file_has_them_all() -> None:
    lines = config.sysctl_file().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "vm.panic_on_oom = 0",
        "vm.overcommit_memory = 1",
        "kernel.panic = 10",
        "kernel.panic_on_oops = 1",
    ]


def test_more_configuration_lies_in_the_file_that_sets_the_same_key() -> None:
    extra = {"kubelet-arg": ["eviction-hard=x"], "tls-san": ["other.example"], "etcd-arg": ["quota-backend-bytes=1"]}
    assert not {"kubelet-arg", "tls-san"} & cluster(extra_config=extra).keys()
    assert node(extra_config=extra)["kubelet-arg"][-1] == "eviction-hard=x"
    assert node(extra_config=extra)["tls-san"][-1] == "other.example"
    assert "etcd-arg" not in node(extra_config=extra)
