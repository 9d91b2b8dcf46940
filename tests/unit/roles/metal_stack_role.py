"""Tasks of the role metal_stack_control_plane, and variables that they are given."""

from __future__ import annotations

import jinja2
import yaml
from played import ROLES

ROLE = ROLES / "metal_stack_control_plane"
SINCE, LATER = "2026-11-29T11:00:00+00:00", "2026-11-29T11:03:00+00:00"


def tasks(name):
    return yaml.safe_load((ROLE / "tasks" / name).read_text())


def value(template, **variables):
    """What a template of one expression is."""
    return jinja2.Environment().compile_expression(template.removeprefix("{{").removesuffix("}}"))(**variables)


def variables(*names):
    given = {
        "kubeconfig": "/k", "namespace": "n", "stage": "prod", "storage": {"bucket": "b"}, "timeout": 0,
        "reader_image": "i:1",
        "databases": [{"name": name, "accept": [f"some of {name}"]} for name in names], "state_path": "/s",
    }  # fmt: skip
    databases = [{"name": name, "engine": f"that of {name}"} for name in names]
    plan = {"__metal_stack_control_plane_plan": {"databases": databases}}
    return {**{f"metal_stack_control_plane_{name}": value for name, value in given.items()}, **plan}
