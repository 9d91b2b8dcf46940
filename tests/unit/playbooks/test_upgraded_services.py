"""What an upgrade makes of the programs beside Kubernetes: its tasks, played on stand-ins."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from played import Played, play

ROOT = Path(__file__).resolve().parents[3]
OLD, NEW = "v1.112.0-cluster", "v1.113.0-cluster"
HOSTS = ("server1", "server2", "ntp1")
IMAGE = "docker.io/grafana/grafana:12.4.3"
STORES = ["vmstorage", "vmselect", "vminsert"]
SITE: dict[str, Any] = {
    "servers": ["server1", "server2"],
    "kube_vip_address": "192.0.2.10",
    "kube_vip_services_range": "",
    "kube_vip_version": "v1.2.2",
    "metrics_programs": STORES,
    "monitoring_servers": ["server1", "server2"],
    "victoria_metrics_artifacts": {name: {"version": NEW} for name in STORES},
    "victoria_metrics_mode": "cluster",
    "grafana_deployment": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "grafana"}},
    "grafana_host": "server1",
    "grafana_image": IMAGE,
    "grafana_state": "present",
    "ansible_python_interpreter": sys.executable,
}


def looked(directory: Path, stores: dict[str, str], grafana: dict[str, Any], **site: Any) -> tuple[Played, Any]:
    """The play, and what is due by host; stores: the version that each server has of all three programs.

    grafana: what the cluster answers.
    """
    rules = yaml.safe_load((ROOT / "playbooks/upgrade.yml").read_text())[1]["vars"]
    text = json.dumps({name: rules[name] for name in ("upgrade_services", "upgrade_grafana", "upgrade_due")})
    # Of an inventory without groups.
    asked = json.loads(text.replace("groups['k3s_servers']", "servers"))
    tasks = directory / "playbook/tasks"
    tasks.mkdir(parents=True)
    (directory / "playbook/vars").mkdir()
    (directory / "playbook/vars/main.yml").write_text("{}")
    (tasks / "services.yml").write_text((ROOT / "playbooks/tasks/upgrade/services.yml").read_text())
    said = {"ansible.builtin.debug": {"msg": "DUE {{ {inventory_hostname: upgrade_due} | to_json | b64encode }}."}}
    (tasks / "play.yml").write_text(json.dumps([{"ansible.builtin.include_tasks": "services.yml"}, said]))
    plugins = directory / "collections/ansible_collections/metalstack/autonomous/plugins"
    plugins.mkdir(parents=True)
    for name in ("filter", "module_utils"):
        (plugins / name).symlink_to(ROOT / "plugins" / name)
    programs = {
        host: {"kube-vip": ["v1.2.2"], **{name: [stores[host]] for name in STORES if host in stores}} for host in HOSTS
    }
    hosts = {host: {"__site_facts": {"facts": {"programs": programs[host]}}} for host in HOSTS}
    ended = play(directory, tasks / "play.yml", {**SITE, **asked, **site}, {"k3s_objects_info": grafana}, hosts)
    due: dict[str, list[str]] = {}
    for one in re.findall(r"DUE ([A-Za-z0-9+/=]+)\.", ended.output):
        due |= json.loads(base64.b64decode(one))
    return ended, due


def deployed(image: str) -> dict[str, Any]:
    return {"objects": [{"spec": {"template": {"spec": {"containers": [{"name": "grafana", "image": image}]}}}}]}


@pytest.mark.parametrize(
    ("site", "stores", "grafana", "due"),
    [
        ({}, {"server1": NEW, "server2": NEW}, deployed(IMAGE), {}),
        (
            {},
            {"server1": NEW, "server2": OLD},
            deployed(IMAGE.replace("12.4.3", "12.3.0")),
            {"server1": ["grafana"], "server2": STORES},
        ),
        (
            {"monitoring_servers": [], "victoria_metrics_artifacts": {}, "kube_vip_version": "v1.3.0"},
            {"server1": OLD, "server2": OLD},
            {"failed": True, "msg": "the cluster does not tell it: refused"},
            {"server1": ["kube-vip"], "server2": ["kube-vip"]},
        ),
        ({"victoria_metrics_mode": "replicated", "grafana_state": "absent"}, {"server1": OLD, "server2": OLD}, {}, {}),
    ],
    ids=["nothing", "a store and Grafana", "kube-vip, and no answer of the cluster", "of what Debian has nothing"],
)
def test_what_is_due(
    tmp_path: Path, site: dict[str, Any], stores: dict[str, str], grafana: dict[str, Any], due: dict[str, list[str]]
) -> None:
    ended, found = looked(tmp_path, stores, grafana, **site)
    assert not ended.failed, ended.output
    assert found == {host: due.get(host, []) for host in HOSTS}
    assert len(ended.of("k3s_objects_info")) == ("grafana_state" not in site)
    for host, names in due.items():
        assert all(
            f"upgrade {name} on {'the cluster' if name == 'grafana' else host} from" in ended.output for name in names
        )
    assert ("Grafana is left as it is" in ended.output) is grafana.get("failed", False)


def test_a_store_that_would_go_back_is_refused_with_the_plan_told(tmp_path: Path) -> None:
    ended, due = looked(tmp_path, {"server1": "v1.114.0-cluster", "server2": OLD}, deployed(IMAGE))
    assert ended.failed and due == {}
    assert f"vmstorage on server1: has v1.114.0-cluster, the inventory asks for {NEW}" in ended.output
    assert f"upgrade vmstorage on server2 from {OLD} to {NEW}" in ended.output
