# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory for one run of ansible-playbook, and an environment in which it sees nothing of any other stage.

What metal-stack's roles have in common between runs, and where it is kept apart here:

- lookups on the controller read C(KUBECONFIG) and C(K8S_AUTH_KUBECONFIG): the environment
- the cache of a release vector is one file in the temporary directory: C(TMPDIR)
- charts and their values are in C(/tmp/helm-chart), whoever deploys: C(helm_chart_remote_temp)
- modules, actions and filters are those of the first role of that name: C(ANSIBLE_ROLES_PATH)
- configuration, callbacks and logins of whoever runs it: C(ANSIBLE_CONFIG), C(HOME)
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
import typing as t
from pathlib import Path

from .errors import StackError

# What is handed on of the environment: how to reach others, and as whom.
PASSED = (
    "PATH", "LANG", "LC_ALL", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "DOCKER_CONFIG",
    "HELM_REGISTRY_CONFIG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE",
)  # fmt: skip
CONFIGURATION = """\
[defaults]
inventory = {directory}/inventory
gathering = explicit
jinja2_native = True
retry_files_enabled = False
localhost_warning = False
deprecation_warnings = False
callback_result_format = json
display_args_to_stdout = False
nocows = True
interpreter_python = {python}
"""
# For other machines, whose Python is where it is there.
REMOTE = CONFIGURATION.replace("interpreter_python = {python}", "interpreter_python = auto_silent")
_TEMPLATED = ("{{", "{%", "{#")

Document = dict[str, t.Any]


class Unsafe(str):
    """A text that no template is to be seen in."""


class Workspace:
    """Below C(path) each stage has a directory of its own: C(PATH/.runs/STAGE). No stage is called so."""

    def __init__(self, path: Path, stage: str) -> None:
        self._directory = path / ".runs" / stage

    @contextlib.contextmanager
    def held(self) -> t.Iterator[None]:
        """Keep other runs of the stage out. Raises StackError while one is there, also one that was killed just now."""
        self._directory.mkdir(parents=True, mode=0o700, exist_ok=True)
        with (self._directory / "run.lock").open("w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StackError(
                    f"another run deploys stage {self._directory.name} ({self._directory}) -> wait until it has ended"
                ) from error
            self._tidy()
            yield

    def log(self, component: str) -> Path:
        """Where the output of a component's last run is."""
        return self._directory / f"{component}.log"

    def _tidy(self) -> None:
        """Remove what a machine that was switched off has left."""
        for left in self._directory.glob("work-*"):
            shutil.rmtree(left)

    def prepare(self, roles: t.Sequence[str], variables: t.Mapping[str, t.Any]) -> Path:
        """A directory with a playbook for this machine, inventory and configuration; whoever runs it removes it."""
        play = {
            "name": "Deploy",
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [imported(role) for role in roles],
        }
        return self.lay_out([play], {"all": {"hosts": {"localhost": {}}}}, variables, CONFIGURATION)

    def lay_out(
        self, plays: t.Sequence[Document], inventory: Document, variables: t.Mapping[str, t.Any], configuration: str
    ) -> Path:
        """The same with plays and an inventory of one's own. variables: of all hosts."""
        work = Path(tempfile.mkdtemp(prefix="work-", dir=self._directory))
        for name in ("tmp", "home", "helm-chart", "inventory", "inventory/group_vars"):
            (work / name).mkdir(mode=0o700)
        handed = {**variables, "helm_chart_remote_temp": str(work / "helm-chart")}
        _write(work / "ansible.cfg", configuration.format(directory=work, python=sys.executable))
        _write(work / "play.yml", json.dumps(plays))
        _write(work / "inventory/hosts.yml", document(inventory))
        _write(work / "inventory/group_vars/all.yml", document(handed))
        return work


def imported(role: str) -> Document:
    """The task that runs a role."""
    return {"name": f"Deploy {role}", "ansible.builtin.import_role": {"name": role}}


def environment(
    work: Path, roles_path: Path, kubeconfig: Path, collections: t.Sequence[str], outside: t.Mapping[str, str]
) -> dict[str, str]:
    """The environment of a run. outside: that of ours, of which a few are passed."""
    return {
        **{name: outside[name] for name in PASSED if name in outside},
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        "KUBECONFIG": str(kubeconfig),
        "K8S_AUTH_KUBECONFIG": str(kubeconfig),
        "ANSIBLE_CONFIG": str(work / "ansible.cfg"),
        "ANSIBLE_HOME": str(work / "home/.ansible"),
        "ANSIBLE_LOCAL_TEMP": str(work / "tmp"),
        "ANSIBLE_REMOTE_TEMP": str(work / "tmp"),
        "ANSIBLE_ROLES_PATH": str(roles_path),
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(collections),
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONUNBUFFERED": "1",
    }


def command() -> list[str]:
    """ansible-playbook of the Ansible that we belong to."""
    return [sys.executable, "-m", "ansible", "playbook", "play.yml"]


def document(variables: t.Mapping[str, t.Any]) -> str:
    """Variables as a file that Ansible takes literally: what looks like a template in them is none."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes such texts as Ansible reads them, and no anchors."""

        def ignore_aliases(self, data: t.Any) -> bool:
            return True

    Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))
    return yaml.dump(_plain(variables), Dumper=Dumper, sort_keys=True, width=10**6)


def _plain(value: t.Any) -> t.Any:
    """Values of plain types, whatever Ansible has made of them."""
    if isinstance(value, str):
        text = str(value)
        return Unsafe(text) if any(mark in text for mark in _TEMPLATED) else text[:]
    if isinstance(value, t.Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    return float(value) if isinstance(value, float) else int(value)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
