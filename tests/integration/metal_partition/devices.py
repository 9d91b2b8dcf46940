"""A partition whose devices are directories of this machine, reached by Ansible's local connection.

The roles have the places and variables of metal-stack's, and none of their text: each writes what it was given into the
directory of its host, and reports a change, as most of metal-stack's do.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cluster import Cluster
from fake import world
from playing import ROOT, Run, command, environment

ROLES = "metal-roles/partition/roles"
EDIT_KEY = "the edit key of the control plane"
SYNCED = "2026-11-29T18:00:00.111Z"
WRITES = {
    "dhcp": "subnets {{ dhcp_subnets | length }}",
    "sonic-config": "asn {{ sonic_config_asn }}",
    "metal-core": "rack {{ metal_core_rack_id }} of {{ metal_partition_id }} at {{ metal_partition_metal_api_addr }}"
    " key {{ metal_partition_metal_api_hmac_edit_key }} image {{ metal_core_image_tag }}",
}
# In the midst of a role the host is gone: nobody listens there.
LOST = {
    "name": "Lose the connection",
    "ansible.builtin.ping": {},
    "vars": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
    "when": "device_lost | default(false)",
}
COMPONENTS = [
    {"name": "mgmt-servers", "groups": ["mgmtservers"], "roles": ["dhcp"]},
    {"name": "leaves", "groups": ["odd_leaves", "even_leaves"], "roles": ["sonic-config", "metal-core"]},
]


class Roles:
    """A directory with a release and its roles."""

    def __init__(self, path: Path) -> None:
        self.path = path
        mapping = {"metal_core_image_tag": "docker-images.partition.metal-core.tag"}
        defaults = {"metal_stack_release": {"mapping": mapping}}
        self._write("metal-roles/common/roles/defaults/defaults/main.yaml", defaults)
        for name, text in WRITES.items():
            meta = {"dependencies": [{"role": "metal-roles/common/roles/defaults"}]}
            self._write(f"{ROLES}/{name}/meta/main.yml", meta)
            content = f"{text}\n"
            place = "{{ device_directory }}/{{ inventory_hostname }}." + name
            order = f"echo {{{{ inventory_hostname }}}} {name} >> {{{{ device_directory }}}}/order"
            self._write(
                f"{ROLES}/{name}/tasks/main.yaml",
                [
                    # What names a variable takes it, and is deployed when it changes.
                    *([LOST] if name == "sonic-config" else []),
                    {"name": "Write it down", "ansible.builtin.copy": {"dest": place, "content": content}},
                    {"name": "Restart the service", "ansible.builtin.shell": order},
                ],
            )

    def release(self, tag: str) -> Path:
        roles = {"metal-roles": {"repository": "local", "version": "v0.32.0"}}
        images = {"partition": {"metal-core": {"name": "metal-core", "tag": tag}}}
        self._write(f"{tag}.yaml", {"ansible-roles": roles, "docker-images": images})
        return self.path / f"{tag}.yaml"

    def _write(self, path: str, document: Any) -> None:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document))


@dataclass
class Partition:
    """What an inventory says of it."""

    directory: Path
    cluster: Cluster
    api: Any
    roles: Roles
    tag: str = "v0.22.19"
    namespace: str = "metal-control-plane"
    more: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        (self.directory / "devices").mkdir()
        leaf = {"sonic_config_asn": "{{ 4200000000 + number }}", "metal_core_rack_id": "rack01"}
        self.hosts = {"mgmt01": {"dhcp_subnets": []}, "leaf01": {**leaf, "number": 1}, "leaf02": {**leaf, "number": 2}}
        for host in self.hosts.values():
            host["ansible_connection"] = "local"
            host["ansible_python_interpreter"] = sys.executable

    def have_control_plane(self, release: str = "v0.22.19") -> None:
        """As the role C(metal_stack_control_plane) leaves it."""
        if not self.cluster.find(f"/api/v1/namespaces/{self.namespace}"):
            self.cluster.request("/api/v1/namespaces", "POST", {"metadata": {"name": self.namespace}})
        kept = {"metal_api_edit_key": EDIT_KEY, "digest_key": "k"}
        data = {name: base64.b64encode(value.encode()).decode() for name, value in kept.items()}
        place = f"/api/v1/namespaces/{self.namespace}"
        secret = {"metadata": {"name": "metal-stack-control-plane"}, "data": data}
        self.cluster.request(f"{place}/secrets", "POST", secret)
        mark = {"metadata": {"name": "metal-stack-release"}, "data": {"release": release, "begun": ""}}
        self.cluster.request(f"{place}/configmaps", "POST", mark)

    def register(self, *names: str) -> None:
        """As metal-core does when it starts, and takes its configuration every second from then on."""
        self.have(*names)

        def take() -> None:
            while not self.ended.wait(1):
                self.have(*names, time=datetime.now(UTC).isoformat())

        threading.Thread(target=take, daemon=True).start()

    def have(self, *names: str, time: str = SYNCED) -> None:
        """Switches at the API. time: when they took their configuration."""
        for name in names:
            row = {
                "id": name, "rack_id": "rack01", "partition": {"id": "fra", "bootconfig": {}}, "nics": [],
                "os": {"vendor": "SONiC", "version": "4.2", "metal_core_version": ""}, "connections": [],
                "mode": "operational", "last_sync": {"time": time, "duration": 1}, "created": SYNCED,
                "changed": SYNCED,
            }  # fmt: skip
            table = self.api.tables["switch"]
            table.rows = [*(one for one in table.rows if one["id"] != name), row]

    def described(self) -> dict[str, Any]:
        boot = {"image_url": "https://img/initrd", "kernel_url": "https://img/kernel", "commandline": ""}
        vector = {
            "url": str(self.roles.release(self.tag)),
            "variable_mapping_path": "metal_stack_release.mapping",
            "include_role_defaults": "metal-roles/common/roles/defaults",
        }
        network = {"id": "super-fra", "type": "super", "partition": "fra", "prefixes": ["10.128.0.0/14"]}
        given = {
            "id": "fra", "stage": "initial", "kubeconfig": str(self.cluster.kubeconfig), "dns": "metal.example.org",
            "release_vectors": [vector], "release_name": self.tag, "verify": False,
            "roles": {"metal-roles": str(self.roles.path / "metal-roles")},
            "state_path": str(self.directory / "state"), "api_url": self.api.url, "api_version": "v1",
            "api_hmac": world.HMAC_KEY, "properties": {"boot_configuration": boot}, "components": COMPONENTS,
            "sizes": [{"id": "c1-large", "constraints": [{"type": "cores", "min": 1, "max": 8}]}],
            "images": [{"id": "ubuntu-24.04", "url": "https://img/ubuntu", "features": ["machine"]}],
            "networks": [{**network, "default_child_prefix_length": {"ipv4": 22}}],
            "needs": {"sizes": ["c1-large"], "networks": ["super-fra"]},
            "variables": {
                "metal_partition_timezone": "Europe/Berlin", "device_directory": str(self.directory / "devices"),
            },
            "answer_timeout": 60, "switch_timeout": 20, "timeout": 900, **self.more,
        }  # fmt: skip
        return {f"metal_stack_partition_{name}": value for name, value in given.items()}

    def inventory(self) -> Path:
        groups = {"mgmtservers": ["mgmt01"], "odd_leaves": ["leaf01"], "even_leaves": ["leaf02"]}
        children = {name: {"hosts": {one: {} for one in members}} for name, members in groups.items()}
        path = self.directory / "hosts.json"
        everything = {"hosts": self.hosts, "children": children, "vars": self.described()}
        path.write_text(json.dumps({"all": everything}))
        return path

    def deploy(self, *options: str, fails: bool = False) -> Run:
        """Run the playbook C(partition)."""
        called = command(ROOT / "playbooks/partition.yml", *options)
        called[called.index("localhost,")] = str(self.inventory())
        done = subprocess.run(called, env=environment(self.directory), capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        assert (done.returncode != 0) is fails, output[-6000:]
        return Run(done.returncode, output)

    def order(self) -> list[str]:
        """Hosts and roles, in the order in which they were deployed."""
        path = self.directory / "devices/order"
        return path.read_text().splitlines() if path.exists() else []

    def written(self, name: str) -> str:
        return (self.directory / "devices" / name).read_text()
