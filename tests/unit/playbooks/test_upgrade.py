"""What an upgrade says of the way back, and what has to be well before it."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
UPGRADE = "Upgrade the cluster"
OLD = "v1.34.4+k3s1"
# The second one was begun by an earlier run, and another one restarts first.
STEPS = [
    {"action": "restart", "role": "server"},
    {"action": "upgrade", "role": "server", "from": ""},
    {"action": "upgrade", "role": "server", "from": OLD},
]
AGENTS = [{"action": "upgrade", "role": "agent", "from": OLD}]


def play():
    (found,) = [one for one in yaml.safe_load((PLAYBOOKS / "upgrade.yml").read_text()) if one["name"] == UPGRADE]
    return found


def tasks():
    """What an upgrade does in its order, with what it includes before the first server stops."""
    (upgrade,) = [one for one in play()["tasks"] if one["name"] == "Upgrade"]
    before = yaml.safe_load((PLAYBOOKS / "tasks/upgrade/before.yml").read_text())
    return [each for one in upgrade["block"] for each in (before if one["name"] == "Make ready" else [one])]


def way_back(variables):
    rules = play()["vars"]
    servers = NativeEnvironment().from_string(rules["upgrade_servers"]).render(variables)
    present = NativeEnvironment().from_string(rules["upgrade_from"]).render(upgrade_servers=servers)
    environment = jinja2.Environment()
    environment.filters["bool"] = bool
    saved = environment.from_string(rules["upgrade_saved"]).render(**variables, upgrade_from=present)
    told = {name: rules[name] for name in ("upgrade_unsaved", "upgrade_unneeded")}
    told.update(upgrade_saved=saved, upgrade_servers=servers)
    words = environment.from_string(rules["k3s_cluster_way_back"]).render(**variables, **told)
    return " ".join(words.split())


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"__k3s_cluster_plan": {"steps": STEPS, "resumes": False}, "__site_set_name": "20261129T120000Z-x"},
            f"restore with site_k3s_version={OLD} and restore_set=20261129T120000Z-x",
        ),
        (
            {"__k3s_cluster_plan": {"steps": STEPS, "resumes": True}, "__site_set_name": "20261129T120000Z-x"},
            f"restore with site_k3s_version={OLD} and as restore_set the newest that is named before-upgrade",
        ),
        (
            {"__k3s_cluster_plan": {"steps": STEPS, "resumes": False}},
            f"restore with site_k3s_version={OLD} and as restore_set the newest that is named before-upgrade",
        ),
        ({}, "none is needed, since no server changes; an agent goes back by itself"),
        (
            {"__k3s_cluster_plan": {"steps": AGENTS, "resumes": True}, "__site_set_name": "20261129T120000Z-x"},
            "none is needed, since no server changes; an agent goes back by itself",
        ),
        (
            {"__k3s_cluster_plan": {"steps": STEPS, "resumes": False}, "upgrade_without_backup": True},
            "none that this run has made, since upgrade_without_backup was asked for",
        ),
    ],
    ids=["begun now", "gone on with", "without a set", "before there is a plan", "agents alone", "declined"],
)
def test_the_way_back_names_the_set_and_the_version(variables, words):
    assert way_back(variables).endswith(words)


def test_what_is_wrong_already_is_found_before_a_set_is_made_or_a_server_stops():
    order = ("Prepare", "See that all is well before", "Have a way back", "Upgrade Kubernetes", "Finish")
    assert [one["name"] for one in tasks() if one["name"] in order] == list(order)


@pytest.mark.parametrize(
    ("host", "upgrades", "looks"),
    [
        ("server1", ["server1", "server2"], True),
        ("server2", ["server1", "server2"], False),
        ("ns1", ["server1", "server2"], True),
        ("server1", [], False),
    ],
    ids=["a server that lives", "one that fails and is to be mended", "a name server outside", "nothing to do"],
)
def test_every_host_has_to_be_well_before_but_those_that_are_to_be_mended(host, upgrades, looks):
    (task,) = [one for one in tasks() if one["name"] == "See that all is well before"]
    variables = {
        "inventory_hostname": host,
        "groups": {"k3s_servers": ["server1", "server2"]},
        "__k3s_cluster_plan": {"upgrades": upgrades, "live_hosts": ["server1"]},
    }
    assert all(jinja2.Environment().compile_expression(one)(**variables) for one in task["when"]) is looks


@pytest.mark.parametrize(
    ("host", "upgrades", "due", "changes"),
    [
        ("server1", [], [], []),
        ("server1", ["server2"], [], ["upgrade_changes", "upgrade_addresses"]),
        ("server1", [], ["kube-vip"], ["upgrade_changes", "upgrade_addresses"]),
        ("server1", [], ["vmselect"], ["upgrade_changes", "upgrade_stores"]),
        ("server1", [], ["grafana"], ["upgrade_changes"]),
        ("ns1", [], [], []),
        ("ns1", ["server2"], [], ["upgrade_changes"]),
    ],
    ids=["nothing", "k3s", "kube-vip", "a store", "Grafana", "nothing of a name server", "a name server beside k3s"],
)
def test_a_host_that_has_its_versions_is_left_alone(
    host: str, upgrades: list[str], due: list[str], changes: list[str]
) -> None:
    variables = {
        "inventory_hostname": host,
        "groups": {"k3s_servers": ["server1", "server2"]},
        "__k3s_cluster_plan": {"upgrades": upgrades},
        "upgrade_due": due,
        "metrics_programs": ["vmstorage", "vmselect", "vminsert"],
    }
    names = ("upgrade_changes", "upgrade_addresses", "upgrade_stores")
    environment = NativeEnvironment()
    environment.filters["intersect"] = lambda some, others: [one for one in some if one in others]
    environment.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None
    told = {name: environment.from_string(play()["vars"][name]).render(variables) for name in names}
    assert [name for name in names if told[name]] == changes


def test_programs_are_fetched_before_the_first_server_stops_and_run_after_the_last() -> None:
    listed = [one["name"] for one in tasks()]
    after = [one["name"] for one in yaml.safe_load((PLAYBOOKS / "tasks/upgrade/after.yml").read_text())]
    assert listed.index("Judge the other programs") < listed.index("Prepare")
    assert listed.index("Fetch the programs of the stores") < listed.index("Upgrade Kubernetes")
    # A set of what Kubernetes has become hangs on none of the others.
    assert after == [
        "Hold the addresses",
        "Back up what has become of it",
        "Have the stores run their version",
        "Have the cluster run its Grafana",
    ]


@pytest.mark.parametrize(
    ("address", "services", "programs"),
    [
        ("", "", []),
        ("192.0.2.10", "", ["kube-vip"]),
        ("", "192.0.2.64/28", ["kube-vip", "kube-vip-cloud-provider"]),
    ],
    ids=["one server that is asked at its own", "the API's", "those of Services"],
)
def test_a_site_without_addresses_that_move_lacks_no_program_for_them(address, services, programs):
    variables = {"kube_vip_address": address, "kube_vip_services_range": services, "kube_vip_version": "v1"}
    environment = NativeEnvironment()
    environment.filters["combine"] = lambda one, other: {**one, **other}
    first = play()["vars"]["upgrade_services"][0]
    assert sorted(environment.from_string(first["versions"]).render(variables)) == programs
