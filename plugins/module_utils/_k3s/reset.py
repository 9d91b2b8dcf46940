# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing from a host what k3s leaves behind. Stopping k3s itself is systemd's business and comes before."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import json
import os
import shutil
import signal
import subprocess
import time
import typing as t

from . import host, layout, remains

PATHS = (
    "/etc/rancher",
    layout.DATA_DIR,
    "/var/lib/kubelet",
    "/var/lib/cni",
    "/var/log/pods",
    "/var/log/containers",
    "/run/k3s",
    "/run/flannel",
    layout.STARTED_FILE,
    layout.UNIT_FILE,
    layout.SYSCTL_FILE,
    "/usr/local/libexec/k3s",
)
RULE_TOOLS = (("iptables-save", "iptables-restore"), ("ip6tables-save", "ip6tables-restore"))
POLL_SECONDS = 0.2
PATIENCE_SECONDS = 10.0


def holding(kept: t.Iterable[str]) -> list[str]:
    """Paths to be kept that lie inside one that is removed."""
    return [path for path in kept if any(os.path.commonpath([path, gone]) == gone for gone in PATHS)]


class Stuck(Exception):
    """Something that does not go away; the text says what."""


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def processes() -> list[remains.Process]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        fields = host.read(f"/proc/{name}/stat").rpartition(")")[2].split()
        command = host.read(f"/proc/{name}/cmdline").replace("\0", " ")
        if len(fields) > 1:
            found.append(remains.Process(int(name), int(fields[1]), command))
    return found


def mounts() -> list[str]:
    return remains.mounts(host.read("/proc/self/mountinfo"))


def links() -> list[str]:
    return remains.links(json.loads(_output("ip", "-json", "link", "show") or "[]"))


def rules() -> list[tuple[str, str]]:
    """Restore commands and what to feed them, for the tables that hold rules of k3s."""
    kept = []
    for save, restore in RULE_TOOLS:
        saved = _output(save)
        stripped = remains.without_rules(saved)
        if stripped != saved:
            kept.append((restore, stripped))
    return kept


def leftovers(paths: t.Iterable[str]) -> dict[str, t.Any]:
    return {
        "processes": len(remains.doomed(processes())),
        "mounts": mounts(),
        "links": links(),
        "rules": [restore for restore, _text in rules()],
        # A mount point in a path's place stays, but nothing in it.
        "paths": [
            path for path in paths if os.path.lexists(path) and not (os.path.ismount(path) and not os.listdir(path))
        ],
    }


def _kill() -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while pids := remains.doomed(processes()):
        if time.monotonic() > end:
            raise Stuck(f"processes {', '.join(map(str, pids))} survive SIGKILL -> reboot the host and run again")
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(POLL_SECONDS)


def _unmount() -> None:
    for point in mounts():
        subprocess.run(["umount", point], capture_output=True, check=False)
    # Volumes are mounted below these paths: deleting through a mount would delete the volume's data.
    if mounts():
        raise Stuck(f"still mounted: {', '.join(mounts())} -> see with 'fuser -vm' who holds it, and run again")


def _remove(path: str) -> None:
    if os.path.ismount(path):
        for name in os.listdir(path):
            _remove(os.path.join(path, name))
    elif os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def clean(paths: t.Iterable[str]) -> None:
    _kill()
    _unmount()
    for link in links():
        subprocess.run(["ip", "link", "delete", link], capture_output=True, check=False)
    for restore, text in rules():
        subprocess.run([restore], input=text, text=True, capture_output=True, check=True)
    for path in paths:
        _remove(path)
