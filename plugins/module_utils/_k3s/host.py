# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host looks like, from its files and from systemd. Nothing in here raises or changes anything."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import datetime
import glob
import hashlib
import json
import os
import platform
import re
import socket
import stat
import subprocess
import typing as t

from . import certificates, layout, tokens
from . import encryption as keyring

SYSCTLS = ("vm.panic_on_oom", "vm.overcommit_memory", "kernel.panic", "kernel.panic_on_oops")
LISTENING = "0A"


def read(path: str) -> str:
    """The text of a file, empty when there is none that can be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def checksum(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def _run(*command: str) -> str:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=False, stdin=subprocess.DEVNULL
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _json(*command: str) -> list[dict[str, t.Any]]:
    try:
        found: list[dict[str, t.Any]] = json.loads(_run(*command) or "[]")
    except ValueError:
        return []
    return found


def unit() -> dict[str, t.Any]:
    wanted = "LoadState,ActiveState,UnitFileState,MainPID,NRestarts"
    shown = _run("systemctl", "show", layout.UNIT, "--property", wanted)
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    return {
        "loaded": values.get("LoadState") == "loaded",
        "enabled": values.get("UnitFileState") == "enabled",
        "state": values.get("ActiveState", "unknown"),
        "pid": int(values.get("MainPID", "0") or 0),
        "restarts": int(values.get("NRestarts", "0") or 0),
    }


def last_words() -> str:
    """The last thing that k3s gave up over, from its journal."""
    lines = _run("journalctl", "--unit", layout.UNIT, "--lines", "100", "--output", "cat", "--no-pager").splitlines()
    fatal = [line for line in lines if "level=fatal" in line]
    return fatal[-1][:500] if fatal else ""


def installed_version() -> str:
    """The version in the path that the link points to; k3s itself is asked only where somebody else put it."""
    path = os.path.realpath(layout.BINARY)
    if not os.path.exists(path):
        return ""
    version = os.path.basename(os.path.dirname(path))
    if re.fullmatch(r"v\d+\.\d+\.\d+.*", version):
        return version
    found = re.search(r"v\d+\.\d+\.\d+\S*", _run(layout.BINARY, "--version"))
    return found.group() if found else ""


def started_files() -> dict[str, str] | None:
    """Checksums of the files as the running process has read them; None when that is not known."""
    lines = read(layout.STARTED_FILE).split("\n")
    pairs = [line.split(None, 1) for line in lines if line.strip()]
    known = {path.strip(): digest for digest, path in (pair for pair in pairs if len(pair) == 2)}
    return known or None


def datastore() -> str:
    """The kind of datastore that lies on the disk, running or not."""
    if os.path.exists(layout.ETCD_DIR + "/tombstone"):
        return "removed"
    if os.path.isdir(layout.ETCD_DIR + "/member/wal"):
        return "etcd"
    if os.path.exists(layout.DATA_DIR + "/server/db/state.db"):
        return "sqlite"
    return ""


def encryption() -> dict[str, t.Any]:
    """Names of the keys for Secrets, the one that encrypts first, and whether they were changed since k3s started."""
    try:
        changed = os.path.getmtime(layout.ENCRYPTION_FILE) > os.path.getmtime(layout.STARTED_FILE)
    except OSError:
        changed = False
    return {"keys": [key.name for key in keyring.keys(read(layout.ENCRYPTION_FILE))], "changed": changed}


def _size(path: str) -> int:
    """Of a regular file; 0 for one that etcd has just removed."""
    try:
        found = os.stat(path)
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def datastore_bytes() -> int:
    """Size of what etcd keeps on the disk."""
    return sum(_size(path) for path in glob.glob(layout.ETCD_DIR + "/**", recursive=True))


def datastore_written() -> int:
    """When etcd's database was last written, in seconds since 1970; 0 without one."""
    try:
        return int(os.path.getmtime(layout.ETCD_DIR + "/member/snap/db"))
    except OSError:
        return 0


def token_matches(wanted: str, *paths: str) -> bool | None:
    """Whether the first of the files that exists holds the token, bare or as k3s writes it; None without a file."""
    for path in paths:
        text = read(path).strip()
        if text:
            return wanted in (text, tokens.password(text))
    return None


def _token(wanted: str, written: str, kept: str) -> dict[str, t.Any]:
    try:
        changed = os.path.getmtime(kept) > os.path.getmtime(layout.STARTED_FILE)
    except OSError:
        changed = False
    return {
        "wanted": tokens.fingerprint(wanted),
        "written": tokens.fingerprint(read(written)),
        "kept": tokens.fingerprint(read(kept)),
        "changed": changed,
    }


