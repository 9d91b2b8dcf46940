# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program on a host: what its timers and its datastores' units run. One line of JSON says how it went."""

from __future__ import annotations

# no module, but a program with a terminal or a journal
# pylint: disable=ansible-bad-function
import argparse
import json
import sys
import typing as t
from pathlib import Path

from .._k3s import client, host, layout
from .._metal_databases import nights
from .._metal_databases.own_cluster import OwnCluster
from . import disk, gate, keys, rehearsal, results, settings
from .catalogue import CHECKSUMS
from .copies import Copies
from .errors import BackupError, Damaged, Nothing, Unreachable
from .mend import Lacking, Mend, Plan
from .sets import Sets
from .site import Site, now

# Apart from every other failure: only a refusal keeps a datastore from starting.
REFUSED = 3
# Whichever host comes first in a night opens a set for all of them.
NIGHT_DAYS = 0.5


def _arguments() -> argparse.Namespace:
    top = argparse.ArgumentParser(prog="metalstack-backup", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="back up components of this host, as part of the interval's set")
    create.add_argument("--component", action="append", required=True)
    verify = verbs.add_parser("verify", help="verify the newest backup of components of this host")
    verify.add_argument("--component", action="append", default=[])
    verify.add_argument("--level", type=int, default=2)
    verify.add_argument("--set", default="", help="another than the newest set")
    opened = "restore beside what runs what nothing here can open, unless a host has done it this night"
    verify.add_argument("--rehearse", action="store_true", help=opened)
    rehearse = verbs.add_parser("rehearse", help="restore the newest set beside what runs, unless one was lately")
    rehearse.add_argument("--component", action="append", default=[])
    rehearse.add_argument("--days", type=float, default=6, help="that are lately")
    # For the one before, which calls it in a place of its own.
    apart = verbs.add_parser(rehearsal.VERB)
    apart.add_argument("directory", type=Path)
    apart.add_argument("place", type=Path)
    verbs.add_parser("copy", help="bring the verified sets to the second object storage")
    mend = verbs.add_parser("mend", help="bring back from the second object storage what is damaged in the first")
    mend.add_argument("--check", action="store_true", help="only tell what would be brought back")
    databases = verbs.add_parser("databases", help="have metal-stack's databases back themselves up, counted")
    databases.add_argument("--again", action="store_true", help="also where a server has had it done this night")
    gated = verbs.add_parser("gate", help="whether this host's data of a component may start")
    gated.add_argument("--component", default=gate.K3S)
    return top.parse_args()


def create(site: Site, arguments: argparse.Namespace) -> list[dict[str, t.Any]]:
    return made(site, keys.slot(now(), site.settings.interval), there(site, arguments.component), site.settings.level)


def there(site: Site, components: t.Iterable[str]) -> list[str]:
    """Without those that are to come back yet: a set of what began in their place would be the newest to restore."""
    due = Sets(site).due()
    return [one for one in components if one not in due]


def waiting(site: Site) -> list[str]:
    """What of this host was restored, makes no set complete and is not confirmed, whichever host restored it."""
    try:
        unconfirmed = site.unconfirmed().get(site.record.lineage, set())
    except BackupError:
        # Whoever backs up meets the same.
        return []
    return sorted(unconfirmed & {one["name"] for one in site.settings.components} - {*site.settings.set_components})


def made(
    site: Site, name: str, components: t.Sequence[str], level: int, accept_drop: bool = False
) -> list[dict[str, t.Any]]:
    """Back up components, each by itself, and keep how it went. Raises at the end when one of them failed."""
    return _each(site, components, lambda one: Sets(site).create(name, one, level, accept_drop), results.note)


def copied(site: Site) -> dict[str, t.Any]:
    """Bring the verified sets to the second object storage, and keep how it went. Raises when one was left out."""
    try:
        outcome = Copies(site).copy()
    # What nobody foresaw must not pass for a success.
    except Exception as error:
        results.note_copy(site, {"error": _words(error)})
        raise
    left = "; ".join(outcome.pop("left"))
    results.note_copy(site, {**outcome, "error": left})
    if left:
        raise BackupError(left)
    return outcome


