# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a cluster without what it was given around metal-stack and nobody wants any more."""

from __future__ import annotations

import time
import typing as t

from .._k3s import objects
from .._kube.client import Cluster
from . import addons, gateways, prepare, surroundings, usage
from .addons import Object
from .errors import StackError

Given = t.Mapping[str, t.Any]


def prune(given: Given, cluster: Cluster, dry: bool, mirror: str = "") -> dict[str, t.Any]:
    """C(changed), C(objects), C(diff), and C(kept): by add-on, who uses what of it, so that it stays.

    Of an add-on that is wanted, what a former version had goes; one that is not wanted goes as a whole, or not at all,
    and not before those that were made after it. Raises StackError.
    """
    wanted = surroundings.read(given, cluster, mirror)
    known, named = surroundings.known(given, cluster), wanted.named()
    needed = {path for paths in named.values() for path in paths}
    removed: list[Object] = []
    kept: dict[str, list[str]] = {}
    after = dict(known)
    # As they were made, so that nothing goes before what needs it.
    for name in sorted(known, key=lambda one: known[one].place, reverse=True):
        unwanted = {path: shown for path, shown in known[name].objects.items() if path not in needed}
        found = {path: one for path in unwanted if (one := cluster.find(path)) and objects.ours(one)}
        users = _users(cluster, found.values(), given["namespace"])
        if not users and name not in named and found:
            users = [f"{later} stays, which was made after it and may need it" for later in kept if later not in named]
        if users:
            kept[name] = users
            continue
        if not dry:
            _remove(cluster, found, given["timeout"])
        removed += found.values()
        left = {path: shown for path, shown in known[name].objects.items() if path in needed}
        after[name] = known[name]._replace(objects=left)
        if name == surroundings.OURS and found and not dry:
            _await_release(given, cluster)
    if not dry and known:
        surroundings.keep(given, cluster, {name: one for name, one in after.items() if one.objects})
    return {**prepare.compared([(one, None) for one in removed]), "kept": kept}


def _users(cluster: Cluster, found: t.Iterable[Object], namespace: str) -> list[str]:
    """Who uses what is about to go."""
    said = []
    for one in found:
        for path, uses in usage.queries(one, namespace):
            for user in filter(uses, cluster.listed(path)):
                metadata = user["metadata"]
                place = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
                said.append(f"{objects.name(one)} is used by {path.rpartition('/')[2]} {place}")
    return said


def _remove(cluster: Cluster, found: t.Mapping[str, Object], seconds: float) -> None:
    try:
        for path, one in reversed(list(found.items())):
            objects.remove(cluster, one, seconds, path)
    except objects.Refused as error:
        raise StackError(str(error)) from error


def _await_release(given: Given, cluster: Cluster) -> None:
    """Wait until the controller has removed what it made for our Gateway, which keeps its address; it goes next."""
    end = time.monotonic() + given["timeout"]
    while left := [one for one in cluster.listed("/api/v1/services") if surroundings.is_of_gateway(given, one)]:
        if time.monotonic() >= end:
            names = ", ".join(objects.name({"kind": addons.SERVICE, **one}) for one in left)
            raise StackError(
                f"{names} of Gateway {gateways.NAME}, which is removed, does not go within {given['timeout']} s -> see"
                " whether its controller runs, or remove it"
            )
        time.sleep(objects.POLL_SECONDS)
