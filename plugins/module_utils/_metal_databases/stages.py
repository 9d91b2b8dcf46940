# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stages must not share. Pure.

The name of a stage is all that keeps its backups apart from those of others, so it is unique in all the world that has
a bucket in common with it, and begins no other one.
"""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class Stage(t.NamedTuple):
    name: str
    endpoint: str
    bucket: str

    @property
    def where(self) -> str:
        return f"{self.endpoint.rstrip('/').lower()}/{self.bucket}"


def place(endpoint: str | None, bucket: str | None) -> tuple[str, str, int, str]:
    """What a bucket is found by, however the URL of its object storage is spelled: scheme, host, port and name."""
    text = str(endpoint or "").rstrip("/").lower()
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return text, "", 0, str(bucket)
    if not parts.hostname:
        # No URL, which is complained about elsewhere.
        return text, "", 0, str(bucket)
    return parts.scheme, parts.hostname.rstrip("."), port, str(bucket)


def complaints(ours: Stage, others: t.Iterable[Stage]) -> list[str]:
    """What is wrong with the name and the bucket of our stage, beside those of all others."""
    found = []
    if not _NAME.fullmatch(ours.name):
        found.append(f"stage {ours.name!r}, expected small letters, digits and hyphens, such as prod")
    for other in others:
        if ours.name == other.name:
            found.append(f"stage {ours.name} is there twice -> name each as no other one is named")
        elif place(ours.endpoint, ours.bucket) == place(other.endpoint, other.bucket):
            found.append(f"stages {ours.name} and {other.name} share {ours.where} -> give each a bucket of its own")
        if ours.name != other.name:
            found += _begins(ours.name, other.name) + _begins(other.name, ours.name)
    return found


def _begins(shorter: str, longer: str) -> list[str]:
    if not longer.startswith(shorter):
        return []
    return [
        f"stage {shorter} begins the name of stage {longer}: once they meet in a bucket, a database of {shorter} may be"
        f" given the backup of one of {longer} -> name one of them otherwise"
    ]
