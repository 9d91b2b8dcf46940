# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Components deployed one after the other, each only where it is not as it should be, and recorded once it runs."""

from __future__ import annotations

import contextlib
import os
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._k3s import workloads
from .._k3s.client import Unreachable
from .._kube import kinds
from .._kube.client import Cluster
from .._metal_databases.sentinels import NEVER
from . import components, handed, health, played, record, secrets, sidecar, told, variables, workspace
from .components import Component
from .errors import StackError
from .record import Entry

Given = t.Mapping[str, t.Any]
# In a cluster that was restored, a sidecar would find an empty disk and take whatever it lists for the data. So the
# database is held there until its restore was begun.
HELD_WHEN_RESTORED = {"metadata": {"labels": {workloads.LABEL: workloads.UNTIL_DATA}}}

PAUSE = 1.0


@dataclass
class Done:
    """What became of a component. log: its output, empty where nothing was run."""

    name: str
    reasons: list[str] = field(default_factory=list)
    seconds: float = 0.0
    log: str = ""
    before: str = ""
    after: str = ""

    def shown(self) -> dict[str, t.Any]:
        told_of = {"name": self.name, "changed": bool(self.reasons), "reasons": self.reasons}
        return {**told_of, "seconds": round(self.seconds, 1), "log": self.log}


@dataclass(frozen=True)
class Release:
    """What is deployed. roles: C(version) and C(digest) by the name of a role; path: where these are.

    variables: those that the release has values for, such as the tags of images; the inventory's win.
    """

    name: str
    roles: t.Mapping[str, t.Mapping[str, str]]
    path: Path
    variables: t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Place:
    """Where to, and what is needed on the way. collections: where the run finds its collections."""

    kubeconfig: Path
    state: Path
    collections: t.Sequence[str]


def kept(cluster: Cluster, namespace: str) -> dict[str, str]:
    """The secrets of the control plane; none where it was never deployed."""
    found = cluster.get("Secret", namespace, record.NAME)
    return secrets.decoded((found or {}).get("data"))


