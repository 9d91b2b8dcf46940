"""A host that serves the page: Debian's own nginx in a directory."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import places
from places import Place, Run

PACKAGES = ("nginx",)
PORT = 8444
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


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Host(Place):
    """One that serves; whatever runs there ends with its first process."""

    address: str
    authority: str
    password: str

    def run(self, *plays: dict[str, Any], check: bool = False) -> list[Run]:
        """Run plays here, and on hosts that do not serve."""
        site = {
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
        return self.plays(plays, hosts, site, MOVED, check)

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
    with places.made(tree, "status-page") as found:
        yield Host(found.place, tree, found.first, address, authority, password)
