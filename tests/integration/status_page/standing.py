"""A host that is a directory, on which the role runs as it is: Debian's own nginx, and one that stands for systemd."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab import debian

PACKAGES = ("nginx",)
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PORT = 8444
CHANGED = re.compile(r"^changed: \[server1\]", re.MULTILINE)
ROLE = "metalstack.autonomous.status_page"
# Of the role's places, those on this host.
MOVED = {
    "__status_page_unit_directory": "{{ place }}/units",
    "__status_page_directory": "{{ place }}/etc",
    "__status_page_pages": "{{ place }}/pages",
    "__status_page_run": "{{ place }}/run/metalstack-status-page",
    "__status_page_credentials": "{{ place }}/run/credentials/metalstack-status-page.service",
    "__status_page_program": "{{ tree }}/usr/sbin/nginx",
}


def serving(check: bool = False, **given: Any) -> dict[str, Any]:
    """What bootstrap does: all of the role but the package."""
    parts = ["main"] if given.get("status_page_state") == "absent" else ["validate", "configure", "verify"]
    tasks = [{"ansible.builtin.include_role": {"name": ROLE, "tasks_from": part}} for part in parts]
    return {"hosts": "server1", "gather_facts": False, "vars": given, "tasks": tasks} | (
        {"check_mode": True} if check else {}
    )


def publishing(page: Path) -> dict[str, Any]:
    """What status does."""
    given = {"status_page_html": f"{{{{ lookup('ansible.builtin.file', '{page}') }}}}", "status_page_away": False}
    given["status_page_servers"] = ["server1", "bare", "away"]
    task = {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": "publish"}, "vars": given}
    return {"hosts": "all", "gather_facts": False, "tasks": [task]}


class Run(t.NamedTuple):
    """How much a play has changed on the host, and what it has said."""

    changes: int
    said: str


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Host:
    """One that serves; whatever runs there ends with its first process."""

    place: Path
    tree: Path
    address: str
    authority: str
    password: str
    first: int

    def run(self, *plays: dict[str, Any], check: bool = False) -> list[Run]:
        """Run plays here, and on hosts that do not serve."""
        site = {
            "ansible_python_interpreter": sys.executable,
            "tree": str(self.tree),
            "status_page_site": "example",
            "status_page_address": self.address,
            "status_page_port": PORT,
            "status_page_password": self.password,
            "status_page_authority": self.authority,
            "status_page_names": ["status.example.org"],
            "status_page_max_age": 3600,
        }
        hosts = {
            "server1": {"ansible_connection": "local", "place": str(self.place)},
            "bare": {"ansible_connection": "local", "place": str(self.place / "bare")},
            "away": {"ansible_host": self.address, "ansible_port": 9, "place": "/nowhere"},
        }
        inventory, playbook = self.place / "hosts.yml", self.place / "plays.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": site}}))
        playbook.write_text(yaml.safe_dump(list(plays)))
        inside = ["nsenter", f"--target={self.first}", "--mount", "--pid", f"--wdns={ROOT}"]
        done = subprocess.run(
            [
                *(*inside, str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), "--diff"),
                *("-e", json.dumps(MOVED), *(["--check"] if check else []), str(playbook)),
            ],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
                "ANSIBLE_NOCOLOR": "1",
                "PATH": f"{self.place / 'bin'}:{os.environ['PATH']}",
                "STANDING_TREE": str(self.tree),
                "STANDING_UNITS": str(self.place / "units"),
                "STANDING_RUN": str(self.place / "run"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-6000:] + self.log()
        return [Run(len(CHANGED.findall(text)), text) for text in said.split("\nPLAY [")[1:]][: len(plays)]

    def log(self) -> str:
        """Return what the server has said."""
        return "".join(path.read_text() for path in (self.place / "run").glob("*.log"))

    def ask(self, path: str = "/", password: str = "", method: str = "GET") -> Answer:
        """Ask with the site's authority, by TLS."""
        context = ssl.create_default_context(cadata=self.authority)
        connection = http.client.HTTPSConnection(self.address, PORT, context=context, timeout=10)
        pair = base64.b64encode(f"reader:{password}".encode()).decode()
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Authorization": f"Basic {pair}"} if password else {})
            answer = connection.getresponse()
            headers: dict[str, str] = {}
            for name, value in answer.getheaders():
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
            return Answer(answer.status, headers, answer.read().decode())

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.address, PORT)) == 0


@contextlib.contextmanager
def host(tree: Path, address: str, authority: str, password: str) -> Iterator[Host]:
    """Make a host, in namespaces of its own."""
    with tempfile.TemporaryDirectory(prefix="status-page-", dir="/tmp") as directory:
        place = Path(directory)
        place.chmod(0o755)
        for name in ("bin", "units", "run"):
            (place / name).mkdir()
        shutil.copy(HERE / "systemctl.py", place / "systemctl.py")
        script = place / "bin/systemctl"
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {place}/systemctl.py "$@"\n')
        script.chmod(0o755)
        inside = [
            f"mount -t tmpfs tmpfs {tree}/tmp",
            f"mkdir {tree}{place}",
            f"mount --rbind {place} {tree}{place}",
            "exec sleep infinity",
        ]
        namespaces = (
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        )
        command = [*debian.DIE_WITH_PARENT, *namespaces, "bash", "-ec", " && ".join(inside)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            try:
                yield Host(place, tree, address, authority, password, _first(process.pid))
            finally:
                process.kill()


def _first(pid: int) -> int:
    """Wait until everything is mounted, and return the process that holds the namespaces."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children and Path(f"/proc/{children[0]}/comm").read_text() == "sleep\n":
            return int(children[0])
        time.sleep(0.05)
    raise RuntimeError("the namespaces of the host are not there")