def token(wanted: str) -> dict[str, t.Any]:
    """Fingerprints of the token that is given, that k3s has written down and that it is to be started with, and whether
    the last was changed since k3s began."""
    return _token(wanted, layout.WRITTEN_TOKEN_FILE, layout.TOKEN_FILE)


def agent_token(wanted: str) -> dict[str, t.Any]:
    """The same of the token that agents enter with, which servers alone write down, and of those that were exchanged
    for it."""
    former = read(layout.FORMER_AGENT_TOKEN_FILE).split()
    return {
        **_token(wanted, layout.WRITTEN_AGENT_TOKEN_FILE, layout.AGENT_TOKEN_FILE),
        "former": [tokens.fingerprint(one) for one in former],
    }


def registered_at() -> str:
    """The address of the server that the join settings on the disk name."""
    found = re.search(r"^server:\s*[\"']?https://([^\s\"'/:]+):\d+", read(layout.JOIN_FILE), re.MULTILINE)
    return found.group(1) if found else ""


def immutable_settings() -> dict[str, str]:
    """Settings in the cluster's drop-in that a cluster keeps for life."""
    found = re.findall(r"^([a-z-]+): *(.+)$", read(layout.CLUSTER_FILE), re.MULTILINE)
    return {key: value.strip("\"' ") for key, value in found if key in layout.IMMUTABLE}


def certificate_days() -> dict[str, int]:
    """Days left of every certificate below the TLS directories, by path."""
    now = datetime.datetime.now(datetime.UTC)
    left = {}
    for path in sorted(
        glob.glob(layout.TLS_DIR + "/*.crt")
        + glob.glob(layout.TLS_DIR + "/etcd/*.crt")
        + glob.glob(layout.DATA_DIR + "/agent/*.crt")
    ):
        try:
            left[path] = certificates.days_left(read(path), now)
        except ValueError:
            continue
    return left


def addresses() -> dict[str, list[str]]:
    return {
        entry["ifname"]: [info["local"] for info in entry.get("addr_info", []) if info.get("scope") == "global"]
        for entry in _json("ip", "-json", "address", "show")
        if entry.get("ifname")
    }


def default_interface() -> str:
    routes = _json("ip", "-json", "route", "show", "default") or _json("ip", "-json", "-6", "route", "show", "default")
    return next((route["dev"] for route in routes if "dev" in route), "")


def listeners() -> list[int]:
    """TCP ports that somebody listens on."""
    rows = [line.split() for path in ("/proc/net/tcp", "/proc/net/tcp6") for line in read(path).splitlines()[1:]]
    return sorted({int(row[1].rsplit(":", 1)[1], 16) for row in rows if len(row) > 3 and row[3] == LISTENING})


def existing(path: str) -> str:
    """The path, or what there is of it already."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def free_bytes(path: str) -> int:
    """What the file system that path lies on, or will lie on, still takes."""
    try:
        state = os.statvfs(existing(path))
    except OSError:
        return 0
    return state.f_bavail * state.f_frsize


def free_percent(*paths: str) -> dict[str, int]:
    """How much of each file system is free, by the first of the paths that lies on it."""
    found: dict[int, tuple[str, int]] = {}
    for path in paths:
        present = existing(path)
        try:
            device, state = os.stat(present).st_dev, os.statvfs(present)
        except OSError:
            continue
        found.setdefault(device, (path, state.f_bavail * 100 // max(state.f_blocks, 1)))
    return dict(found.values())


def mounted_at(path: str) -> str:
    """Where the file system is mounted that path lies on, or will lie on."""
    path = existing(path)
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def directories(path: str) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(path) if entry.is_dir())
    except OSError:
        return []


def system() -> dict[str, t.Any]:
    release = dict(
        line.split("=", 1) for line in read("/etc/os-release").splitlines() if "=" in line and not line.startswith("#")
    )
    return {
        "hostname": socket.gethostname(),
        "architecture": platform.machine(),
        "os": release.get("ID", "").strip('"'),
        "os_version": release.get("VERSION_ID", "").strip('"'),
        "cgroup": 2 if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else 1,
        "addresses": addresses(),
        "default_interface": default_interface(),
        "listeners": listeners(),
        "free_bytes": {path: free_bytes(path) for path in (layout.DATA_DIR, "/opt")},
        "sysctls": {key: read("/proc/sys/" + key.replace(".", "/")).strip() for key in SYSCTLS},
    }


def images() -> dict[str, str]:
    """Checksums of the image archives that k3s imports."""
    return {os.path.basename(path): checksum(path) for path in sorted(glob.glob(layout.IMAGES_DIR + "/*"))}
