"""The inputs of a site, as the playbooks use them."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.variables import REMOVED, VARIABLES
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.versions import CLOUD_PROVIDER, STEP_CA

TREE = Path(__file__).resolve().parents[5]
USED = re.compile(r"(?<!__)\bsite_[a-z0-9_]+\b")
# a default that is no template
DEFAULT = re.compile(r"\b(site_[a-z0-9_]+) \| default\(('[^'~]*'|true|false|\[\]|\{\})\)")
# plugins that only look like inputs
PLUGINS = {path.stem for kind in ("modules", "filter") for path in (TREE / "plugins" / kind).glob("site_*.py")}
MAPPING = "\n".join(path.read_text() for path in (TREE / "playbooks/roles/site/vars/main").glob("*.yml"))
UPGRADE = (TREE / "playbooks/upgrade.yml").read_text()


def test_playbooks_use_known_inputs_only() -> None:
    texts = [path.read_text() for path in (TREE / "playbooks").rglob("*.yml")]
    used = {name for text in texts for name in USED.findall(text)} - PLUGINS
    assert used - VARIABLES.keys() == set()


def test_a_default_is_the_same_where_it_is_judged_and_where_it_is_used() -> None:
    used = {name: yaml.safe_load(default) for name, default in DEFAULT.findall(MAPPING)}
    assert used
    judged = {name: VARIABLES[name].default for name in used}
    assert used == {name: list(value) if isinstance(value, tuple) else value for name, value in judged.items()}


def test_the_cloud_provider_is_the_one_that_the_role_installs() -> None:
    defaults = yaml.safe_load((TREE / "roles/kube_vip/defaults/main.yml").read_text())
    assert defaults["kube_vip_cloud_provider_version"] == CLOUD_PROVIDER
    looked_for = re.findall(r"kube_vip_cloud_provider_version \| default\('([^']+)'\)", UPGRADE)
    assert looked_for == [CLOUD_PROVIDER]


def test_the_authority_is_the_one_that_the_role_installs() -> None:
    defaults = yaml.safe_load((TREE / "roles/acme_ca/defaults/main.yml").read_text())
    assert defaults["acme_ca_version"] == STEP_CA
    given = (TREE / "playbooks/roles/site/vars/main/acme_ca.yml").read_text()
    assert re.findall(r"acme_ca_version \| default\('([^']+)'\)", given) == [STEP_CA]


def test_the_version_of_the_cloud_provider_is_for_an_inventory_to_set() -> None:
    assert not re.search(r"^kube_vip_cloud_provider_version:", MAPPING, re.MULTILINE)


def test_nothing_is_both_known_and_removed() -> None:
    assert VARIABLES.keys() & REMOVED.keys() == set()
    assert {removed.instead for removed in REMOVED.values()} <= VARIABLES.keys()
