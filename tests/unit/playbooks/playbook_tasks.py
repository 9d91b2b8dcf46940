"""Tasks of playbooks, and what their expressions come to, as far as those use these filters and tests of Ansible's."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import yaml

PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
BUILD = "Build the initial cluster"
ENVIRONMENT = jinja2.Environment()
ENVIRONMENT.filters |= {
    "bool": lambda value: str(value).lower() == "true",
    "difference": lambda some, others: [one for one in some if one not in others],
    "flatten": lambda lists: [one for some in lists for one in some],
    "intersect": lambda some, others: [one for one in some if one in others],
    "regex_replace": lambda text, pattern, other: re.sub(pattern, other, text),
}
ENVIRONMENT.tests |= {
    "changed": lambda result: result.get("changed", False),
    "match": lambda text, pattern: re.match(pattern, text) is not None,
}


def included(name):
    return yaml.safe_load((PLAYBOOKS / name).read_text())


def block():
    """The tasks of the build in their order."""
    plays = included("bootstrap.yml")
    (play,) = [one for one in plays if one["name"] == BUILD]
    (build,) = [one for one in play["tasks"] if one["name"] == "Build"]
    return build["block"]


def tasks():
    """The same, each by what it includes."""
    return {(one.get("ansible.builtin.include_tasks") or one["name"]): one for one in block()}


def evaluated(text, **variables):
    """What an expression of a playbook is. As with Ansible, a backslash in it is one."""
    expression = text.strip().removeprefix("{{").removesuffix("}}").replace("\\", "\\\\")
    return ENVIRONMENT.compile_expression(expression)(**variables)


def holds(task, **variables):
    """Whether all conditions of a task hold."""
    conditions = task.get("when", [])
    listed = conditions if isinstance(conditions, list) else [conditions]
    return all(ENVIRONMENT.compile_expression(one)(**variables) for one in listed)
