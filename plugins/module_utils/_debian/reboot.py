# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a host needs a reboot. Pure."""

from __future__ import annotations

import re
import typing as t

from . import versions

# What `uname -v` of Debian's kernels ends in: #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)
RUNNING = re.compile(r" Debian (\S+) \(")
IMAGE = re.compile(r"^linux-image-\d\S*?-([a-z][a-z-]*)?(amd64|arm64)(?::\S+)?$")
# One file that uses no library of Debian; what its containers use is no matter of the host.
SELF_CONTAINED = ("k3s.service",)


def flavour(image: str) -> str:
    """What a kernel is for (C(amd64), C(cloud-amd64)); empty where this is no kernel."""
    found = IMAGE.match(image)
    return f"{found[1] or ''}{found[2]}" if found else ""


def kernel(release: str, version: str, installed: t.Mapping[str, str]) -> list[str]:
    """Whether a newer kernel is installed than the one that runs, by C(uname -r), C(uname -v) and its packages."""
    runs = RUNNING.search(version)
    ours = flavour(f"linux-image-{release}")
    found = [installed[image] for image in installed if flavour(image) == ours]
    # Another kernel than Debian's, or one of the machine that this is a container of.
    if not runs or not ours or not found:
        return []
    newest = max(found, key=versions.order)
    if versions.compare(newest, runs[1]) <= 0:
        return []
    return [f"kernel {newest} is installed, {runs[1]} runs"]


def required(packages: str) -> str:
    """Why packages have asked for it, by the text of their list."""
    names = sorted(set(packages.split()))
    return f"{', '.join(names)} asked for it" if names else "/run/reboot-required is there"


def services(needrestart: str) -> list[str]:
    """Which services use replaced libraries, by what C(needrestart -b) prints."""
    lines = [line.partition(": ") for line in needrestart.splitlines()]
    stale = sorted({value.strip() for key, _colon, value in lines if key == "NEEDRESTART-SVC"} - set(SELF_CONTAINED))
    return [f"{', '.join(stale)} still use replaced libraries"] if stale else []


def expected(names: t.Iterable[str]) -> list[str]:
    """The reasons that packages bring along which are only to be installed."""
    kernels = sorted(name for name in names if flavour(name))
    return [f"{', '.join(kernels)} is to be installed"] if kernels else []
