# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a cluster prepared for metal-stack, or tells what that would change."""

from __future__ import annotations

import time
import typing as t

from .._k3s import objects
from .._k3s.client import Unreachable
from .._kube import kinds
from .._kube.client import Cluster
from . import addon_record, addons, addresses, gateways, health, preparation, surroundings
from .addon_record import Entry
from .addons import Addon
from .components import Workload
from .errors import StackError, refuse
from .preparation import Object
from .surroundings import Wanted

if t.TYPE_CHECKING:
    # What was, and what is now, or would be.
    Pair: t.TypeAlias = "tuple[Object | None, Object]"

Given = t.Mapping[str, t.Any]
_SECONDS = 30.0
_RUNNING = (kinds.DEPLOYMENT, kinds.STATEFUL_SET, kinds.DAEMON_SET, kinds.JOB)


def prepare(given: Given, cluster: Cluster, dry: bool, mirror: str = "") -> dict[str, t.Any]:
    """C(changed), C(objects) with the names of those that have changed, and C(diff). Raises StackError.

    mirror: where the files of add-ons are asked for before their own place.
    """
    wanted = surroundings.read(given, cluster, mirror)
    maps = preparation.config_maps(given)
    there = objects.look(cluster, maps)
    foreign = [
        (one, have) for one, have in zip(maps, there, strict=True) if have is not None and not objects.ours(have)
    ]
    strangers = [text for one, have in foreign for text in preparation.strangers(one, have)]
    refuse([*surroundings.complaints(wanted), *strangers])
    left = [pair[0] for pair in foreign]
    spaces = preparation.namespaces(given)
    # A namespace is there or not, and what others have put on it stays.
    missing = [one for one, have in zip(spaces, objects.look(cluster, spaces), strict=True) if have is None]
    own = objects.composed([*missing, *(one for one in maps if one not in left)], {})
    before = objects.look(cluster, own)
    pairs = [(have, objects.apply(cluster, one, have, _SECONDS, dry)) for one, have in zip(own, before, strict=True)]
    return compared([*pairs, *_Making(wanted, dry).run()])


