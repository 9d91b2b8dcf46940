# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases that an upgrade may take: read and verified as each is when it is installed. Changes nothing."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

from .._artifact.transport import Transport
from .._kube import kinds
from .._kube.client import Cluster
from .._metal_databases import deployed
from .._release import reference, resolve, settings, versions
from .._release.errors import ReleaseError
from . import components, record, walk
from .errors import refuse
from .standing import NAME, Standing, read

Given = t.Mapping[str, t.Any]
Result = dict[str, t.Any]


def of_cluster(cluster: Cluster, namespace: str) -> Standing:
    """Where the control plane of a namespace is."""
    return read(*_known(cluster, namespace))


def unused(cluster: Cluster, namespace: str) -> bool:
    """Whether what a first deployment has begun may be left for another release, since nothing is lost with it.

    Nobody has marked a release, no component has ever run, and no database has a volume, so that none has data.
    """
    marks, known = _known(cluster, namespace)
    ran = [name for name, one in known.items() if name in components.RUNNING and not one.get(record.UNFINISHED)]
    if marks or ran or not known:
        return False
    claims = (cluster.get(kinds.CLAIM, namespace, deployed.claim(name)) for name in components.DATABASES)
    return all(one is None or (one.get("status") or {}).get("phase") == "Pending" for one in claims)


def _known(cluster: Cluster, namespace: str) -> tuple[dict[str, str] | None, dict[str, record.Entry]]:
    """What is marked of releases, and what is recorded of components."""
    marks = cluster.get(kinds.CONFIG_MAP, namespace, NAME) or {}
    known = cluster.get(kinds.CONFIG_MAP, namespace, record.NAME) or {}
    return marks.get("data"), record.parse(known.get("data"))


def look(given: Given, standing: Standing, transport: Transport) -> Result:
    """The steps, each with the C(url) of each of its C(vectors), and C(refusals).

    given: as the module metal_stack_standing_info takes it; without C(vectors) nothing is wanted. Raises StackError,
    or ReleaseError, where a release cannot be read.
    """
    if not given["vectors"]:
        return {"steps": [], "refusals": []}
    with tempfile.TemporaryDirectory(prefix="releases-") as work:
        reader = _Reader(given, transport, Path(work))
        entries = given["releases"] or reader.listed(standing)
        names = [one["name"] for one in entries]
        refuse(walk.misnamed(names))
        needed = [one for one in entries if not _behind(one["name"], standing)] or [entries[-1]]
        found = [reader.read(one) for one in needed]
        refuse(reader.problems)
        offered = [walk.Offered(one["name"], release.components()) for one, release in zip(needed, found, strict=True)]
        steps, refusals = walk.steps(standing, offered, found[-1].known_releases(), given["withdrawn"])
        places = {one["name"]: [{"url": url} for url in _urls(given, one)] for one in needed}
    return {"steps": [{**one.shown(), "vectors": places[one.name]} for one in steps], "refusals": refusals}


def renamed(url: str, name: str) -> str:
    """Where another release is, by the URL of one in a registry. Raises ReleaseError where that cannot be told."""
    found = reference.parse(url) if reference.kind(url) == "oci" else None
    if found and found.tag == name:
        return url
    if not found or found.digest or not versions.is_release(found.tag):
        raise ReleaseError(
            f"releases: nobody knows where {name} is: {url} names no release of a registry by its tag alone -> give the"
            f" vectors of {name}"
        )
    return f"{reference.OCI}{found.repository}:{name}"


def _behind(name: str, standing: Standing) -> bool:
    """Whether a release need not be there any more; the present one has to tell its versions where nobody has."""
    return versions.is_lower(name, standing.release) or (name == standing.release and bool(standing.components))


class _Reader:
    """Reads the vectors of releases, and keeps what is wrong with any of them."""

    def __init__(self, given: Given, transport: Transport, work: Path) -> None:
        self._given = given
        self._transport = transport
        self._work = work
        self.problems: list[str] = []

    def listed(self, standing: Standing) -> list[dict[str, t.Any]]:
        """The releases from the present one on, as whoever publishes the wanted one lists them. Raises ReleaseError."""
        wanted = self._release(self._given["vectors"], self._given["replacements"])
        name = wanted.name or self._given["release_name"]
        if not versions.is_release(name):
            raise ReleaseError(
                "vectors do not tell which release they are of -> give it in release_name, or it, and all before, in"
                " releases"
            )
        if versions.is_lower(name, standing.release):
            return [{"name": name}]
        known = wanted.known_releases()
        names = [standing.release] if standing.release in known else []
        between = versions.walk(known, standing.release, name) if standing.release else []
        names += [one for one in between if one not in self._given["withdrawn"]]
        return [{"name": one} for one in dict.fromkeys([*names, name])]

    def read(self, entry: Given) -> resolve.Release:
        """One release; an empty one where it cannot be read."""
        name = entry["name"]
        try:
            urls = _urls(self._given, entry)
            vectors = [{**one, "url": url} for one, url in zip(_vectors(self._given, entry), urls, strict=True)]
            found = self._release(vectors, entry.get("replacements") or self._given["replacements"])
        except ReleaseError as error:
            self.problems.append(f"{name}: {error}")
            return resolve.Release(())
        if versions.is_release(found.name) and found.name != name:
            self.problems.append(f"releases: {name} has the vectors of {found.name} -> correct the one or the other")
        return found

    def _release(self, vectors: t.Sequence[Given], replacements: Given) -> resolve.Release:
        options = {**self._given, "vectors": vectors, "replacements": replacements, "roles": {}}
        with tempfile.TemporaryDirectory(dir=self._work) as work:
            return resolve.release(settings.read(options), self._transport, Path(work))


def _vectors(given: Given, entry: Given) -> t.Sequence[Given]:
    found: t.Sequence[Given] = entry.get("vectors") or given["vectors"]
    return found


def _urls(given: Given, entry: Given) -> list[str]:
    """Where a release's vectors are; without any, those of the wanted one, the first at another tag."""
    urls = [one["url"] for one in _vectors(given, entry)]
    named = reference.kind(urls[0]) != "oci" and entry["name"] == given["release_name"]
    return urls if entry.get("vectors") or named else [renamed(urls[0], entry["name"]), *urls[1:]]
