"""In a play, with Ansible's own diff, and with the roles of the release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from published import ROLE, Publisher, packed, vector

ROOT = Path(__file__).resolve().parents[3]
TASKS = {
    f"metal-roles/control-plane/roles/{name}/tasks/main.yml": json.dumps(tasks).encode()
    for name, tasks in {
        "metal": [{"ansible.builtin.debug": {"msg": "metal-api is {{ metal_api_image_tag }}"}}],
    }.items()
}
DEFAULTS = {
    "metal-roles/common/roles/defaults/defaults/main.yml": json.dumps(
        {
            "metal_stack_release": {
                "mapping": {"metal_api_image_tag": "docker-images.metal-stack.control-plane.metal-api.tag"}
            }
        }
    ).encode()
}


def play(directory: Path, vectors: list[dict], *options: str) -> str:
    """Install the release, run a role of it, and return what Ansible says."""
    release = {"path": str(directory / "stages"), "stage": "initial", "vectors": vectors}
    include = {"name": "{{ release.roles_path }}/metal-roles/control-plane/roles/metal"}
    tasks = [
        {"metalstack.autonomous.metal_stack_release": release, "delegate_to": "localhost", "register": "release"},
        {
            "ansible.builtin.include_role": include,
            "vars": {"metal_api_image_tag": "{{ release.variables.metal_api_image_tag }}"},
            "when": "not ansible_check_mode",
        },
    ]
    (directory / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    (directory / "ansible.cfg").write_text("")
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "server1,", str(directory / "play.yml"), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_play_installs_a_release_and_deploys_with_it(publisher: Publisher, stage, tmp_path):
    publisher.roles()
    publisher.artifact("metal-stack/metal-roles", "v0.28.1", {ROLE: packed({**TASKS, **DEFAULTS})})
    publisher.release("v0.22.18", vector(stage.address, "v1.137.7"))
    vectors = [stage.vector("v0.22.18", oci_registry_username="somebody", oci_registry_password="of-somebody")]
    predicted = play(tmp_path, vectors, "--check", "--diff")
    assert "+docker-images.metal-stack.control-plane.metal-api: v0.45.0" in predicted
    assert "changed=1" in predicted
    assert not (tmp_path / "stages").exists()
    first = play(tmp_path, vectors, "-vvv")
    assert "metal-api is v0.45.0" in first
    assert "of-somebody" not in first
    assert "changed=0" in play(tmp_path, vectors)
