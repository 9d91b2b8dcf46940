"""What the role judges before it touches anything."""

from __future__ import annotations

import yaml
from played import ROLES

ROLE = ROLES / "metal_stack_partition"
COLLECTION = "metalstack.autonomous"
# They are judged when roles are read, which is when they are installed.
OF_ROLES = {"roles", "allow_unmapped"}


def tasks(name):
    return yaml.safe_load((ROLE / "tasks" / name).read_text())


def test_another_release_is_refused_before_that_of_the_stage_is_another_one():
    order = [one["ansible.builtin.import_tasks"] for one in tasks("main.yml")]
    assert order.index("validate.yml") < order.index("install.yml") < order.index("masterdata.yml")
    plan, info = f"{COLLECTION}.metal_stack_partition_plan", f"{COLLECTION}.metal_stack_release_info"
    (read,) = [one for one in tasks("validate.yml") if info in one]
    (judged,) = [one[plan]["release"] for one in tasks("validate.yml") if "release" in one.get(plan, {})]
    assert judged["installed"] == f"{{{{ {read['register']}.installed }}}}"
    (installed,) = [one[f"{COLLECTION}.metal_stack_release"] for one in tasks("install.yml")]
    assert read[info] == {name: value for name, value in installed.items() if name not in OF_ROLES}
