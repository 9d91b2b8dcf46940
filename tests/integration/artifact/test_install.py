"""The whole way: artifact lookup, download from a real server, transfer, installation."""

from __future__ import annotations

import hashlib
from pathlib import Path

import local
import pytest

CONTENT = b"#!/bin/sh\necho tool\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ARTIFACT = "{{ lookup('metalstack.autonomous.artifact', 'k3s', version='v0.0.1+k3s1', overrides=overrides) }}"
TASK = {
    "metalstack.autonomous.versioned_binary": {
        "name": "k3s",
        "version": "v0.0.1+k3s1",
        "artifact": ARTIFACT,
        "root": "{{ directory }}/opt",
        "link": "{{ directory }}/bin/k3s",
    }
}


class Site:
    """What a site has pinned, and this machine as its host."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory, self.url = directory, url

    def run(self, *options: str, sha256: str = SHA256) -> dict:
        described = {"url": self.url, "sha256": sha256}
        overrides = {"k3s": {"v0.0.1+k3s1": {"amd64": described, "arm64": described}}}
        return local.run(self.directory, TASK, {"overrides": overrides}, *options)

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
