"""What a site needs to have Grafana on its cluster."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import offline, secrets
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.variables import VARIABLES
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import (
    CONTROLLER,
    MONITORED,
    site,
)

SHOWN: dict[str, t.Any] = {
    **MONITORED,
    "site_grafana": True,
    "site_grafana_admin_password": "7c1e9a40d52f4b8396a8e0d3b5f21c64",
}
ROOT = Path(__file__).resolve().parents[5]
DIGEST = f"@sha256:{'0123456789abcdef' * 4}"


def found(**changed: t.Any) -> list[tuple[str, str]]:
    return [(one.id, one.variable) for one in offline.check(site(**{**SHOWN, **changed}), CONTROLLER)]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"site_grafana_address": "198.51.100.205"},
        {"site_grafana_image": "registry.example.net:5000/mirror/grafana:12.4.3"},
        {"site_grafana_image": f"docker.io/grafana/grafana{DIGEST}"},
        {"site_grafana_image": f"docker.io/grafana/grafana:latest{DIGEST}"},
    ],
)
def test_a_site_that_has_it_is_taken(changed: dict[str, t.Any]) -> None:
    assert found(**changed) == []


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"site_monitoring": False}, "site_grafana"),
        ({"site_grafana_image": "grafana/grafana"}, "site_grafana_image"),
        ({"site_grafana_image": "docker.io/grafana/grafana:latest"}, "site_grafana_image"),
        ({"site_grafana_image": "docker.io/grafana/grafana@sha256:0123"}, "site_grafana_image"),
        ({"site_grafana_image": "docker.io/Grafana/grafana:12.4.3"}, "site_grafana_image"),
        ({"site_grafana_address": "198.51.100.10"}, "site_grafana_address"),
        ({"site_grafana_address": "grafana"}, "site_grafana_address"),
        ({"site_grafana_address": "198.51.100.205", "site_load_balancer_range": None}, "site_grafana_address"),
    ],
)
def test_what_it_cannot_have_is_said(changed: dict[str, t.Any], variable: str) -> None:
    assert found(**changed) == [("V66", variable)]


def test_a_malformed_range_is_told_once() -> None:
    assert found(site_grafana_address="198.51.100.205", site_load_balancer_range="198.51.100.205-") == [
        ("V42", "site_load_balancer_range")
    ]


def test_its_password_is_asked_for_where_it_runs() -> None:
    assert found(site_grafana_admin_password=None) == [("V26", "site_grafana_admin_password")]
    assert found(site_grafana_admin_password=None, site_grafana=False) == []
    assert not secrets.needed(site(), "site_grafana_admin_password")


def test_the_image_of_the_role_is_that_of_the_playbooks() -> None:
    image = VARIABLES["site_grafana_image"].default
    assert yaml.safe_load((ROOT / "roles/grafana/defaults/main.yml").read_text())["grafana_image"] == image
    assert (
        image in yaml.safe_load((ROOT / "playbooks/roles/site/vars/main/monitoring.yml").read_text())["grafana_image"]
    )
    assert found(site_grafana_image=image) == []


def test_without_it_nothing_of_it_is_judged() -> None:
    assert found(site_grafana=False, site_grafana_address="x", site_grafana_image="x") == []
