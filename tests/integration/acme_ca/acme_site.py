"""Namespaces with a loopback of their own, so that every port is the one of a real site, and what runs in them.

The role runs as it is, but for its places, its account and its packages; something stands for systemd.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import namespaces
import yaml
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from cryptography import x509

from lab import build, debian

PACKAGES = ("lego", "pebble", "pdns-server", "pdns-backend-sqlite3")
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ROLE = "metalstack.autonomous.acme_ca"
DOMAIN = "example.org"
# One that the site has no name server for, but for what proves a right to its names.
OUTSIDE = "_acme-challenge.shop.example.net"
KEY = "acme.example.org"
ADDRESSES = {"server1": "127.0.0.11", "server2": "127.0.0.12"}
NAMES = {"ca": ADDRESSES["server1"], "www": "127.0.0.1", "mail": "127.0.0.1", "away": "127.0.0.33"}
STRANGER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Stranger(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"who are you?")

    def log_message(self, *_words):
        pass

server = HTTPServer((sys.argv[1], 80), Stranger)
print("listens", flush=True)
server.serve_forever()
"""
PARTS = ("validate", "discover", "install", "configure", "verify")
ASKING = ("ask_validate", "ask_configure", "ask_run")
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", re.MULTILINE)
# Of the role's places, those on this host.
MOVED = {
    "__acme_ca_unit_directory": "{{ place }}/units",
    "__acme_ca_unit": "acme-ca-{{ inventory_hostname }}.service",
    "__acme_ca_directory": "{{ place }}/etc",
    "__acme_ca_data": "{{ place }}/lib",
    "__acme_ca_credentials": "{{ run }}/credentials/{{ __acme_ca_unit }}",
    "__acme_ca_programs": "{{ place }}/opt",
    "__acme_ca_program": "{{ place }}/bin/step-ca",
    "__acme_ca_elsewhere": "{{ place }}/libexec/elsewhere.py",
    "__acme_ca_account": "nobody",
    "__acme_ca_client_program": "{{ place }}/bin/metalstack-acme",
    "__acme_ca_client_directory": "{{ place }}/client",
    "__acme_ca_client_state": "{{ place }}/accounts",
    "__acme_ca_client_unit": "metalstack-acme-{{ inventory_hostname }}",
}