class _Making:
    """Makes what a cluster has around metal-stack, one add-on after the other, each once the former runs."""

    def __init__(self, wanted: Wanted, dry: bool) -> None:
        self._wanted = wanted
        self._dry = dry
        self._end = time.monotonic() + wanted.given["timeout"]

    def run(self) -> list[Pair]:
        given, cluster = self._wanted.given, self._wanted.cluster
        known = surroundings.known(given, cluster)
        if not self._dry:
            known = addon_record.begun(known, self._wanted.named())
            surroundings.keep(given, cluster, known)
        found = []
        for addon in self._wanted.addons:
            pairs = self._apply(addon, known.get(addon.name, Entry({})))
            found += pairs
            if not self._dry:
                self._await(addon)
                known[addon.name] = known[addon.name]._replace(digest=addon_record.digest(addon))
                surroundings.keep(given, cluster, known)
        return found

    def _apply(self, addon: Addon, entry: Entry) -> list[Pair]:
        found = []
        same = entry.digest == addon_record.digest(addon)
        for one in addon.objects:
            before = self._wanted.cluster.find(self._wanted.places.path(one))
            if surroundings.is_left(one, before) or (before is None and same and addon_record.is_passing(one)):
                continue
            found.append((before, self._applied(one, before)))
        return found

    def _applied(self, one: Object, before: Object | None) -> Object:
        """A kind that was just defined is not served at once, and a webhook answers when its pod does."""
        cluster, place = self._wanted.cluster, self._wanted.places.path(one)
        while True:
            try:
                return objects.apply(cluster, one, before, _SECONDS, self._dry, place)
            except Unreachable as error:
                if one["kind"] == kinds.JOB and error.status == 422 and before is not None:
                    # The pods of a Job cannot become other ones.
                    if self._dry:
                        return one
                    objects.remove(cluster, before, max(self._end - time.monotonic(), 1.0), place)
                    before = None
                elif self._dry or not _passes(error) or time.monotonic() >= self._end:
                    raise StackError(f"{objects.name(one)} cannot be applied: {error}") from error
            time.sleep(objects.POLL_SECONDS)

    def _await(self, addon: Addon) -> None:
        """Raise StackError with what does not run when the time is over, or will not."""
        while lacks := [lack for one in addon.objects for lack in self._lacks(one)]:
            if time.monotonic() >= self._end or any(final for _text, final in lacks):
                seconds = self._wanted.given["timeout"]
                texts = "; ".join(text for text, _final in lacks)
                raise StackError(f"addons: {addon.name} does not run after {seconds} s: {texts}{self._why(addon)}")
            time.sleep(objects.POLL_SECONDS)

    def _lacks(self, one: Object) -> list[tuple[str, bool]]:
        cluster, kind = self._wanted.cluster, one["kind"]
        if kind in _RUNNING:
            found = cluster.find(self._wanted.places.path(one))
            lack = health.lack(Workload(kind, one["metadata"]["name"]), found)
            return [(lack.what, lack.final)] if lack else []
        if kind == addons.SERVICE and one["spec"].get("type") == addons.LOAD_BALANCER:
            there = cluster.find(self._wanted.places.path(one))
            return [] if there and addresses.has_one(there) else [(f"{objects.name(one)} waits for an address", False)]
        if kind == "Gateway" and one["metadata"]["name"] == gateways.NAME:
            lack_of_it = gateways.lack(cluster.find(self._wanted.places.path(one)))
            return [(f"{objects.name(one)}: {lack_of_it}", False)] if lack_of_it else []
        return []

    def _why(self, addon: Addon) -> str:
        """What keeps pods from running and Services from their addresses, as far as that can be asked."""
        cluster, said = self._wanted.cluster, []
        for one in addon.objects:
            if one["kind"] in _RUNNING and (found := cluster.find(self._wanted.places.path(one))):
                said += cluster.waiting(found)
        names = {objects.name(one) for one in addons.load_balancers([addon])}
        for service in cluster.listed("/api/v1/services"):
            name = objects.name({"kind": addons.SERVICE, **service})
            ours = name in names or (
                addon.name == surroundings.OURS and surroundings.is_of_gateway(self._wanted.given, service)
            )
            if ours and addresses.is_balanced(service) and not addresses.has_one(service):
                said.append(f"{name} waits for an address: {self._unanswered(service)}")
        return f" ({'; '.join(dict.fromkeys(said))})" if said else ""

    def _unanswered(self, service: Object) -> str:
        """Why nobody gives a Service an address: what was said of it, or that nobody is there who would."""
        cluster, metadata = self._wanted.cluster, service["metadata"]
        selector = f"involvedObject.kind%3DService%2CinvolvedObject.name%3D{metadata['name']}"
        events = cluster.listed(f"/api/v1/namespaces/{metadata['namespace']}/events?fieldSelector={selector}")
        if texts := [one["message"] for one in events if one.get("message")]:
            return str(texts[-1])
        pool = cluster.get("ConfigMap", *addresses.POOL)
        if asked := addresses.held(service):
            names = ", ".join(map(str, asked))
            return f"{names} is asked for, and nobody answers for it -> look at kube-vip's service mode"
        if addresses.pool(pool, metadata["namespace"]) is None:
            return (
                f"there is no ConfigMap {'/'.join(addresses.POOL)} with a range, and nobody else has given one -> give"
                " kube-vip a range of addresses for Services, or say addresses: hosts"
            )
        return "nobody has taken one of kube-vip's range for it -> look at kube-vip's cloud provider"


def _passes(error: Unreachable) -> bool:
    """Whether the same may succeed a moment later; a namespace that is not there does not come."""
    return error.status >= 500 or (error.status in (0, 404) and 'namespaces "' not in str(error))


def compared(pairs: t.Sequence[tuple[Object | None, Object | None]]) -> dict[str, t.Any]:
    """The result of an action; of a definition it is shown which versions it has, not their schemas."""
    shown = [
        (_short(objects.shown(old)), _short(objects.shown(new, old)), objects.name(t.cast(Object, new or old)))
        for old, new in pairs
    ]
    changed = {name: (old, new) for old, new, name in shown if old != new}
    before, after = ({name: pair[side] for name, pair in changed.items()} for side in (0, 1))
    return {"changed": bool(changed), "objects": list(changed), "diff": {"before": before, "after": after}}


def _short(shown: Object) -> Object:
    if shown.get("kind") != addons.CRD:
        return shown
    spec = shown["spec"]
    digest = addon_record.digest(Addon("", [{"kind": addons.CRD, "spec": spec}]))
    served = {one["name"]: one["served"] for one in spec["versions"]}
    return {**shown, "spec": {"group": spec["group"], "served": served, "digest": digest}}
