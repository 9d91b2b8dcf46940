# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host pass asks of a host: read-only, in one call."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import json
import re
import subprocess
import time
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import installed
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import host, layout, rotation
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import host as debian

from . import distance

WANTED = ("hostname", "architecture", "os", "os_version", "cgroup", "default_interface", "free_bytes")
SERVER = layout.DATA_DIR + "/server/"
# of names and of time; that of the page is the site's choice
PORTS = ("53", "123")
PDNS_CONF = "/etc/powerdns/metalstack/pdns.conf"
# what no monitored host is without: that of the programs, and what bootstrap writes last and takes away last
MONITORED = ("/etc/victoria-metrics/peer", "/etc/metalstack/metrics.json", "/usr/local/bin/metalstack-metrics")
# what the role status_page takes away, its unit first
PAGE = (
    "/etc/systemd/system/metalstack-status-page.service",
    *("/etc/metalstack-status-page", "/var/lib/metalstack-status-page"),
)
# what the role container_registry takes away, its front first; the images may stay
REGISTRY = ("/etc/systemd/system/metalstack-registry.service", "/etc/metalstack-registry")
# what the role acme_ca takes away with the authority, and with the certificates of a host
ISSUES = ("/etc/systemd/system/acme-ca.service", "/etc/acme-ca/ca.json")
ASKS = ("/etc/systemd/system/metalstack-acme.timer", "/etc/acme-certificates")
# what the role gitlab_runner takes away, its unit first and what it was given last
JOBS = ("/etc/systemd/system/metalstack-runner.service", "/etc/metalstack-runner")
# what takes packages from a mirror, however far it had come
OFFLINE = (debian.SWITCH, debian.SOURCES, debian.DIRECTORY)


def collect(
    token: str,
    agent_token: str,
    backup_password: str,
    peers: t.Mapping[str, str],
    names: t.Iterable[str],
    ports: t.Iterable[str],
) -> dict[str, t.Any]:
    """Return the facts of this host that C(hosts.check) judges.

    C(peers) are hosts to measure the way to, C(names) are to be resolved, C(ports) may be taken by others.
    """
    shown = _run("ss", "--no-header", "--listening", "--numeric", "--tcp", "--udp", "--processes")
    return {
        **{key: value for key, value in host.system().items() if key in WANTED},
        "machine_id": host.read("/etc/machine-id").strip(),
        "memory_bytes": memory_bytes(host.read("/proc/meminfo")),
        "interfaces": interfaces(json.loads(_run("ip", "-json", "address", "show"))),
        "listeners": listeners(shown, (*PORTS, *ports)),
        "dns_role": dns_role(host.read(PDNS_CONF)),
        "round_trips": distance.round_trips(peers),
        "resolved": {name: resolved(_resolve(name)) for name in names},
        "clock": time.time(),
        "backs_up": settings.FILE.exists(),
        "monitored": any_exists(MONITORED),
        "serves_page": any_exists(PAGE),
        "serves_images": any_exists(REGISTRY),
        "issues_certificates": any_exists(ISSUES),
        "asks_for_certificates": any_exists(ASKS),
        "runs_jobs": any_exists(JOBS),
        "offline": any_exists(OFFLINE),
        "release": debian.codename(host.read("/etc/os-release")),
        "backup_password_matches": backup_password_matches(backup_password),
        "programs": installed.versions([*installed.linked(), *installed.running()]),
        "k3s": {
            "version": host.installed_version(),
            "datastore": host.datastore(),
            "immutable": host.immutable_settings(),
            "rotation": rotation.parse(host.read(layout.ROTATION_FILE)),
            "token_matches": host.token_matches(token, SERVER + "token", layout.TOKEN_FILE),
            "agent_token_matches": host.token_matches(
                agent_token, layout.WRITTEN_AGENT_TOKEN_FILE, layout.AGENT_TOKEN_FILE
            ),
        },
    }


def resolved(answer: str) -> list[str]:
    """Return the addresses that getent has found, each once."""
    return sorted({line.split()[0] for line in answer.splitlines() if line.strip()})


def any_exists(paths: t.Iterable[str]) -> bool:
    """Whether something is left of a part of the site, however far it had come."""
    return any(Path(path).exists() for path in paths)


def backup_password_matches(wanted: str, file: Path = settings.FILE) -> bool | None:
    """Whether the password is the one of this host's backups; None where none were begun."""
    try:
        found = settings.load(file)
        return found.password == wanted if disk.read_record(found.state) else None
    except BackupError:
        return None


def memory_bytes(meminfo: str) -> int:
    """Read the total out of C(/proc/meminfo)."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def interfaces(listed: list[dict[str, t.Any]]) -> dict[str, list[str]]:
    """Return each interface's global addresses with their prefix lengths."""
    return {
        entry["ifname"]: [
            f"{info['local']}/{info['prefixlen']}"
            for info in entry.get("addr_info", [])
            if info.get("scope") == "global"
        ]
        for entry in listed
        if entry.get("ifname")
    }


def listeners(shown: str, ports: t.Collection[str] = PORTS) -> list[dict[str, str]]:
    """Return who holds one of these ports, out of what C(ss) shows; the name of a program may be unknown."""
    found = []
    for line in shown.splitlines():
        fields = line.split(maxsplit=6)
        if len(fields) < 6:
            continue
        address, _colon, port = fields[4].rpartition(":")
        program = re.search(r'\(\("([^"]+)"', fields[6] if len(fields) > 6 else "")
        if port in ports:
            found.append(
                {
                    "protocol": fields[0],
                    "address": address.partition("%")[0].strip("[]"),
                    "port": port,
                    "program": program.group(1) if program else "",
                }
            )
    return found


def dns_role(configuration: str) -> str:
    """Return what C(pdns.conf) makes of the host: V(primary), V(secondary), or nothing."""
    found = re.search(r"^(primary|secondary)=yes$", configuration, re.MULTILINE)
    return found.group(1) if found else ""


def _resolve(name: str) -> str:
    """What this host's resolver knows of a name. With the DNS gone that is nothing, and soon."""
    try:
        found = subprocess.run(
            ("getent", "ahosts", name), capture_output=True, text=True, timeout=5, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return ""
    return found.stdout


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL)
    return done.stdout
