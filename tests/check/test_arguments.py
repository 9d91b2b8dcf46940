"""A role's argument specification and its defaults are one interface, written down twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/tasks"))


def read(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def entry_points(role: Path) -> dict[str, Any]:
    return read(role / "meta/argument_specs.yml").get("argument_specs", {})


def options(role: Path) -> dict[str, Any]:
    """The options of all entry points together: they share one file of defaults."""
    return {name: option for spec in entry_points(role).values() for name, option in spec.get("options", {}).items()}


def is_template(value: object) -> bool:
    if isinstance(value, list):
        return any(is_template(item) for item in value)
    return isinstance(value, str) and "{{" in value


every_role = pytest.mark.parametrize("role", ROLES, ids=[role.name for role in ROLES])


def test_there_are_roles() -> None:
    assert ROLES


@every_role
def test_every_entry_point_says_what_it_does(role: Path) -> None:
    assert "main" in entry_points(role)
    for name, spec in entry_points(role).items():
        assert spec.get("short_description") and spec.get("description"), f"{name} lacks a description"


@every_role
def test_every_default_is_specified(role: Path) -> None:
    assert sorted(set(read(role / "defaults/main.yml")) - set(options(role))) == []


@every_role
def test_an_option_is_required_or_has_a_default(role: Path) -> None:
    defaults = read(role / "defaults/main.yml")
    required = {name for name, option in options(role).items() if option.get("required")}
    assert sorted(required & set(defaults)) == [], "required, and yet has a default"
    assert sorted(set(options(role)) - required - set(defaults)) == [], "neither required nor in defaults/main.yml"


@every_role
def test_both_name_the_same_default(role: Path) -> None:
    """A default that is a template cannot stand in the specification, whose defaults have a type."""
    specified = options(role)
    different = {
        name: (value, specified[name].get("default"))
        for name, value in read(role / "defaults/main.yml").items()
        if name in specified and not is_template(value) and specified[name].get("default") != value
    }
    assert different == {}


@every_role
def test_variables_carry_the_name_of_the_role(role: Path) -> None:
    public = set(read(role / "defaults/main.yml")) | set(options(role))
    assert [name for name in sorted(public) if not name.startswith(f"{role.name}_")] == []
    internal = set(read(role / "vars/main.yml"))
    assert [name for name in sorted(internal) if not name.startswith(f"__{role.name}_")] == []