class Deployer:
    """Deploys the chosen components of one control plane.

    given: as C(options.CONTROL_PLANE) has it. schedules: those of databases, as the gate has decided. say: is told how
    it goes. dry: whether only to tell what would be deployed.
    """

    def __init__(
        self,
        given: Given,
        release: Release,
        place: Place,
        cluster: Cluster,
        *,
        schedules: t.Mapping[str, str],
        say: t.Callable[[str], None],
        dry: bool = False,
    ) -> None:
        self._given = given
        self._release = release
        self._place = place
        self._cluster = cluster
        self._schedules = schedules
        self._say = say
        self._dry = dry
        self._space = workspace.Workspace(place.state, given["stage"])
        self._roles = handed.Roles(release.path)
        self._kept = kept(cluster, given["namespace"])
        self._variables = {
            **release.variables,
            **secrets.variables(self._kept),
            **variables.all_of(given, release.name, schedules),
        }
        self.done: list[Done] = []

    def run(self, chosen: t.Sequence[Component]) -> None:
        """Deploy what has to be; C(done) tells of all that was looked at, also after a StackError."""
        with contextlib.nullcontext() if self._dry else self._space.held():
            self._each(chosen)

    def _each(self, chosen: t.Sequence[Component]) -> None:
        known = self._known()
        for component in chosen:
            begin = time.monotonic()
            wanted, entry = self._wanted(component, known.get(component.name))
            done = Done(component.name, self._reasons(component, known.get(component.name), entry))
            self.done.append(done)
            if not done.reasons:
                continue
            self._refuse_locked(component)
            done.before, done.after = record.shown(known.get(component.name)), record.shown(entry)
            if not self._dry:
                done.log = str(self._space.log(component.name))
                try:
                    self._deploy(component, wanted, entry, known.get(component.name), begin)
                finally:
                    done.seconds = time.monotonic() - begin

    def _known(self) -> dict[str, Entry]:
        found = self._cluster.get("ConfigMap", self._given["namespace"], record.NAME)
        return record.parse((found or {}).get("data"))

    def _wanted(self, component: Component, before: Entry | None) -> tuple[dict[str, t.Any], Entry]:
        """The variables of a component, and what would be recorded of it."""
        name, roles = self._release.name, self._release.roles
        key = self._kept.get(secrets.DIGEST_KEY, "")
        missing = self._roles.lacking(component.roles)
        if missing and not self._dry:
            raise StackError(
                f"the release has no role {', '.join(missing)} in {self._release.path} -> take it out of components, or"
                " use a release that has it"
            )
        if missing:
            # Check mode installs no release, so nobody knows what its roles take.
            unknown = record.entry(component, name, roles, {}, key)
            return {}, {**unknown, "variables": (before or {}).get("variables", {})}
        everything = {**self._variables, **variables.of_component(component, self._variables)}
        wanted = self._roles.handed(component.roles, everything)
        return wanted, record.entry(component, name, roles, wanted, key)

    def _reasons(self, component: Component, before: Entry | None, after: Entry) -> list[str]:
        found = record.reasons(before, after)
        if component.name in self._given["redeploy"]:
            found.append("redeploy names it")
        if not found:
            found = [f"it is not healthy: {one.what}" for one in self._lacks(component)]
        return found

    def _refuse_locked(self, component: Component) -> None:
        """Raise StackError where helm would refuse to deploy, which it tells late and without a way out."""
        namespace = self._given["namespace"]
        found = self._cluster.locked(namespace, component.release) if component.release else []
        if found:
            names = " ".join(found)
            raise StackError(
                f"{component.name}: helm's release {component.release} is locked by Secret {names}, as it is while helm"
                " runs and stays when that is killed -> make sure that nobody else deploys it, and then"
                f" kubectl -n {namespace} delete secret {names}"
            )

    def _deploy(
        self, component: Component, wanted: dict[str, t.Any], entry: Entry, before: Entry | None, begin: float
    ) -> None:
        end = begin + self._given["timeout"]
        self._say(f"{component.name}: {'; '.join(self.done[-1].reasons)}")
        beside = self._sidecar(component.database, before) if component.database else None
        if beside:
            entry["sidecar"] = beside.digest
        # Whoever is killed from here on leaves a component that is neither as it was nor as it should be.
        self._record(component, {**entry, record.UNFINISHED: True})
        if beside:
            beside.prepare()
        note = beside.note if beside else lambda: None
        self._play(component, wanted, end, note)
        self._await(component, end, note)
        if component.database:
            namespace = self._given["namespace"]
            self._cluster.patch(kinds.STATEFUL_SET, namespace, component.database.name, HELD_WHEN_RESTORED)
        if beside:
            if beside.settle():
                self._say(f"{component.name}: restarted, for its sidecar's other configuration")
                self._await(component, end)
            entry["sidecar"] = beside.digest
        self._record(component, entry)

    def _play(self, component: Component, wanted: dict[str, t.Any], end: float, note: t.Callable[[], None]) -> None:
        """Run its roles. note: is called now and then meanwhile."""
        work = self._space.prepare(component.roles, wanted)
        place, log = self._place, self._space.log(component.name)
        environment = workspace.environment(work, self._release.path, place.kubeconfig, place.collections, os.environ)
        run = played.Run(component.name, work, environment, log, self._given["timeout"])
        played.play(run, self._secret_texts(), end, self._say, note)

    def _await(self, component: Component, end: float, note: t.Callable[[], None] = lambda: None) -> None:
        """The health gate. note: is called with each look.

        Raises StackError with what is missing when the time is over, or it will not come.
        """
        news, begin = played.News(self._say, self._given["timeout"]), time.monotonic()
        while True:
            try:
                lacks = self._lacks(component)
            except Unreachable as error:
                if 0 < error.status < 500:
                    raise
                # An API server that restarts is waited for like anything else.
                lacks = [health.Lack(str(error))]
            note()
            if not lacks:
                return
            missing = "; ".join(one.what for one in lacks)
            if any(one.final for one in lacks) or time.monotonic() >= end:
                why = self._why(component)
                raise StackError(
                    f"{component.name} is not healthy after {self._given['timeout']} s: {missing}{why} -> it is"
                    " deployed again with the next run"
                    if time.monotonic() >= end
                    else f"{component.name} will not become healthy: {missing}{why}"
                )
            news.at(f"{component.name}: still to come: {missing}", time.monotonic() - begin)
            time.sleep(PAUSE)

    def _lacks(self, component: Component) -> list[health.Lack]:
        namespace = self._given["namespace"]
        workloads = components.expected(component, self._variables)
        found = [health.lack(one, self._cluster.get(one.kind, namespace, one.name)) for one in workloads]
        return [one for one in found if one]

    def _why(self, component: Component) -> str:
        """What keeps its pods from running, as far as that can be asked."""
        said: set[str] = set()
        for one in components.expected(component, self._variables):
            try:
                found = self._cluster.get(one.kind, self._given["namespace"], one.name)
                if found and one.kind != kinds.SECRET and health.lack(one, found):
                    said |= set(self._cluster.waiting(found))
            except Unreachable as error:
                said.add(str(error))
        return f" ({'; '.join(sorted(said))})" if said else ""

    def _sidecar(self, database: components.Database, before: Entry | None) -> sidecar.Sidecar:
        return sidecar.Sidecar(
            self._cluster,
            self._given["namespace"],
            database,
            key=self._kept.get(secrets.DIGEST_KEY, ""),
            former=(before or {}).get("sidecar", ""),
            restored=self._schedules.get(database.name) == NEVER,
        )

    def _record(self, component: Component, entry: Entry) -> None:
        namespace = self._given["namespace"]
        found = self._cluster.get("ConfigMap", namespace, record.NAME)
        data = {**((found or {}).get("data") or {}), component.name: record.encode(entry)}
        self._cluster.keep("ConfigMap", namespace, record.NAME, data, found)

    def _secret_texts(self) -> list[str]:
        """What is not to be seen in any output."""
        return [*self._kept.values(), *told.secret_texts(self._variables)]