@dataclass
class Site:
    place: Path
    tree: Path
    step_ca: Path
    first: int
    root: str = field(default_factory=lambda: authority.generate("example ACME", path_length=1))
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    secret: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode())

    @property
    def root_certificate(self) -> str:
        return self.root[self.root.index("-----BEGIN CERTIFICATE") :]

    def of(self, host: str, *path: str) -> Path:
        return self.place.joinpath(host, *path)

    @property
    def enter(self) -> list[str]:
        """What a command of this machine begins with to run in the network of the site."""
        return ["nsenter", f"--target={self.first}", "--mount", "--pid", "--net"]

    @contextlib.contextmanager
    def stranger(self) -> Iterator[None]:
        """Have somebody else answer for the name C(away), who knows of no proof."""
        command = [*self.enter, sys.executable, "-c", STRANGER, NAMES["away"]]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout and process.stdout.readline() == b"listens\n"
                yield
            finally:
                process.kill()

    def inside(self, *command: str | Path, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command of this machine in the network of the site."""
        words = [*self.enter, f"--wdns={ROOT}"]
        done = subprocess.run(
            [*words, *map(str, command)], capture_output=True, text=True, check=False, timeout=900, **more
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout[-6000:]}{done.stderr[-3000:]}"
        return done

    def play(self, *parts: str, fails: bool = False, check: bool = False, **given: Any) -> Run:
        """Run parts of the role on both hosts, one after the other, with variables of the role or of one host."""
        hosts = {
            name: {"ansible_connection": "local", "place": str(self.of(name)), **given.pop(name, {})}
            for name in ADDRESSES
        }
        program = {"metalstack.autonomous.acme_program": {"path": "{{ __acme_ca_client_program }}"}}
        installed = [program | {"register": "__acme_ca_client_installed"}]
        tasks: list[dict[str, Any]] = installed if "ask_run" in parts else []
        role = {"name": ROLE}
        tasks += [{"ansible.builtin.include_role": {**role, "tasks_from": part}} for part in parts]
        limited = given.pop("hosts", "server1:server2")
        plays = [{"hosts": limited, "gather_facts": False, "tasks": tasks, "any_errors_fatal": True}]
        inventory, playbook = self.place / "hosts.yml", self.place / "plays.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": self.variables() | given}}))
        inventory.chmod(0o600)
        playbook.write_text(yaml.safe_dump(plays))
        lego = debian.program(self.tree, "usr/bin/lego")
        done = self.inside(
            *(Path(sys.executable).parent / "ansible-playbook", "-i", inventory, "--diff"),
            *("-e", json.dumps(MOVED | {"__acme_ca_client_lego": lego}), *(["--check"] if check else []), playbook),
            check=False,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_STDOUT_CALLBACK": "default",
                "PATH": f"{self.place / 'bin'}:{os.environ['PATH']}",
                "STANDING_TREE": "/",
                "STANDING_UNITS": str(self.place / "units"),
                "STANDING_RUN": str(self.place / "run"),
                "STANDING_STATE": str(self.place / "state"),
            },
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, said[-8000:] + self.log()
        return Run({host: int(changed) for host, changed in RECAP.findall(said)}, said)

    def variables(self) -> dict[str, Any]:
        arch = build.machine_arch()
        described = {"kind": "path", "path": str(self.step_ca), "sha256": _sha256(self.step_ca), "source": "a test"}
        return {
            "ansible_python_interpreter": sys.executable,
            "run": str(self.place / "run"),
            "acme_ca_active_host": "server1",
            "acme_ca_name": "example ACME CA",
            "acme_ca_address": "{{ {'server1': '127.0.0.11', 'server2': '127.0.0.12'}[inventory_hostname] }}",
            "acme_ca_addresses": list(ADDRESSES.values()),
            "acme_ca_names": [f"ca.{DOMAIN}"],
            "acme_ca_authority": self.root,
            "acme_ca_password": self.password,
            "acme_ca_domains": [DOMAIN],
            "acme_ca_artifact": {
                "name": "step-ca",
                "version": "v0.30.2",
                "provenance": "a test",
                "archs": {arch: described},
            },
            "acme_ca_metrics_directory": "{{ place }}/metrics",
            "acme_ca_contact": f"operator@{DOMAIN}",
            "acme_ca_root": self.root_certificate,
            "acme_ca_dns_server": "127.0.0.1",
            "acme_ca_dns_key": KEY,
            "acme_ca_dns_secret": self.secret,
        }

    def issue(self) -> Run:
        return self.play(*PARTS)

    def ask(self, *certificates: dict[str, Any], fails: bool = False, check: bool = False, **given: Any) -> Run:
        """Have server1 ask for certificates as the role does."""
        self.of("server1", "bin").mkdir(exist_ok=True)
        found = [{"path": str(self.of("server1", f"{one['name']}.crt")), **one} for one in certificates]
        return self.play(*ASKING, hosts="server1", fails=fails, check=check, acme_ca_certificates=found, **given)

    def certificates(self, name: str) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates(self.of("server1", f"{name}.crt").read_bytes())

    def fetch(self, url: str) -> bytes:
        """Ask within the site, with nothing but its root to believe."""
        root = self.place / "root.crt"
        root.write_text(self.root_certificate)
        code = (
            "import ssl, sys, urllib.request\n"
            "context = ssl.create_default_context(cafile=sys.argv[2])\n"
            "sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=10, context=context).read())\n"
        )
        words = ["nsenter", f"--target={self.first}", "--mount", "--net", sys.executable, "-c", code, url, str(root)]
        return subprocess.run(words, capture_output=True, check=True, timeout=60).stdout

    def systemctl(self, *words: str) -> None:
        self.inside(
            self.place / "bin/systemctl",
            *words,
            env={
                **os.environ,
                "STANDING_TREE": "/",
                "STANDING_UNITS": str(self.place / "units"),
                "STANDING_RUN": str(self.place / "run"),
                "STANDING_STATE": str(self.place / "state"),
            },
        )

    @property
    def pdnsutil(self) -> list[str]:
        program = debian.program(self.tree, "usr/bin/pdnsutil", "pdns", "systemd")
        return [*program, f"--config-dir={self.place / 'pdns'}"]

    def leads(self, name: str, address: str) -> None:
        """Have a name of the site lead to another address."""
        self.inside(*self.pdnsutil, "replace-rrset", DOMAIN, name, "A", "60", address)

    def revoke(self, name: str) -> None:
        """Have the client that was given a certificate of the authority revoke it."""
        (account,) = (one for one in self.of("server1", "accounts").iterdir() if one.is_dir())
        names = self.certificates(name)[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.inside(
            *debian.program(self.tree, "usr/bin/lego"),
            *("--accept-tos", f"--server=https://ca.{DOMAIN}:9443/acme/acme/directory", f"--email=operator@{DOMAIN}"),
            *(f"--path={account}", f"--domains={names.get_values_for_type(x509.DNSName)[0]}", "revoke", "--keep"),
            env={"LEGO_CA_CERTIFICATES": str(self.of("server1", "client/root.crt")), "PATH": "/usr/bin:/bin"},
        )

    def revoked(self, issuer: x509.Certificate) -> set[int]:
        """Return the numbers of the list, as anybody fetches it."""
        found = x509.load_der_x509_crl(self.fetch(f"http://ca.{DOMAIN}:9080/1.0/crl"))
        key = issuer.public_key()
        assert found.is_signature_valid(key)  # type: ignore[arg-type]
        return {one.serial_number for one in found}

    def other_root(self) -> str:
        text = authority.generate("example ACME", path_length=1)
        return text[text.index("-----BEGIN CERTIFICATE") :]

    def metrics(self) -> str:
        return self.of("server1", "metrics/metalstack_acme.prom").read_text()

    def log(self) -> str:
        return "".join(path.read_text()[-4000:] for path in (self.place / "run").glob("*.log"))


@dataclass
class Run:
    """How much a play has changed, by host, and what it has said."""

    changes: dict[str, int]
    said: str


@contextlib.contextmanager
def running(step_ca: Path, tree: Path) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="acme-ca-", dir="/tmp") as directory:
        place = Path(directory)
        place.chmod(0o755)
        for name in ("bin", "units", "run", "pdns", *ADDRESSES, *(f"{host}/units" for host in ADDRESSES)):
            (place / name).mkdir(exist_ok=True)
        for host in ADDRESSES:
            (place / host / "units").rmdir()
            (place / host / "units").symlink_to(place / "units")
        shutil.copy(HERE.parents[1] / "standing/systemctl.py", place / "systemctl.py")
        script = place / "bin/systemctl"
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {place}/systemctl.py "$@"\n')
        script.chmod(0o755)
        resolver = place / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\n")
        prepare = f"ip link set lo up\nmount --bind {resolver} /etc/resolv.conf"
        with namespaces.holding(prepare, "--net") as first:
            site = Site(place, tree, step_ca, first)
            with _names(site):
                yield site


@contextlib.contextmanager
def _names(site: Site) -> Iterator[None]:
    """Run PowerDNS with the zones of the site, which takes updates by those who have its key."""
    directory, tree = site.place / "pdns", site.tree
    schema = (tree / "usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql").read_text()
    with contextlib.closing(sqlite3.connect(directory / "pdns.sqlite3")) as database:
        database.executescript(schema)
    settings = {
        "local-address": "127.0.0.1",
        "module-dir": f"{next(tree.glob('usr/lib/*-linux-gnu'))}/pdns",
        "socket-dir": str(directory),
        "launch": "gsqlite3",
        "gsqlite3-database": str(directory / "pdns.sqlite3"),
        "gsqlite3-dnssec": "yes",
        "dnsupdate": "yes",
        "allow-dnsupdate-from": "",
        "zone-cache-refresh-interval": "0",
        "query-cache-ttl": "0",
        "negquery-cache-ttl": "0",
        "cache-ttl": "0",
    }
    (directory / "pdns.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    util = site.pdnsutil
    site.inside(*util, "import-tsig-key", KEY, "hmac-sha256", site.secret)
    for zone in (DOMAIN, OUTSIDE):
        site.inside(*util, "create-zone", zone, f"ns.{DOMAIN}")
        site.inside(*util, "set-meta", zone, "TSIG-ALLOW-DNSUPDATE", KEY)
        site.inside(*util, "set-meta", zone, "ALLOW-DNSUPDATE-FROM", "127.0.0.0/8")
    for name, address in {**NAMES, "ns": "127.0.0.1"}.items():
        site.inside(*util, "add-record", DOMAIN, name, "A", "60", address)
    server = [*debian.program(tree, "usr/sbin/pdns_server", "pdns", "systemd"), f"--config-dir={directory}"]
    with (
        (directory / "log").open("w") as log,
        subprocess.Popen(
            [*site.enter, *server, "--daemon=no", "--guardian=no"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process,
    ):
        try:
            wait(lambda: "ready to distribute questions" in (directory / "log").read_text(), directory / "log")
            yield
        finally:
            process.kill()


def wait(condition: Any, log: Path) -> None:
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(log.read_text())
        time.sleep(0.05)


def _sha256(path: Path) -> str:
    return subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
