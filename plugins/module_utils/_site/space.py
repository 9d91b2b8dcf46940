# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs out of space on a host of the cluster, or has lost what it stored: disks, etcd's database, volumes."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import room, volumes

from .failure import failure

Found = t.Mapping[str, t.Any]


def database_percent(seen: Found) -> int | None:
    """Return how much of its quota etcd's database takes, or nothing where none runs."""
    etcd = seen["etcd"]
    return room.percent(etcd["database_bytes"], etcd["quota_bytes"]) if etcd["running"] else None


def failures(host: str, node: str, seen: Found, known: t.Sequence[Found], free: int) -> t.Iterator[dict[str, str]]:
    """Judge a host; C(known) are the cluster's volumes, C(free) is the percentage that disks have to have left."""
    for path, left in seen["free_percent"].items():
        if left < free:
            remedy = f"remove what fills it, see 'du -xh --max-depth=3 {path}'; then run the bootstrap playbook"
            yield failure(host, f"the disk of {path} has room", f"{left} % free", f"{free} % or more", remedy)
    full = database_percent(seen)
    if full is not None and full >= room.FULL_PERCENT:
        quota = f"{seen['etcd']['quota_bytes'] >> 20} MiB"
        expected, remedy = f"less than {room.FULL_PERCENT} %", "run the defragment playbook"
        yield failure(host, "the database of etcd has room", f"{full} % of its quota of {quota}", expected, remedy)
    gone = volumes.lost([dict(volume) for volume in known], node, seen["storage"])
    if gone:
        remedy = "restore them after the server is back, or delete the claims"
        yield failure(host, "its volumes are there", f"no data of {', '.join(gone)}", seen["storage"]["path"], remedy)