def verified(site: Site, level: int, name: str, components: t.Sequence[str], again: bool) -> list[dict[str, t.Any]]:
    """Verify components, each by itself, and keep how it went. Raises at the end when one of them failed."""
    return _each(
        site, components, lambda one: Sets(site).verify(level, name, one, again), results.note_verified, _all(site)
    )


def verified_copies(site: Site, level: int, components: t.Sequence[str]) -> list[dict[str, t.Any]]:
    """The same for the newest set in the second object storage, which is read from there."""
    sets = Sets(site.elsewhere())
    site.refuse_unconfirmed()
    return _each(
        site, components, lambda one: sets.verify(level, "", one, again=True), results.note_copy_verified, _all(site)
    )


def rehearsed(site: Site, components: t.Sequence[str], days: float) -> list[dict[str, t.Any]]:
    """Restore the newest set beside what runs, and keep how it went. Raises at the end when one of them failed."""
    within = days * 24 * 3600
    return _each(site, components, lambda one: Sets(site).rehearse(one, within), results.note_rehearsed, _all(site))


def opened(site: Site) -> list[dict[str, t.Any]]:
    """Rehearse what the last verification here could not open, such as k3s without etcdutl."""
    known = results.read_own(site.settings)
    shut = [one for one, result in known.items() if result.get("verify_lacking") and not result.get("verify_error")]
    return rehearsed(site, shut, NIGHT_DAYS) if shut else []


def mended(site: Site, contents: bool = True) -> dict[str, t.Any]:
    """Bring back from the second object storage what is damaged or missing in the first, and verify what was damaged.

    Without contents only the latter. Raises at the end when something is damaged still.
    """
    failed: list[str] = []
    brought: list[Lacking] = []
    size = 0
    if contents:
        try:
            brought, size = Mend(site).run()
        except Unreachable:
            raise
        except BackupError as error:
            failed.append(str(error))
    outcomes: list[dict[str, t.Any]] = []
    for level, name, component in damaged(site):
        try:
            outcomes += verified(site, level, name, [component], again=True)
        except BackupError as error:
            failed.append(str(error))
    if failed:
        raise BackupError("; ".join(failed))
    return {"brought": [one._asdict() for one in brought], "bytes": size, "verified": outcomes}


def would_mend(site: Site, contents: bool = True) -> dict[str, t.Any]:
    """The same, told and not done."""
    planned = Plan([], [], False)
    if contents:
        mend = Mend(site)
        planned = mend.plan()
        mend.refuse_helpless(planned)
    again = [{"level": level, "set": name, "component": component} for level, name, component in damaged(site)]
    return {"brought": [one._asdict() for one in planned.brought], "again": again}


def damaged(site: Site) -> list[tuple[int, str, str]]:
    """What is marked as damaged of this host's components, and of which it has found the newest set to be: the level
    that takes the mark back, the set, and the component.
    """
    sets = Sets(site)
    due = [(max(sets.damage(place), CHECKSUMS), place.set, place.component) for place in sets.marked()]
    known = {component for _level, _name, component in due}
    for component, result in results.read_own(site.settings).items():
        if result.get("verify_error") and component not in known:
            due.append((site.settings.level, "", component))
    return due


def _all(site: Site) -> list[str]:
    return [one["name"] for one in site.settings.components]


def _each(
    site: Site,
    components: t.Sequence[str],
    do: t.Callable[[str], dict[str, t.Any]],
    note: t.Callable[[Site, dict[str, t.Any]], None],
    otherwise: t.Sequence[str] = (),
) -> list[dict[str, t.Any]]:
    """Without components it is done with the others, as far as there is anything of them."""
    outcomes, failed = [], []
    for component in components or otherwise:
        try:
            outcome = do(component)
        # A full disk or an answer that nobody foresaw must not pass for a success.
        except Exception as error:  # pylint: disable=broad-exception-caught
            if isinstance(error, Nothing) and not components:
                results.forget_judgements(site, component)
                continue
            outcome = {"component": component, "error": _words(error)}
            failed.append(f"{component}: {_words(error)}")
        note(site, outcome)
        outcomes.append(outcome)
    if failed:
        raise BackupError("; ".join(failed))
    return outcomes


