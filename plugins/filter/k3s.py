# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role k3s_cluster: what a host should have, and what has to be done."""

from __future__ import annotations

import typing as t

import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import (
    authentication,
    config,
    decide,
    departure,
    layout,
    survivor,
)

# Exit status of the backups' gate.
GATE_REFUSES = 3
# Read by other programs than k3s.
PUBLIC = {layout.UNIT_FILE: "0644", layout.SYSCTL_FILE: "0644"}


def _plain(value: t.Any) -> t.Any:
    """The value as Python's own types: what Ansible passes templates itself as it is read, and carries tags."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _yaml(data: dict[str, t.Any]) -> str:
    return yaml.safe_dump(_plain(data), default_flow_style=False, sort_keys=True) if data else ""


def k3s_host(
    settings: dict[str, t.Any], seen: dict[str, t.Any], static: dict[str, str], registries: dict[str, t.Any]
) -> dict[str, t.Any]:
    """A host as decisions need it: its settings, its files but for the secret ones, and what was seen of it."""
    settings, seen, static = _plain(settings), _plain(seen), _plain(static)
    issuers = settings["oidc_issuers"] if settings["role"] == "server" else []
    files = {
        # Without text they are removed.
        **dict.fromkeys((layout.AUDIT_POLICY_FILE, layout.ADMISSION_FILE), ""),
        **static,
        layout.CLUSTER_FILE: _yaml(config.cluster_config(settings)),
        layout.NODE_FILE: _yaml(config.node_config(settings, seen["system"])),
        layout.AUTHENTICATION_FILE: authentication.render(issuers),
        layout.SYSCTL_FILE: config.sysctl_file() if settings["hardening"] else "",
    }
    return {
        "host": settings["host"],
        "name": settings["name"],
        "role": settings["role"],
        "address": config.node_address(settings, seen["system"]),
        "settings": settings,
        "files": files,
        "checksums": config.checksums({**files, layout.REGISTRIES_FILE: _yaml(registries)}),
        "sysctls_differ": seen["system"]["sysctls"] != config.SYSCTLS,
        "seen": seen,
    }


def _all(
    found: list[dict[str, t.Any]], servers: list[str], agents: list[str], names: dict[str, str] | None
) -> list[dict[str, t.Any]]:
    by_host, called = {host["host"]: host for host in _plain(found)}, _plain(names or {})
    return [
        by_host.get(name, {"host": name, "name": called.get(name) or name, "role": role, "address": "", "seen": None})
        for role, names in (("server", servers), ("agent", agents))
        for name in names
    ]


def k3s_plan(
    found: list[dict[str, t.Any]], servers: list[str], agents: list[str], names: dict[str, str] | None = None
) -> dict[str, t.Any]:
    """The plan for the cluster of these inventory hosts, some of which may not have been found."""
    plan = decide.plan(_all(found, servers, agents, names))
    plan["join"] = {
        name: {stage: _yaml(settings) for stage, settings in stages.items()} for name, stages in plan["join"].items()
    }
    return plan


def k3s_departure(
    found: list[dict[str, t.Any]],
    servers: list[str],
    agents: list[str],
    leaving: list[str],
    replaces: bool = False,
    local: str = "",
    fenced: t.Sequence[str] = (),
    names: dict[str, str] | None = None,
) -> dict[str, t.Any]:
    """How nodes leave the cluster of these inventory hosts, some of which may not have been found."""
    return departure.plan(_all(found, servers, agents, names), _plain(leaving), replaces, local, fenced)


def k3s_survivor(
    found: list[dict[str, t.Any]], servers: list[str], wanted: str = "", gates: dict[str, t.Any] | None = None
) -> dict[str, t.Any]:
    """Which of these servers goes on alone after the quorum was lost, and what becomes of the others."""
    by_host = {host["host"]: host for host in _plain(found)}
    silent: dict[str, t.Any] = {"address": "", "seen": None}
    refused = {name: answer["stderr"] for name, answer in _plain(gates or {}).items() if answer["rc"] == GATE_REFUSES}
    return survivor.choose([by_host.get(name, {"host": name, **silent}) for name in servers], wanted, refused)


def k3s_files(files: dict[str, str], join: str) -> list[dict[str, str]]:
    """Files in the form that the module k3s_config takes."""
    return [
        {"path": path, "content": content, "mode": PUBLIC.get(path, "0600")}
        for path, content in sorted({**files, layout.JOIN_FILE: join}.items())
    ]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "k3s_host": k3s_host,
            "k3s_departure": k3s_departure,
            "k3s_plan": k3s_plan,
            "k3s_files": k3s_files,
            "k3s_survivor": k3s_survivor,
            "k3s_yaml": _yaml,
        }
