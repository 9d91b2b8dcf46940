# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host tells of itself and of the runs that hold it. Pure."""

from __future__ import annotations

import datetime
import typing as t

from .._k3s import certificates
from .exposition import Sample
from .settings import Settings


def of_host(settings: Settings) -> t.Iterator[Sample]:
    yield Sample("metalstack_host_info", 1, {"location": settings.location, "role": settings.role})
    for host, location in settings.hosts.items():
        yield Sample("metalstack_site_host_info", 1, {"host": host, "location": location})
    if settings.acme_ca:
        yield Sample("metalstack_acme_ca_info", 1, {"host": settings.acme_ca})
    for secret, confirmed in settings.escrow.items():
        yield Sample("metalstack_escrow_confirmed", confirmed, {"secret": secret})


def of_lock(owner: t.Mapping[str, t.Any] | None) -> t.Iterator[Sample]:
    """Who holds the host for a run, by the playbook's name; nobody is None."""
    if owner is None:
        return
    # Given as a file or with its collection.
    name = str(owner.get("playbook") or "unknown").rpartition("/")[2].removesuffix(".yml").rpartition(".")[2]
    labels = {"playbook": name}
    yield Sample("metalstack_run_lock_held", 1, labels)
    try:
        since = datetime.datetime.fromisoformat(str(owner.get("since", ""))).timestamp()
    except ValueError:
        return
    yield Sample("metalstack_run_lock_since_timestamp_seconds", since, labels)


def of_rotation(marker: t.Mapping[str, str]) -> t.Iterator[Sample]:
    if marker:
        yield Sample("metalstack_rotation_begun", 1, {"kind": marker.get("kind", "unknown")})


def of_catch_up(notes: str) -> t.Iterator[Sample]:
    """notes: the moments that a store has yet to ask the others for."""
    if notes.strip():
        yield Sample("metalstack_samples_lacking", 1)


def of_disks(free: t.Mapping[str, int]) -> t.Iterator[Sample]:
    """free: the percentage that is left of a file system, by where it is mounted."""
    for mountpoint, percent in free.items():
        yield Sample("metalstack_disk_free_ratio", percent / 100, {"mountpoint": mountpoint})


def of_certificates(files: t.Mapping[str, str]) -> t.Iterator[Sample]:
    """files: the text of each, by its path. What is no certificate is left out."""
    for path, text in files.items():
        try:
            end = certificates.not_after(text).timestamp()
        except ValueError:
            continue
        yield Sample("metalstack_certificate_not_after_timestamp_seconds", end, {"path": path})
