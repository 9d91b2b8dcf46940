"""The whole way: artifact lookup, download from a real server, transfer, installation."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTENT = b"#!/bin/sh\necho tool\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - metalstack.autonomous.versioned_binary:
        name: k3s
        version: v0.0.1+k3s1
        artifact: "{{ lookup('metalstack.autonomous.artifact', 'k3s', version='v0.0.1+k3s1', overrides=overrides) }}"
        root: "{{ directory }}/opt"
        link: "{{ directory }}/bin/k3s"
"""


class Site:
    """Runs the playbook on this machine, into a directory of its own."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory, self.url = directory, url
        (directory / "play.yml").write_text(PLAYBOOK)
        (directory / "ansible.cfg").write_text("")

    def run(self, *options: str, sha256: str = SHA256) -> dict:
        described = {"url": self.url, "sha256": sha256}
        overrides = {"k3s": {"v0.0.1+k3s1": {"amd64": described, "arm64": described}}}
        variables = {
            "ansible_python_interpreter": sys.executable,
            "directory": str(self.directory),
            "overrides": overrides,
        }
        command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(self.directory / "play.yml")]
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "METALSTACK_CACHE": str(self.directory / "cache"),
        }
        command += ["-e", json.dumps(variables), *options]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        document = json.loads(result.stdout[result.stdout.index("{") :])
        return document["plays"][0]["tasks"][0]["hosts"]["localhost"]

    @property
    def program(self) -> Path:
        return self.directory / "bin/k3s"


@pytest.fixture
def site(tmp_path: Path, release) -> Site:
    release.files["/k3s"] = CONTENT
    return Site(tmp_path, f"{release.url}/k3s")


def test_a_program_is_predicted_installed_and_left_alone(site, release):
    assert site.run("--check")["changed"]
    assert not release.requests
    installed = site.run()
    assert installed["changed"]
    assert installed["origin"] == f"release {site.url}"
    assert site.program.read_bytes() == CONTENT
    release.requests.clear()
    again = site.run()
    assert not again["changed"]
    assert not release.requests


def test_a_tampered_release_fails_and_installs_nothing(site, release):
    release.files["/k3s"] = CONTENT.replace(b"tool", b"mine")
    result = site.run()
    assert "refused" in result["msg"]
    assert not site.program.exists()


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_an_unknown_checksum_fails_closed(site, release, options):
    result = site.run(*options, sha256="")
    assert "no checksum is known for k3s v0.0.1+k3s1" in result["msg"]
    assert "make pin" in result["msg"]
    assert not release.requests
