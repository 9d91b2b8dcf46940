"""The playbook mirror, and where others take packages from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import versions
from ansible_collections.metalstack.autonomous.tests.unit.playbooks.playbook_tasks import evaluated
from ansible_collections.metalstack.autonomous.tests.unit.playbooks.site_variables import site_variables

ROOT = Path(__file__).resolve().parents[3]
WORD = re.compile(r"[a-z0-9][a-z0-9.+-]+")


def installs(tasks: Any) -> Any:
    """Every task that installs packages, also inside of blocks."""
    for task in tasks or []:
        if "ansible.builtin.apt" in task:
            yield task["ansible.builtin.apt"]["name"]
        for key in ("block", "rescue", "always"):
            yield from installs(task.get(key))


def packages(role: Path) -> set[str]:
    """What a role may install; of a template every package that it names."""
    found: set[str] = set()
    variables = role / "vars/main.yml"
    known = yaml.safe_load(variables.read_text()) if variables.exists() else {}
    for file in (role / "tasks").rglob("*.yml"):
        for wanted in installs(yaml.safe_load(file.read_text())):
            if isinstance(wanted, str) and (name := re.fullmatch(r"\{\{ (\w+) \}\}", wanted)):
                wanted = known[name[1]]
            if isinstance(wanted, str) and "{{" in wanted:
                wanted = [one for one in re.findall(r"'([^']+)'", wanted) if one != "cluster"]
            found |= {wanted} if isinstance(wanted, str) else set(wanted)
    assert all(WORD.fullmatch(name) for name in found), found
    return found


def test_a_mirror_has_whatever_a_role_installs() -> None:
    found = set().union(*(packages(role) for role in (ROOT / "roles").iterdir()))
    assert {"chrony", "pdns-server", "victoria-metrics", "nginx", "restic", "unbound"} <= found
    mirrored = site_variables()["mirrored_packages"]
    assert found - set(mirrored) == set()
    # What Ansible itself asks for.
    assert {"python3", "python3-apt"} == set(mirrored) - found
    assert mirrored == sorted(mirrored)


def test_no_playbook_installs_anything_beside_the_roles() -> None:
    assert [path for path in (ROOT / "playbooks").rglob("*.yml") if "builtin.apt" in path.read_text()] == []


def test_every_program_is_looked_up_in_the_mirror_of_a_site_that_is_offline() -> None:
    lookups = [
        value for name, value in site_variables().items()
        if "metalstack.autonomous.artifact'" in str(value) and name != "mirrored_artifacts"
    ]  # fmt: skip
    assert len(lookups) == 7
    assert all(re.search(r"mirror=mirror_of_artifacts,\s+offline=is_offline\)", value) for value in lookups)


def test_a_mirror_has_the_allocator_of_addresses_that_a_site_gets() -> None:
    defaults = yaml.safe_load((ROOT / "roles/kube_vip/defaults/main.yml").read_text())
    wanted = defaults["kube_vip_cloud_provider_version"]
    assert wanted == versions.CLOUD_PROVIDER
    assert f"kube_vip_cloud_provider_version | default('{wanted}')" in site_variables()["mirrored_artifacts"]


@pytest.mark.parametrize("name", ["bootstrap", "patch_hosts", "stage_standby"])
def test_where_packages_come_from_is_settled_before_any_is_installed(name: str) -> None:
    text = (ROOT / f"playbooks/{name}.yml").read_text()
    settled = text.index("tasks/packages.yml")
    roles = ["autonomous.backup\n", "autonomous.chrony", "autonomous.powerdns", "patch_hosts/plan.yml"]
    assert all(settled < text.index(role) for role in roles if role in text)


@pytest.mark.parametrize(
    ("site", "charts"),
    [
        ({}, []),
        ({"site_gardener": True, "gardener_operator_chart": "/srv/operator.tgz"}, []),
        (
            {
                "site_gardener": "true",
                "gardener_operator_chart": "oci://registry.example.net/charts/operator",
                "gardener_gardenlet_chart": "registry.example.net/charts/gardenlet",
            },
            ["oci://registry.example.net/charts/operator:v1.130.0", "registry.example.net/charts/gardenlet:v1.130.0"],
        ),
        (
            {
                "site_gardener": True,
                "gardener_operator_chart": "oci://registry.example.net/charts/operator",
                "gardener_operator_chart_version": "1.130.1",
            },
            ["oci://registry.example.net/charts/operator:1.130.1"],
        ),
    ],
    ids=["no Gardener", "a file", "of a registry", "of a version of its own"],
)
def test_a_mirror_has_the_charts_of_a_garden_that_a_registry_has(site: dict[str, Any], charts: list[str]) -> None:
    variables = {"gardener_version": "v1.130.0", **site}
    assert evaluated(site_variables()["__site_gardener_charts"], **variables) == charts
    assert "+ __site_gardener_charts" in site_variables()["mirrored_images"]
