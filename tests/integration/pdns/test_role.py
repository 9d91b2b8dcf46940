"""What the roles make of their inputs: refused, or a configuration that PowerDNS of every release starts with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import daemons
import pytest
import yaml

HERE = Path(__file__).parent
TREE = HERE.parents[2]
FILE = yaml.safe_load((HERE / "cases.yml").read_text())
VERSIONS = FILE.pop("versions")
CASES = [(role, name) for role, file in FILE.items() for name in file["cases"]]
# As Debian numbers them.
RELEASES = {"bookworm": "4.7.3-2", "trixie": "4.9.17-0+deb13u1", "forky": "5.1.5-1"}
KEY = "key-of-a-test-0123456789"
RENDERED = {
    "primary": {
        "listen": ["127.0.0.1"],
        "secondaries": ["127.0.0.1:9"],
        "update_keys": {"acme.example.org": {"secret": "c2VjcmV0IG9mIGEgdGVzdCwgMzIgb2N0ZXRzIC4u", "zones": []}},
    },
    "secondary": {"listen": ["127.0.0.1"], "mode": "secondary", "primary": "127.0.0.1"},
}


def inputs(role: str, given: dict[str, Any], judges: str = "inputs") -> dict[str, Any]:
    return {"role": role, "judges": judges, **{f"{role}_{name}": value for name, value in given.items()}}


@pytest.fixture(scope="session")
def judged(tmp_path_factory) -> dict[str, dict[str, Any]]:
    """All cases in one run: a host for each, and one for each configuration and release."""
    directory = tmp_path_factory.mktemp("role")
    hosts = {}
    for number, (role, name) in enumerate(CASES):
        given = {**FILE[role]["base"], **FILE[role]["cases"][name].get("but", {})}
        hosts[f"case{number}"] = inputs(role, given)
    for number, case in enumerate(VERSIONS.values()):
        given = {"accept_end_of_life": case.get("accept_end_of_life", False)}
        version = {"__powerdns_version": {"stdout": case["version"]}}
        hosts[f"version{number}"] = {**inputs("powerdns", given, "version"), **version}
    for release, version in RELEASES.items():
        for name, given in RENDERED.items():
            hosts[f"{name}-{release}"] = {
                **inputs("powerdns", {**FILE["powerdns"]["base"], **given}),
                "__powerdns_version": {"stdout": version},
                "template": str(TREE / "roles/powerdns/templates/pdns.conf.j2"),
            }
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "directory": str(directory),
    }
    inventory = directory / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": shared}}))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), str(HERE / "role.yml")],
        cwd=TREE,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "4"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    return {host: json.loads((directory / f"{host}.json").read_text()) for host in hosts}


@pytest.mark.parametrize("number", range(len(CASES)), ids=[": ".join(case) for case in CASES])
def test_inputs_are_judged(judged, number):
    role, name = CASES[number]
    refused = FILE[role]["cases"][name].get("refused", "")
    found = judged[f"case{number}"]["refused"]
    assert bool(found) == bool(refused) and refused in found, found


@pytest.mark.parametrize("number", range(len(VERSIONS)), ids=list(VERSIONS))
def test_a_version_without_security_updates_is_refused_unless_it_is_accepted(judged, number):
    refused = list(VERSIONS.values())[number].get("refused", "")
    found = judged[f"version{number}"]["refused"]
    assert bool(found) == bool(refused) and refused in found, found


@pytest.mark.parametrize("name", RENDERED)
@pytest.mark.parametrize("release", RELEASES)
def test_the_configuration_is_one_that_every_release_starts_with(judged, tree, tmp_path, release, name):
    found = judged[f"{name}-{release}"]
    assert not found["refused"], found
    lines = [line for line in found["config"].splitlines() if line and not line.startswith("#")]
    settings = dict(line.split("=", 1) for line in lines)
    assert KEY not in found["config"]
    # Of its own are where the data lies and the port that others may hold.
    for setting in ("gsqlite3-database", "webserver-port"):
        del settings[setting]
    daemon = daemons.Daemon(tree(release), "gsqlite3", tmp_path, settings, key=KEY).start()
    try:
        assert daemon.request("GET", "")[1]["daemon_type"] == "authoritative"
        log = (tmp_path / "log").read_text()
        assert "unknown" not in log.lower() and "deprecated" not in log.lower(), log
        if name == "primary":
            zone = {"name": "example.org.", "kind": "Master", "nameservers": ["ns.example.org."]}
            assert daemon.request("POST", "/zones", zone)[0] == 201
            joined = daemon.request("GET", "/zones/example.org.")[1]["catalog"]
            assert joined == ("" if release == "bookworm" else "catalog.invalid.")
    finally:
        daemon.stop()
