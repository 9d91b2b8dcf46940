# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a registry keeps images of other registries: below these' names, so that one has those of all. Pure."""

from __future__ import annotations

from .._release.reference import Reference


def component(host: str) -> str:
    """The first part of the path that stands for a registry, which may have no colon."""
    return host.replace(":", "_")


def repository(reference: Reference) -> str:
    """C(docker.io/library/alpine) of an image that is called so; C(localhost:5000/a) is C(localhost_5000/a)."""
    host, _slash, rest = reference.repository.partition("/")
    return f"{component(host)}/{rest}"
