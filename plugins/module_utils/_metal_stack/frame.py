# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of a stage deployed one after the other, each only where it is not as it should be, and recorded once it is."""

from __future__ import annotations

import abc
import contextlib
import os
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._kube import kinds
from .._kube.client import Cluster
from . import handed, played, record, secrets, told, workspace
from .errors import StackError
from .record import Entry

Given = t.Mapping[str, t.Any]


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


class Part(t.Protocol):
    """Roles that are run together."""

    @property
    def name(self) -> str: ...

    @property
    def roles(self) -> tuple[str, ...]: ...


P = t.TypeVar("P", bound=Part)


def kept(cluster: Cluster, namespace: str) -> dict[str, str]:
    """The secrets of the control plane; none where it was never deployed."""
    found = cluster.get(kinds.SECRET, namespace, record.NAME)
    return secrets.decoded((found or {}).get("data"))


class Frame(abc.ABC, t.Generic[P]):
    """What is judged, recorded and told of each component; what it is made of, and how it is played, is its kind's.

    given: what is described, with C(stage), C(namespace), C(redeploy) and C(timeout). recorded: the ConfigMap of the
    namespace that keeps what is known of each component. say: is told how it goes. dry: whether only to tell what would
    be deployed.
    """

    def __init__(
        self,
        given: Given,
        release: Release,
        place: Place,
        cluster: Cluster,
        recorded: str,
        *,
        say: played.Say,
        dry: bool = False,
    ) -> None:
        self._given = given
        self._release = release
        self._place = place
        self._cluster = cluster
        self._recorded = recorded
        self._say = say
        self._dry = dry
        self._space = workspace.Workspace(place.state, given["stage"])
        self._roles = handed.Roles(release.path)
        self._kept = kept(cluster, given["namespace"])
        self.done: list[Done] = []

    def run(self, chosen: t.Sequence[P]) -> None:
        """Deploy what has to be; C(done) tells of all that was looked at, also after a StackError."""
        with contextlib.nullcontext() if self._dry else self._space.held():
            found = self._cluster.get(kinds.CONFIG_MAP, self._given["namespace"], self._recorded)
            known = record.parse((found or {}).get("data"))
            for component in chosen:
                self._one(component, known.get(component.name))

    def _one(self, component: P, before: Entry | None) -> None:
        begin = time.monotonic()
        missing = self._roles.lacking(component.roles)
        if missing and not self._dry:
            raise StackError(
                f"the release has no role {', '.join(missing)} in {self._release.path} -> take it out of components, or"
                " use a release that has it"
            )
        entry = self._entry(component)
        if missing:
            # Check mode installs no release, so nobody knows what its roles take.
            entry["variables"] = (before or {}).get("variables", {})
        done = Done(component.name, self._reasons(component, before, entry))
        self.done.append(done)
        if not done.reasons:
            return
        self._refuse(component)
        done.before, done.after = record.shown(before), record.shown(entry)
        if self._dry:
            return
        done.log = str(self._log(component))
        self._say(f"{component.name}: {'; '.join(done.reasons)}")
        try:
            self._deploy(component, entry, before, begin + self._given["timeout"])
        finally:
            done.seconds = time.monotonic() - begin

    def _reasons(self, component: P, before: Entry | None, after: Entry) -> list[str]:
        found = record.reasons(before, after)
        if component.name in self._given["redeploy"]:
            found.append("redeploy names it")
        return found or self._unhealthy(component)

    @abc.abstractmethod
    def _entry(self, component: P) -> Entry:
        """What is recorded of a component once it is as it should be, see C(_recordable)."""

    @abc.abstractmethod
    def _deploy(self, component: P, entry: Entry, before: Entry | None, end: float) -> None:
        """Run its roles until C(end) of the monotonic clock, and record it. Raises StackError where that fails."""

    def _unhealthy(self, component: P) -> list[str]:
        """Why a component is deployed that is as it was deployed last."""
        return []

    def _refuse(self, component: P) -> None:
        """Raise StackError where it could not be deployed."""

    def _log(self, component: P) -> Path:
        """Where its output goes."""
        return self._space.log(component.name)

    def _recordable(self, component: P, variables: t.Mapping[str, t.Any]) -> Entry:
        key = self._kept.get(secrets.DIGEST_KEY, "")
        return record.entry(component.name, self._release.name, self._release.roles, variables, key)

    def _record(self, component: P, entry: Entry) -> None:
        namespace, name = self._given["namespace"], self._recorded
        found = self._cluster.get(kinds.CONFIG_MAP, namespace, name)
        data = {**((found or {}).get("data") or {}), component.name: record.encode(entry)}
        self._cluster.keep(kinds.CONFIG_MAP, namespace, name, data, found)

    def _environment(self, work: Path) -> dict[str, str]:
        """Of a run of ansible-playbook in a directory."""
        place = self._place
        return workspace.environment(work, self._release.path, place.kubeconfig, place.collections, os.environ)

    def _secret_texts(self, *variables: t.Mapping[str, t.Any]) -> list[str]:
        """What is not to be seen in any output: what the control plane keeps, and what is secret in these variables."""
        return [*self._kept.values(), *(text for one in variables for text in told.secret_texts(one))]
