"""Inputs of the role that are good, and what it makes of them with some changed."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import mode, plan

WRITER = "password-of-a-partition"
GOOD: dict[str, t.Any] = {
    "host": "server1",
    "site": "example",
    "mode": "auto",
    "accept_mode_change": False,
    "locations": {},
    "artifacts": {},
    "programs": "/opt",
    "found": {},
    "serves": True,
    "version": "1.112.0+ds1-2",
    "servers": {"server1": "198.51.100.11", "server2": "198.51.100.12", "server3": "198.51.100.13"},
    "port": 8427,
    "mesh_port": 9094,
    "insert_port": 8400,
    "select_port": 8401,
    "local": "127.0.0.1",
    "directory": "/etc/victoria-metrics",
    "credentials": "/run/credentials",
    "state": "/var/lib",
    "libexec": "/usr/local/libexec/victoria-metrics",
    "catch_up": "import sys",
    "scrape_interval": "15s",
    "evaluation_interval": "15s",
    "retention": "90d",
    "min_free_disk": "2GiB",
    "buffer": "1GiB",
    "memory_percent": 15,
    "external_url": "",
    "scrape_configs": [],
    "copies": {},
    "rules": [("watchdog.yml", "groups: []")],
    "found_rules": [],
    "writers": {"partition-a": WRITER},
    "peer_password": "password-of-the-peers",
    "reader_password": "password-of-readers",
    "receivers": [],
    "routes": [],
    "deadman_url": "",
    "deadman_interval": "1m",
    "authority": "PEM",
    "issued": True,
    "certificate": "",
    "key": "",
    "fingerprint": "f00",
}
ALONE = {"servers": {"server1": "198.51.100.11"}}
ARTIFACTS = {
    name: {"version": "v1.112.0-cluster", "archs": {"amd64": {"sha256": "0" * 64}, "arm64": {"sha256": ""}}}
    for name in mode.PROGRAMS
}
CLUSTER = {"artifacts": ARTIFACTS}
AGENT = {"host": "agent1", "serves": False, "reader_password": "", "issued": False}


def settings(**changed: t.Any) -> t.Any:
    return {**GOOD, **changed}


def made(**changed: t.Any) -> dict[str, t.Any]:
    found = plan.plan(settings(**changed), json.dumps)
    assert found["mistakes"] == []
    return found
