"""What is read of a host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import clock, probe

ROLES = Path(__file__).resolve().parents[5] / "roles"


def test_global_addresses_are_listed_with_their_lengths() -> None:
    listed = [
        {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "prefixlen": 8, "scope": "host"}]},
        {"ifname": "eth0", "addr_info": [{"local": "198.51.100.11", "prefixlen": 24, "scope": "global"}]},
        {},
    ]
    assert probe.interfaces(listed) == {"lo": [], "eth0": ["198.51.100.11/24"]}


def test_memory_is_read() -> None:
    assert probe.memory_bytes("MemTotal:        2048 kB\nMemFree: 1 kB\n") == 2 << 20
    assert probe.memory_bytes("") == 0


@pytest.mark.parametrize(
    ("reading", "least", "most"), [(100.5, -0.5, 0.5), (100.0, -1.0, 0.0), (99.0, -2.0, -1.0), (103.5, 2.5, 3.5)]
)
def test_a_reading_leaves_open_when_in_between_it_was_taken(reading: float, least: float, most: float) -> None:
    assert clock.offset(reading, before=100.0, after=101.0) == [least, most]


SS = """\
udp UNCONN 0 0    127.0.0.53%lo:53   0.0.0.0:* users:(("systemd-resolve",pid=612,fd=16))
udp UNCONN 0 0          0.0.0.0:123  0.0.0.0:* users:(("chronyd",pid=70,fd=7))
tcp LISTEN 0 128           [::]:53      [::]:* users:(("pdns_server",pid=8,fd=7),("pdns_server",pid=9,fd=7))
tcp LISTEN 0 128              *:53         *:*
tcp LISTEN 0 128      127.0.0.1:8081 0.0.0.0:* users:(("pdns_server",pid=8,fd=9))
nonsense
"""


def test_who_holds_the_ports_of_names_and_time_is_read() -> None:
    assert [tuple(found.values()) for found in probe.listeners(SS)] == [
        ("udp", "127.0.0.53", "53", "systemd-resolve"),
        ("udp", "0.0.0.0", "123", "chronyd"),
        ("tcp", "::", "53", "pdns_server"),
        ("tcp", "*", "53", ""),
    ]


def test_who_holds_a_port_that_is_asked_for_is_read() -> None:
    (found,) = (one for one in probe.listeners(SS, ("8081",)))
    assert (found["address"], found["program"]) == ("127.0.0.1", "pdns_server")


def test_what_is_left_of_a_page_is_what_the_role_takes_away() -> None:
    role = yaml.safe_load((ROLES / "status_page/vars/main.yml").read_text())
    unit = f"{role['__status_page_unit_directory']}/{role['__status_page_unit']}"
    assert (unit, role["__status_page_directory"], role["__status_page_pages"]) == probe.PAGE


def test_what_is_left_of_a_registry_is_what_the_role_takes_away() -> None:
    role = yaml.safe_load((ROLES / "container_registry/vars/main.yml").read_text())
    unit = f"{role['__container_registry_unit_directory']}/{role['__container_registry_front']}"
    assert (unit, role["__container_registry_directory"]) == probe.REGISTRY


@pytest.mark.parametrize(
    ("configuration", "role"),
    [
        ("primary=yes\nsecondary=no\n", "primary"),
        ("launch=gsqlite3\nprimary=no\nsecondary=yes\n", "secondary"),
        ("primary=no\nsecondary=no\n", ""),
        ("# primary=yes\n", ""),
        ("", ""),
    ],
)
def test_the_role_of_a_server_of_names_is_read(configuration: str, role: str) -> None:
    assert probe.dns_role(configuration) == role


def test_a_name_is_resolved_to_each_of_its_addresses_once() -> None:
    answer = "192.0.2.7      STREAM s3.example.net\n192.0.2.7      DGRAM\n2001:db8::7    STREAM\n"
    assert probe.resolved(answer) == ["192.0.2.7", "2001:db8::7"]
    assert probe.resolved("") == []


def test_a_name_that_nobody_knows_has_no_address() -> None:
    assert probe.resolved(probe._resolve("localhost")) and probe.resolved(probe._resolve("nowhere.invalid")) == []


@pytest.mark.parametrize(
    ("record", "password", "matches"),
    [
        ({"lineage": "L1", "generation": 1}, "right\n", True),
        ({"lineage": "L1", "generation": 1}, "wrong\n", False),
        # What a restore that was refused has left is nobody's.
        ({}, "wrong\n", None),
        ({"lineage": "L1", "generation": 1}, "", None),
    ],
    ids=["ours", "another", "no backups begun", "no password"],
)
def test_the_password_of_backups_is_compared_where_they_were_begun(tmp_path, record, password, matches) -> None:
    storage = dict.fromkeys(("endpoint", "region", "bucket", "ca_file", "access_key", "secret_key"), "x")
    config = {
        "site": "s", "host": "h", "storage": {**storage, "path_style": True}, "components": [], "set_components": [],
        "password_file": str(tmp_path / "password"), "interval": 1, "level": 1, "state": str(tmp_path),
        "metrics": str(tmp_path),
    }  # fmt: skip
    (tmp_path / "backup.json").write_text(json.dumps(config))
    if record:
        (tmp_path / "record.json").write_text(json.dumps(record))
    if password:
        (tmp_path / "password").write_text(password)
    assert probe.backup_password_matches("right", tmp_path / "backup.json") is matches
    assert probe.backup_password_matches("right", tmp_path / "none.json") is None


def test_any_part_that_is_left_is_seen(tmp_path):
    paths = [str(tmp_path / name) for name in ("peer", "metrics.json", "program")]
    assert not probe.any_exists(paths)
    for path in paths:
        Path(path).touch()
        assert probe.any_exists(paths)
        Path(path).unlink()


def test_a_runner_is_known_by_what_its_role_makes():
    role = yaml.safe_load((ROLES / "gitlab_runner/vars/main.yml").read_text())
    unit = f"/etc/systemd/system/{role['__gitlab_runner_unit']}"
    assert (unit, role["__gitlab_runner_directory"]) == probe.JOBS
