# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is installed, what another release would change, and the way there. Changes nothing."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

from .._artifact.transport import Transport
from . import compare, resolve, vector
from .install import moved
from .settings import Settings
from .stage import Record
from .versions import is_release, walk

Result = dict[str, t.Any]


def installed(record: Record) -> Result:
    """What a stage's record says."""
    return {
        "name": record.get("release", ""),
        "vectors": record.get("vectors", []),
        "roles": record.get("roles", {}),
        "components": record.get("components", {}),
        "replacements": record.get("replacements", {}),
    }


def compared(
    wanted: Settings, former: Settings | None, record: Record, transport: Transport, allow_downgrade: bool
) -> Result:
    """The release that is asked for beside the former one, or else beside what the stage has. Raises ReleaseError."""
    with tempfile.TemporaryDirectory(prefix="release-") as work, tempfile.TemporaryDirectory(dir=work) as beside:
        release = resolve.release(wanted, transport, Path(work))
        name, before = record.get("release", ""), record.get("components", {})
        if former is not None:
            other = resolve.release(former, transport, Path(beside))
            name, before = other.name, other.components()
        after = release.components()
        known = release.known_releases() if is_release(name) and is_release(release.name) else []
        named = sorted({image for one in release.vectors for image in vector.images(one.document)})
    return {
        "release": {"name": release.name, "vectors": [one.shown() for one in release.vectors]},
        "images": named,
        "artifacts": resolve.artifacts(release, wanted),
        "former": name,
        "changes": [one.shown() for one in compare.changes(before, after)],
        "refusals": [
            *(moved(record, release) if former is None else []),
            *(compare.between(name, before, release.name, after, known, allow_downgrade) if before else []),
        ],
        "walk": walk(known, name, release.name) if known else [],
    }
