"""Playbooks of an operator's own, of modules of this collection and of Kubernetes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from one_site import ENGINES, PREFIXES, Site
from playing import NAMESPACE, command, environment

Task = dict[str, dict[str, Any]]


def backups(site: Site, name: str) -> dict[str, Any]:
    """What is told of the backups of a database."""
    database = {"name": name, "engine": ENGINES[name]}
    options = {"storage": site.storage.given(site.bucket), "stage": site.name, "databases": [database]}
    (told,) = _operate(site, {"metalstack.autonomous.metal_database_backups_info": options})
    return dict(told["databases"][0])


def choose(site: Site, name: str, version: str, gives_up: bool = False) -> str:
    """Have an older backup be the newest, after whoever backs up was stopped; the version of the copy.

    gives_up: what the database has now, its volume among that.
    """
    options = {"storage": site.storage.given(site.bucket), "prefix": PREFIXES[name], "version": version}
    removed = _removed(site, name) if gives_up else []
    *_, told = _operate(site, *removed, {"metalstack.autonomous.metal_database_backups": options})
    return str(told["after"]["version"])


def give_up(site: Site, name: str) -> None:
    """Remove a database with its volume."""
    _operate(site, *_removed(site, name))


def _removed(site: Site, name: str) -> list[Task]:
    """As refusals say it: a StatefulSet that is left makes claim and pod anew."""
    kinds = {"StatefulSet": ("apps/v1", name), "PersistentVolumeClaim": ("v1", f"{name}-{name}-0")}
    return [
        {
            "kubernetes.core.k8s": {
                "kubeconfig": str(site.cluster.kubeconfig), "state": "absent", "api_version": version, "kind": kind,
                "namespace": NAMESPACE, "name": called, "wait": True,
            }
        }
        for kind, (version, called) in kinds.items()
    ]  # fmt: skip


def _operate(site: Site, *tasks: Task) -> list[Any]:
    """Run them one after the other on the controller; what each has answered."""
    answers = site.directory / "answers.json"
    noted = [{**task, "register": f"done_{number}"} for number, task in enumerate(tasks)]
    told = ", ".join(f"done_{number}" for number in range(len(tasks)))
    copied = {
        "ansible.builtin.copy": {"content": f"{{{{ [{told}] | to_json }}}}", "dest": str(answers), "mode": "0600"}
    }
    play = {
        "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*noted, copied],
        "vars": {"ansible_python_interpreter": sys.executable},
    }  # fmt: skip
    path = site.directory / "operator.yml"
    path.write_text(json.dumps([play]))
    path.chmod(0o600)
    done = subprocess.run(
        command(path), env=environment(site.directory), capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return list(json.loads(answers.read_text()))
