# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Components of a control plane: each is deployed, waited for until it runs, and recorded then."""

from __future__ import annotations

import time
import typing as t

from .._k3s import workloads
from .._k3s.client import Unreachable
from .._kube import kinds
from .._kube.client import Cluster
from .._metal_databases.sentinels import NEVER
from . import components, health, played, record, secrets, sidecar, variables
from .components import Component
from .errors import StackError
from .frame import Frame, Given, Place, Release
from .record import Entry

# In a cluster that was restored, a sidecar would find an empty disk and take whatever it lists for the data. So the
# database is held there until its restore was begun.
HELD_WHEN_RESTORED = {"metadata": {"labels": {workloads.LABEL: workloads.UNTIL_DATA}}}
# Seconds between two looks at the same.
PAUSE = 1.0


class Deployer(Frame[Component]):
    """Deploys the chosen components of one control plane.

    given: as C(options.CONTROL_PLANE) has it. schedules: those of databases, as the gate has decided.
    """

    def __init__(
        self,
        given: Given,
        release: Release,
        place: Place,
        cluster: Cluster,
        *,
        schedules: t.Mapping[str, str],
        say: played.Say,
        dry: bool = False,
    ) -> None:
        super().__init__(given, release, place, cluster, record.NAME, say=say, dry=dry)
        self._schedules = schedules
        self._variables = {
            **release.variables,
            **secrets.variables(self._kept),
            **variables.all_of(given, release.name, schedules),
        }

    def _wanted(self, component: Component) -> dict[str, t.Any]:
        """The variables of a component."""
        everything = {**self._variables, **variables.of_component(component, self._variables)}
        return self._roles.handed(component.roles, everything)

    def _entry(self, component: Component) -> Entry:
        return self._recordable(component, self._wanted(component))

    def _unhealthy(self, component: Component) -> list[str]:
        return [f"it is not healthy: {one.what}" for one in self._lacks(component)]

    def _refuse(self, component: Component) -> None:
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

    def _deploy(self, component: Component, entry: Entry, before: Entry | None, end: float) -> None:
        beside = self._sidecar(component.database, before) if component.database else None
        if beside:
            entry["sidecar"] = beside.digest
        # Whoever is killed from here on leaves a component that is neither as it was nor as it should be.
        self._record(component, {**entry, record.UNFINISHED: True})
        if beside:
            beside.prepare()
        note = beside.note if beside else lambda: None
        self._play(component, end, note)
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

    def _play(self, component: Component, end: float, note: t.Callable[[], None]) -> None:
        """Run its roles. note: is called now and then meanwhile."""
        work = self._space.prepare(component.roles, self._wanted(component))
        run = played.Run(component.name, work, self._environment(work), self._log(component), self._given["timeout"])
        played.play(run, self._secret_texts(self._variables), end, self._say, note)

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
