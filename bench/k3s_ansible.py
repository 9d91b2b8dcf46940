"""k3s-ansible's site.yml in its airgap mode, on the same hosts with the same binary and images.

C(K3S_ANSIBLE) is a checkout of it, C(K3S_INSTALL_SCRIPT) k3s's install script, which that mode runs on the hosts.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import yaml

from bench.report import Figure
from bench.site import SERVERS, TREE, Timed, lab, restarts, timed
from lab import inventory, settings

SAME_CONFIG = {
    "cluster-cidr": "198.18.0.0/16",
    "service-cidr": "198.19.0.0/16",
    "cluster-dns": "198.19.0.10",
    "disable": ["traefik", "servicelb"],
    "secrets-encryption": True,
    "flannel-iface": "host0",
    "kube-controller-manager-arg": ["node-cidr-mask-size=23"],
    "kubelet-arg": ["max-pods=256"],
}


def prepare(work: Path) -> Path:
    """Lay out the airgap directory and the inventory; return the inventory."""
    ours = inventory.load(settings.from_environment())
    shared = ours["all"]["vars"]
    version = shared["site_k3s_version"]
    binary = shared["site_artifacts"]["k3s"][version]["amd64"]["path"]
    airgap = work / "airgap"
    airgap.mkdir()
    shutil.copy(binary, airgap / "k3s")
    shutil.copy(os.environ["K3S_INSTALL_SCRIPT"], airgap / "k3s-install.sh")
    for image in {each["src"] for each in shared["site_airgap_images"]}:
        shutil.copy(image, airgap / f"k3s-airgap-images-amd64{''.join(Path(image).suffixes[-1:])}")
    config = dict(SAME_CONFIG)
    if shared["site_allow_cgroup_v1"]:
        config["kubelet-arg"] = [*SAME_CONFIG["kubelet-arg"], "fail-cgroupv1=false"]
    hosts = {name: {**ours["_meta"]["hostvars"][name]} for name in SERVERS}
    variables = {key: value for key, value in shared.items() if key.startswith("ansible_")} | {
        "k3s_version": version,
        "token": shared["site_k3s_token"],
        "api_endpoint": hosts[SERVERS[0]]["ansible_host"],
        "airgap_dir": str(airgap),
        "server_config_yaml": yaml.safe_dump(config),
    }
    file = work / "k3s-ansible.yml"
    file.touch(0o600)
    file.write_text(
        json.dumps({"k3s_cluster": {"children": {"server": {"hosts": hosts}, "agent": {}}, "vars": variables}})
    )
    return file


def site(checkout: Path, hosts: Path) -> Timed:
    """Run its main playbook."""
    tool = str(Path(sys.executable).parent / "ansible-playbook")
    # Its callbacks and connection settings are its own; roles are found beside its playbooks.
    environment = ["env", f"ANSIBLE_CONFIG={checkout / 'ansible.cfg'}", f"ANSIBLE_ROLES_PATH={checkout / 'roles'}"]
    playbook = str(checkout / "playbooks" / "site.yml")
    return timed(sys.executable, "-m", "lab", "exec", "--", *environment, tool, "-i", str(hosts), playbook, cwd=TREE)


def measure(checkout: Path, work: Path) -> list[Figure]:
    """Run it on wiped hosts, then again with nothing to do."""
    lab("wipe", "--all")
    hosts = prepare(work)
    first = site(checkout, hosts)
    before = restarts()
    again = site(checkout, hosts)
    restarted = sum(before[host] != after for host, after in restarts().items())
    return [
        Figure("k3s-ansible", first.seconds, "bootstrap", f"{first.tasks()} tasks"),
        Figure(
            "k3s-ansible again",
            again.seconds,
            "bootstrap again",
            f"{again.tasks()} tasks, {again.changed()} changed, {restarted} restarts",
        ),
    ]
