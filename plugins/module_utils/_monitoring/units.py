# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a unit. Private to this collection."""

from __future__ import annotations

from .programs import Unit

# A program that only keeps and tells needs no more of the host than this.
CONFINED = """\
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""
# What measures the host has to see its clock and its file systems as they are.
APART = """\
ProtectHome=yes
ProtectClock=yes
PrivateDevices=yes
PrivateTmp=yes
"""
LOOKING = "ProtectHome=read-only\n"


def text(unit: Unit) -> str:
    """Compose a unit that is brought back whatever happens to it."""
    apart = LOOKING if unit["measures"] else APART
    service = "\n".join(_lines(unit))
    after = " ".join(["network-online.target", *unit["after"]])
    return (
        f"[Unit]\nDescription={unit['description']}\nDocumentation={unit['documentation']}\n"
        f"After={after}\nWants=network-online.target\nStartLimitIntervalSec=0\n\n"
        f"[Service]\nType=exec\nUser={unit['user']}\n{service}\n"
        # Should the memory be short, the cluster goes on.
        f"Restart=always\nRestartSec=2s\nOOMScoreAdjust=200\nLimitNOFILE=65536\n{CONFINED}{apart}\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def _lines(unit: Unit) -> list[str]:
    words = [word.replace("%", "%%").replace("$", "$$") for word in unit["arguments"]]
    # root alone can read what is copied, and it may not be there yet; the copies are renewed with the process.
    copied = [
        f"ExecStartPre=+-/usr/bin/install --owner={unit['user']} --mode=0400 {path} /run/{unit['runtime']}/{name}"
        for name, path in unit["copies"].items()
    ]
    return [
        *(f"LoadCredential={name}:{path}" for name, path in unit["credentials"].items()),
        *copied,
        *(f"ExecStartPre=-{command}" for command in unit["before"]),
        f"ExecStart={' '.join([unit['program'], *words])}",
        *(["RuntimeMaxSec=1d"] if copied else []),
        *([f"StateDirectory={unit['state']}", "StateDirectoryMode=0750"] if unit["state"] else []),
        *([f"RuntimeDirectory={unit['runtime']}", "RuntimeDirectoryMode=0750"] if unit["runtime"] else []),
    ]
