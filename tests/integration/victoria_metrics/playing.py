"""Runs the role's judgement for hosts of a site on loopback, and makes hosts of what came of it."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from running import Host

from lab import debian

HERE = Path(__file__).parent
TREE = HERE.parents[2]
PEER, READER, WRITER = "password-of-the-peers", "password-of-readers", "password-of-a-partition"
# Those of a cluster, which Debian does not have.
PROGRAMS = ("vmstorage", "vmselect", "vminsert")
VERSIONS = {"trixie": "1.112.0+ds1-2", "bookworm": "1.79.5+ds1-2+b5"}
# Of the role's places, those on a host that is a directory.
MOVED = {
    "__victoria_metrics_directory": "{{ place }}/etc",
    "__victoria_metrics_credentials": "{{ place }}/run",
    "__victoria_metrics_state": "{{ place }}/lib",
    "__victoria_metrics_units": "{{ place }}/units",
    "__victoria_metrics_programs": "{{ place }}/opt",
    "__victoria_metrics_links": "{{ place }}/bin",
    "__victoria_metrics_libexec": "{{ place }}/libexec",
    "__victoria_metrics_local": "{{ local }}",
    "__victoria_metrics_program": "{{ programs }}",
}


def hurried(authority: str) -> dict[str, Any]:
    """What the sites here have in common, at intervals that a test can wait for."""
    return {
        "site": "example",
        "peer_password": PEER,
        "reader_password": READER,
        "authority": authority,
        "scrape_interval": "1s",
        "evaluation_interval": "1s",
        "deadman_interval": "1s",
        "min_free_disk": "1KiB",
    }


def inputs(given: dict[str, Any]) -> dict[str, Any]:
    return {f"victoria_metrics_{name}": value for name, value in given.items()}


def installed(version: str) -> dict[str, Any]:
    return {"__victoria_metrics_version": {"stdout": version, "changed": False}}


def artifacts(given: Path, version: str) -> dict[str, Any]:
    """Programs of a cluster in a directory, as the lookup `artifact` describes what a site gives."""
    found = {}
    for name in PROGRAMS:
        path = given / name
        one = {"kind": "path", "path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        archs = {arch: {**one, "source": f"file {path}"} for arch in ("amd64", "arm64")}
        found[name] = {"name": name, "version": version, "archs": archs, "provenance": ""}
    return found


def play(directory: Path, hosts: dict[str, dict[str, Any]], tree: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """What was made for every host, or why it was refused, and what Ansible said; the tree has what reads it."""
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "directory": str(directory),
        "programs": {name: debian.program(tree, f"usr/bin/{name}") for name in ("vmagent", "vmalert", "amtool")},
    }
    inventory = directory / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": shared}}))
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory)),
            *("-e", json.dumps(MOVED), str(HERE / "role.yml")),
        ],
        cwd=TREE,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "4"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    found: dict[str, dict[str, Any]] = json.loads((directory / "made.json").read_text())
    made = {host: {"refused": "", "place": hosts[host]["place"], **one} for host, one in found.items()}
    return made, done.stdout + done.stderr


def host(name: str, made: dict[str, Any], tree: Path, address: str, local: str, authority: str) -> Host:
    """A host with its files in place, and with a certificate if it has an address."""
    assert not made["refused"], made["refused"]
    found = Host(name, Path(made["place"]), tree, address, local, made)
    found.put()
    if address:
        subject = certificate.Subject((), (address,), client=True)
        issuer, now = certificate.authority(authority), datetime.datetime.now(datetime.UTC)
        pair = certificate.issue(issuer, subject, datetime.timedelta(days=1), now)
        for suffix, text in zip(("", ".key"), pair, strict=True):
            (found.place / f"etc/host.pem{suffix}").write_text(text)
    return found
