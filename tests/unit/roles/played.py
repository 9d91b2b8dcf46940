"""Tasks of a role, played by ansible-playbook on actions that stand in for those of the collection.

A stand-in answers what the test has said, and notes what it was asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROLES = Path(__file__).resolve().parents[3] / "roles"
# Of one object, by its name, the prefix of its backups or the namespace. As an action it costs no process.
STAND_IN = """
import json, pathlib
from ansible.plugins.action import ActionBase
here = pathlib.Path({directory!r})
class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        asked = json.loads(json.dumps(self._task.args))
        with (here / "asked").open("a") as file:
            file.write(json.dumps([{module!r}, asked]) + chr(10))
        answers = json.loads((here / "answers").read_text())
        of = asked.get("name") or asked.get("prefix") or (asked.get("databases") or [asked.get("namespace") or ""])[0]
        of = of["name"] if isinstance(of, dict) else of
        return answers.get({module!r} + " " + of) or answers.get({module!r}) or {{}}
"""


class Played(NamedTuple):
    """failed: whether the play has. output: what it has said. asked: each module and its options, in their order."""

    failed: bool
    output: str
    asked: list[tuple[str, dict[str, Any]]]

    def of(self, module: str, **options: Any) -> list[dict[str, Any]]:
        """What the module was asked, of the calls with these options."""
        return [one for name, one in self.asked if name == module and one.items() >= options.items()]


def play(
    directory: Path,
    tasks: Path,
    variables: dict[str, Any],
    answers: dict[str, dict[str, Any]],
    hosts: dict[str, dict[str, Any]] | None = None,
    verbosity: int = 0,
) -> Played:
    """answers: by module, and behind a space what it is asked of, what is returned; nothing of those not named.

    hosts: the variables of each, where they are several, none of which goes on when one of them fails. verbosity: how
    much Ansible tells.
    """
    collection = directory / "collections/ansible_collections/metalstack/autonomous/plugins/action"
    collection.mkdir(parents=True)
    modules = sorted({name.split()[0] for name in answers})
    meta = collection.parents[1] / "meta"
    meta.mkdir()
    (meta / "runtime.yml").write_text(json.dumps({"action_groups": {"all": modules}}))
    for module in modules:
        (collection / f"{module}.py").write_text(STAND_IN.format(directory=str(directory), module=module))
    (directory / "answers").write_text(json.dumps(answers))
    (directory / "asked").touch()
    # Those of the test win over those of the role.
    (directory / "variables.yml").write_text(json.dumps(variables))
    files = [str(tasks.parent.parent / "vars/main.yml"), str(directory / "variables.yml")]
    described = {"hosts": "all", "gather_facts": False, "vars_files": files, "any_errors_fatal": True}
    described["tasks"] = [{"ansible.builtin.include_tasks": str(tasks)}]
    (directory / "play.yml").write_text(json.dumps([described]))
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = directory / "inventory.yml"
    inventory.write_text(json.dumps({"all": {"hosts": hosts or {"localhost": {}}, "vars": local}}))
    outside = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory), str(directory / "play.yml")],
        env={**outside, "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"), "HOME": str(directory),
             "ANSIBLE_LOCALHOST_WARNING": "0", "COLUMNS": "100000", "ANSIBLE_VERBOSITY": str(verbosity)},
        cwd=directory, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    asked = [tuple(json.loads(line)) for line in (directory / "asked").read_text().splitlines()]
    return Played(done.returncode != 0, done.stdout + done.stderr, asked)
