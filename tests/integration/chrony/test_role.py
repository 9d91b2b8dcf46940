"""What the role makes of its inputs: refused, done with a doubt, and read by the chronyd of every release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import chronyd
import pytest
import yaml

from lab import debian, settings

HERE = Path(__file__).parent
TREE = HERE.parents[2]
BASES, CASES = yaml.safe_load((HERE / "cases.yml").read_text()).values()
# Everything that no host of a lab has, or that only some releases know.
HARDWARE = {
    "mesh": ["198.51.100.11", "198.51.100.12"],
    "own_addresses": ["198.51.100.11"],
    "allow": ["198.51.100.0/24"],
    "hardware_timestamping": ["eth0", "*"],
    "refclocks": ["PHC /dev/ptp0 poll 2 dpoll -2 tai", "PPS /dev/pps0 lock NMEA", "SHM 0 refid NMEA offset 0.5"],
    "nts": True,
    "nts_authorities": ["/etc/ssl/certs/other.pem"],
    "nts_ca_certificate": "text",
    "nts_certificate": "text",
    "nts_key": "text",
    "nts_fingerprint": "0123abcd",
    "extra_config": "leapsecmode slew",
}
ISOLATED = {"mesh": ["198.51.100.11", "198.51.100.12"], "own_addresses": ["198.51.100.11"]}
RENDERED = {"hardware": HARDWARE, "isolated": ISOLATED}


@pytest.fixture(scope="session")
def trees() -> dict[str, Path]:
    cache = settings.from_environment().cache
    return {release: debian.tree(cache, release, chronyd.PACKAGES) for release in chronyd.RELEASES}


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*debian.program(tree, "usr/sbin/chronyd"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def version(tree: Path) -> dict[str, str]:
    return {"stdout": run(tree, "--version").stdout.split("version ")[1].split()[0]}


@pytest.fixture(scope="session")
def judged(trees, tmp_path_factory) -> dict[str, dict[str, Any]]:
    """All cases in one run: a host for each, and one for each configuration and release."""
    directory = tmp_path_factory.mktemp("role")
    hosts = {
        f"case{number}": inputs({**BASES[case["base"]], **case.get("but", {})})
        for number, case in enumerate(CASES.values())
    }
    for release, tree in trees.items():
        for name, given in RENDERED.items():
            hosts[f"{name}-{release}"] = {**inputs(given), "__chrony_version": version(tree)}
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "directory": str(directory),
        "template": str(TREE / "roles/chrony/templates/chrony.conf.j2"),
    }
    play("role.yml", hosts, shared, directory)
    return {host: json.loads((directory / f"{host}.json").read_text()) for host in hosts}


def play(name: str, hosts: dict[str, Any], shared: dict[str, Any], directory: Path, *options: str) -> None:
    inventory = directory / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": shared}}))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), str(HERE / name), *options]
    done = subprocess.run(
        command,
        cwd=TREE,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "4"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr


def inputs(given: dict[str, Any]) -> dict[str, Any]:
    return {f"chrony_{name}": value for name, value in given.items()}


@pytest.mark.parametrize(("number", "name"), list(enumerate(CASES)), ids=list(CASES))
def test_inputs_are_judged(judged, number, name):
    found, case = judged[f"case{number}"], CASES[name]
    refused, doubt = case.get("refused", ""), case.get("doubt", "")
    assert bool(found["refused"]) == bool(refused), found
    assert refused in found["refused"], found
    if not refused:
        assert bool(found["doubts"]) == bool(doubt), found
        assert doubt in "; ".join(found["doubts"]), found


@pytest.mark.parametrize("name", RENDERED)
@pytest.mark.parametrize("release", chronyd.RELEASES)
def test_the_configuration_is_one_that_every_release_reads(judged, trees, tmp_path, release, name):
    file = tmp_path / "chrony.conf"
    file.write_text(judged[f"{name}-{release}"]["config"])
    read = run(trees[release], "-p", "-f", str(file))
    assert read.returncode == 0, read.stderr
    directives = read.stdout.splitlines()
    if name == "isolated":
        assert ("local stratum 10 orphan waitunsynced 0" in directives) == (release == "forky")
        return
    assert [line for line in directives if line.startswith(("hwtimestamp", "refclock"))] == [
        *(f"hwtimestamp {interface}" for interface in HARDWARE["hardware_timestamping"]),
        *(f"refclock {clock}" for clock in HARDWARE["refclocks"]),
    ]
    assert "ntsserverkey /run/credentials/chrony.service/nts.key" in directives
    assert "ntstrustedcerts /etc/chrony/metalstack/nts-ca.crt" in directives
    assert {"nocerttimecheck 1", "authselectmode ignore", "leapsecmode slew"} <= set(directives)
    assert "# The certificate is 0123abcd: another one is read by a restart." in file.read_text()


@pytest.mark.parametrize("release", chronyd.RELEASES)
def test_the_release_has_what_tells_it_the_leap_seconds(judged, trees, release):
    lines = judged[f"isolated-{release}"]["config"].splitlines()
    (directive,) = [line.split() for line in lines if line.startswith("leapsec")]
    places = {"leapseclist": trees[release], "leapsectz": trees[release] / "usr/share/zoneinfo"}
    assert (places[directive[0]] / directive[1].lstrip("/")).exists(), directive


@pytest.fixture(scope="session")
def configured(trees, tmp_path_factory) -> dict[str, str]:
    """What failed while a configuration was put where chronyd reads it, by release and what the user adds to it."""
    directory = tmp_path_factory.mktemp("configured")
    given = {"good": "leapsecmode slew", "bad": "serve the time"}
    hosts = {
        f"{name}-{release}": {
            **inputs({**ISOLATED, "extra_config": added}),
            "program": debian.program(tree, "usr/sbin/chronyd"),
            "__chrony_version": version(tree),
        }
        for name, added in given.items()
        for release, tree in trees.items()
    }
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "directory": str(directory),
    }
    play("configure.yml", hosts, shared, directory, "--check")
    return {host: (directory / host).read_text() for host in hosts}


@pytest.mark.parametrize("release", chronyd.RELEASES)
def test_a_configuration_that_chronyd_does_not_read_stops_before_its_file_is_written(configured, release):
    failed = configured[f"bad-{release}"]
    assert failed.startswith("Have chronyd read the configuration that is to come: "), failed
    assert "serve" in failed
    assert not configured[f"good-{release}"].startswith("Have chronyd read")


@pytest.mark.parametrize("release", chronyd.RELEASES)
def test_what_a_site_adds_in_a_file_of_its_own_is_in_force(judged, trees, tmp_path, release):
    places = tmp_path / "conf.d"
    places.mkdir()
    (places / "site.conf").write_text("maxdistance 2.5\n")
    (places / "left-out.txt").write_text("maxdistance 9.5\n")
    file = tmp_path / "chrony.conf"
    config = judged[f"hardware-{release}"]["config"]
    file.write_text(config.replace("/etc/chrony/conf.d", str(places)))
    read = run(trees[release], "-p", "-f", str(file))
    assert read.returncode == 0, read.stderr
    assert [line for line in read.stdout.splitlines() if "maxdistance" in line] == ["maxdistance 2.5"]
