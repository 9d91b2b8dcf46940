"""The examples of a module's documentation, made ready to be run."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment

Task = dict[str, Any]
COLLECTION = "metalstack.autonomous."
TEMPLATES = NativeEnvironment(undefined=StrictUndefined)


def read(module: ModuleType) -> list[Task]:
    tasks: list[Task] = yaml.safe_load(module.EXAMPLES)
    return tasks


def options(task: Task, known: dict[str, Any]) -> tuple[str, Task] | None:
    """The module of this collection that a task runs, and what it is given; nothing for one of another's."""
    for action in task:
        if action.startswith(COLLECTION):
            return action.removeprefix(COLLECTION), _rendered(task[action], known)
    return None


def holds(expression: str, known: dict[str, Any]) -> bool:
    """Whether it is true, as in an assertion."""
    return bool(TEMPLATES.compile_expression(expression)(**known))


def _rendered(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _rendered(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [_rendered(one, known) for one in value]
    return TEMPLATES.from_string(value).render(known) if isinstance(value, str) else value
