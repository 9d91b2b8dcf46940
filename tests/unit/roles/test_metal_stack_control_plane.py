"""What the role does before what: databases count on the order of its tasks."""

from __future__ import annotations

from pathlib import Path

import jinja2
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles/metal_stack_control_plane"
COMPONENT = "metalstack.autonomous.metal_stack_component"
RESTORE = "metalstack.autonomous.metal_database_restore"


def tasks(name):
    return yaml.safe_load((ROLE / "tasks" / name).read_text())


def found(named, module, **options):
    """Where the module is called with these options, of which there has to be one such task."""
    (index,) = [i for i, one in enumerate(named) if module in one and one[module].items() >= options.items()]
    return index


def value(template, **variables):
    """What a template of one expression is."""
    return jinja2.Environment().compile_expression(template.removeprefix("{{").removesuffix("}}"))(**variables)


def test_what_begins_without_data_is_marked_before_it_has_some():
    run = tasks("run.yml")
    mark = found(run, RESTORE, state="fresh")
    assert mark < found(run, COMPONENT)
    decided = [{"name": "a", "action": "fresh", "prefix": "a-prod"}, {"name": "b", "action": "keep"}]
    marked = value(run[mark]["loop"], __metal_stack_control_plane_decided=decided)
    assert [one["name"] for one in marked] == ["a"]
