"""Which variables a role is handed."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.handed import Roles

ROLES = "metal-roles/control-plane/roles"
FILES = {
    f"{ROLES}/nsq/tasks/main.yaml": "- assert: {that: [nsq_image_tag is defined]}\n",
    f"{ROLES}/nsq/templates/nsq.yaml": "replicas: {{ nsq_replicas }}\n",
    f"{ROLES}/nsq/meta/main.yml": "dependencies:\n  - role: metal-roles/common/roles/defaults\n",
    f"{ROLES}/ipam-db/tasks/main.yaml": (
        f"- include_role:\n    name: {ROLES}/postgres\n  vars:\n    postgres_password: '{{{{ ipam_db_password }}}}'\n"
    ),
    f"{ROLES}/postgres/tasks/main.yml": "- debug: {msg: '{{ postgres_work_mem }}'}\n",
    "metal-roles/common/roles/defaults/defaults/main.yaml": (
        "metal_registry_url: a\nmetal_stack_release:\n  mapping:\n    ipam_db_image_tag: a.b\n"
    ),
    "ansible-common/meta/main.yml": "dependencies: []\n",
    "ansible-common/roles/helm-chart/tasks/main.yaml": "- command: '{{ helm_bin }}'\n",
}


@pytest.fixture
def roles(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Roles(tmp_path)


@pytest.mark.parametrize(
    ("role", "handed", "others"),
    [
        (
            "nsq",
            {"nsq_image_tag", "nsq_replicas", "metal_registry_url"},
            {"ipam_db_password", "ipam_db_image_tag", "helm_bin", "nsq_other"},
        ),
        ("ipam-db", {"ipam_db_password", "postgres_work_mem"}, {"nsq_image_tag", "metal_registry_url"}),
    ],
)
def test_a_role_is_handed_what_its_files_and_those_of_its_roles_name(roles, role, handed, others):
    variables = dict.fromkeys(handed | others, 1)
    assert set(roles.handed([f"{ROLES}/{role}"], variables)) == handed


def test_a_role_that_is_not_there_is_told(roles):
    assert roles.lacking([f"{ROLES}/nsq", f"{ROLES}/valkey"]) == [f"{ROLES}/valkey"]
