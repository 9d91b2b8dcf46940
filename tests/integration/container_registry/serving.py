"""A host that serves images: the role as it is, all but the packages, and somebody who asks it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import itertools
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import places
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import Access
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import load
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.target import Target
from places import Place, Run
from registry import MANIFEST

PACKAGES = ("docker-registry", "nginx")
PORT = 5000
ROLE = "metalstack.autonomous.container_registry"
READER, WRITER = "password-of-those-who-read", "password-of-those-who-write"
NAMES = ["registry.example.org"]
LAYER = "application/vnd.oci.image.layer.v1.tar"
ACCEPT = {"Accept": f"{MANIFEST}, application/vnd.oci.image.index.v1+json"}
# Of the role's places, those on this host.
MOVED = {
    "__container_registry_unit_directory": "{{ place }}/units",
    "__container_registry_directory": "{{ place }}/etc",
    "__container_registry_state_directory": "{{ place }}/state/metalstack-registry",
    "__container_registry_run": "{{ place }}/run",
    "__container_registry_account": "www-data",
    "__container_registry_nginx": "{{ tree }}/usr/sbin/nginx",
    "__container_registry_debian": "{{ tree }}/usr/bin/docker-registry",
}
# Addresses that no other run on this machine has.
_NUMBERS = itertools.count(50)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"


@dataclass
class Host(Place):
    address: str
    authority: str
    upstreams: list[dict[str, Any]]

    @property
    def state(self) -> Path:
        return self.place / "state/metalstack-registry"

    @property
    def ca(self) -> str:
        return self.authority[self.authority.index("-----BEGIN CERTIFICATE") :]

    def run(self, check: bool = False, **given: Any) -> Run:
        """What bootstrap does."""
        absent = given.get("container_registry_state") == "absent"
        parts = ["main"] if absent else ["validate", "discover", "configure", "verify"]
        tasks = [{"ansible.builtin.include_role": {"name": ROLE, "tasks_from": part}} for part in parts]
        play = {"hosts": "server1", "gather_facts": False, "vars": given, "tasks": tasks}
        variables = {
            "container_registry_address": self.address,
            "container_registry_port": PORT,
            "container_registry_names": NAMES,
            "container_registry_authority": self.authority,
            "container_registry_reader_password": READER,
            "container_registry_writer_password": WRITER,
            "container_registry_upstreams": self.upstreams,
        }
        hosts = {"server1": {"ansible_connection": "local", "place": str(self.place)}}
        (run,) = self.plays([play], hosts, variables, MOVED, check)
        return run

    def ask(
        self,
        path: str,
        user: str = "reader",
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask by TLS, with the site's authority."""
        context = ssl.create_default_context(cadata=self.ca)
        connection = http.client.HTTPSConnection(self.address, PORT, context=context, timeout=30)
        password = {"reader": READER, "writer": WRITER}.get(user, "wrong")
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        login = {"Authorization": f"Basic {pair}"} if user else {}
        with contextlib.closing(connection):
            connection.request(method, f"/v2/{path}", body or None, {**ACCEPT, **login, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def target(self, password: str = WRITER, patience: float = 20.0) -> Target:
        access = Access(username="writer", password=password)
        return Target(f"https://{self.address}:{PORT}", access, self.ca, patience, lambda message: None)

    def load(self, mirror: Path, **more: Any) -> load.Loaded:
        with contextlib.closing(self.target()) as target:
            return load.run(mirror, target, (), lambda message: None, **more)

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.address, PORT)) == 0


@contextlib.contextmanager
def host(tree: Path, authority: str, upstreams: list[dict[str, Any]]) -> Iterator[Host]:
    address = f"127.{os.getpid() // 256 % 254 + 1}.{os.getpid() % 256}.{next(_NUMBERS)}"
    with places.made(tree, "registry") as found:
        yield Host(found.place, tree, found.first, address, authority, upstreams)
