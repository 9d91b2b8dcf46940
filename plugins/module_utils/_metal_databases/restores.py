# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore begun and confirmed, and a database begun without data, by way of the cluster."""

from __future__ import annotations

import datetime
import typing as t

from . import beginning, marker
from .beginning import Beginning
from .cluster import Cluster
from .marker import Marker


class Outcome(t.NamedTuple):
    """The mark of the restore that is not confirmed, or of the beginning without data, before and after.

    None where there is none.
    """

    before: Marker | Beginning | None
    after: Marker | Beginning | None


def act(given: t.Mapping[str, t.Any], cluster: Cluster, moment: datetime.datetime, writes: bool) -> Outcome:
    """given: the options of the module metal_database_restore."""
    name = given["name"]
    if given["state"] == beginning.FRESH:
        return _fresh(name, given["prefix"], cluster, moment, writes)
    found = cluster.config_map(marker.called(name))
    before = marker.read(found.get("data")) if found else None
    if given["state"] == marker.CONFIRMED:
        if before and writes:
            _confirm(name, given["prefix"], cluster, moment)
        return Outcome(before, None)
    if before and before["version"] == given["version"]:
        return Outcome(before, before)
    after = marker.new(given["version"], moment)
    if writes:
        cluster.have_config_map(marker.manifest(name, after))
    return Outcome(before, after)


def _confirm(name: str, prefix: str | None, cluster: Cluster, moment: datetime.datetime) -> None:
    """Until both are done the restore is not confirmed."""
    if prefix:
        began = beginning.new(beginning.RESTORE, prefix, cluster.identity(), moment)
        cluster.have_config_map(beginning.manifest(name, began))
    cluster.drop_config_map(marker.called(name))


def _fresh(name: str, prefix: str, cluster: Cluster, moment: datetime.datetime, writes: bool) -> Outcome:
    before = beginning.read(cluster.config_map(beginning.called(name)))
    after = beginning.new(beginning.FRESH, prefix, cluster.identity(), moment)
    if before and {**after, "since": before["since"]} == before:
        return Outcome(before, before)
    if writes:
        cluster.have_config_map(beginning.manifest(name, after))
    return Outcome(before, after)