def verify(site: Site, arguments: argparse.Namespace) -> list[dict[str, t.Any]]:
    """The newest set in both object storages, or the one that was named in the first. Raises when one is no good."""
    failed: list[str] = []
    outcomes: list[dict[str, t.Any]] = []
    runs: list[t.Callable[[], list[dict[str, t.Any]]]] = [
        lambda: verified(site, arguments.level, arguments.set, arguments.component, again=True)
    ]
    if site.settings.second and not arguments.set:
        runs.append(lambda: verified_copies(site, arguments.level, arguments.component))
    if arguments.rehearse:
        runs.append(lambda: opened(site))
    for run in runs:
        try:
            outcomes += run()
        except BackupError as error:
            failed.append(str(error))
    if failed:
        raise BackupError("; ".join(failed))
    return outcomes


def databases(given: settings.Settings, again: bool) -> list[dict[str, t.Any]]:
    """Have metal-stack's databases back themselves up, and keep how it went. Raises when one of them failed."""
    if not given.databases:
        raise BackupError(f"{given.host} has no databases of metal-stack to look after -> run the role backup")
    try:
        cluster = OwnCluster(given.databases, given.databases_timeout)
        outcomes = nights.run(
            cluster, given.state, again=again, accept={}, expected=given.databases_expected,
            tell=lambda name: print(name, file=sys.stderr, flush=True),
        )  # fmt: skip
    except client.Unreachable as error:
        raise BackupError(f"the cluster of this host: {error}") from error
    if failed := nights.failures(outcomes):
        raise BackupError("; ".join(failed))
    return outcomes


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, BackupError) else f"{type(error).__name__}: {error}"


def judge(site: Site, component: str = gate.K3S) -> gate.Answer:
    """Whether what this host has of a component may start."""
    sets, state = Sets(site), site.settings.state
    if component != gate.K3S:
        # All others are replaced in one step, so that none is ever half of something, and found nothing.
        return site.may_start(gate.Local(sets.acts(component)), component)
    founds = "cluster-init: true" in host.read(layout.JOIN_FILE)
    partial = any(one["component"] == gate.K3S and not one["done"] for one in sets.restoring())
    local = gate.Local(host.datastore() == "etcd", partial, founds, (state / disk.FOUNDING).exists())
    return site.may_start(local)


def apart(arguments: argparse.Namespace) -> int:
    """The part of a rehearsal that runs in a place of its own."""
    try:
        print(json.dumps(rehearsal.inside(arguments.directory, arguments.place)))
    except BackupError as error:
        print(error, file=sys.stderr)
        return rehearsal.DAMAGED if isinstance(error, Damaged) else 1
    return 0


def main() -> int:
    arguments = _arguments()
    if arguments.verb == rehearsal.VERB:
        return apart(arguments)
    try:
        given = settings.load()
        if arguments.verb == "databases":
            # They have an object storage of their own, so that this one may be down.
            print(json.dumps(databases(given, arguments.again)))
            return 0
        site = Site(given)
        if arguments.verb == "gate":
            answer = judge(site, arguments.component)
            print(f"{'alarm: ' if answer.alarm else ''}{answer.reason}", file=sys.stderr)
            return 0 if answer.allowed else REFUSED
        if arguments.verb == "create":
            print(json.dumps(create(site, arguments)))
        elif arguments.verb == "copy":
            print(json.dumps(copied(site)))
        elif arguments.verb == "mend":
            print(json.dumps(would_mend(site) if arguments.check else mended(site)))
        elif arguments.verb == "rehearse":
            print(json.dumps(rehearsed(site, arguments.component, arguments.days)))
        else:
            print(json.dumps(verify(site, arguments)))
    except BackupError as error:
        print(json.dumps({"failed": True, "msg": str(error)}), file=sys.stderr)
        return 1
    return 0
