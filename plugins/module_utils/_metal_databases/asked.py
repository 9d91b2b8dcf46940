# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database that runs, asked whether it answers and what it holds, in the way of its engine."""

from __future__ import annotations

import typing as t

from .._kube.done import Done
from . import deployed, postgres, prefixes, rethinkdb, rethinkdb_session, valkey
from .asking import Asking
from .errors import DatabaseError
from .sentinels import Counted


class ByCommand(t.Protocol):
    """What is asked by a command in its own container."""

    def alive(self) -> list[str]: ...
    def answers(self, done: Done) -> None: ...
    def count(self, seconds: int) -> list[str]: ...
    def counted(self, done: Done) -> Counted: ...


_BY_COMMAND: dict[str, ByCommand] = {prefixes.POSTGRES: postgres, prefixes.VALKEY: valkey}


def alive(cluster: Asking, name: str, engine: str) -> None:
    """Raises NotRunning where it does not answer, DatabaseError or Unreachable where that cannot be found out."""
    by = _BY_COMMAND.get(engine)
    if by:
        by.answers(cluster.run(deployed.pod(name), deployed.container(engine), by.alive()))
    else:
        _rethinkdb(cluster, name, rethinkdb.answers)


def count(cluster: Asking, name: str, engine: str) -> Counted:
    by = _BY_COMMAND.get(engine)
    if by:
        return by.counted(cluster.run(deployed.pod(name), deployed.container(engine), by.count(cluster.seconds)))
    return _rethinkdb(cluster, name, rethinkdb.counted)


T = t.TypeVar("T")


def _rethinkdb(cluster: Asking, name: str, what: t.Callable[[rethinkdb.Ask], T]) -> T:
    done = cluster.run(deployed.pod(name), deployed.container(prefixes.RETHINKDB), rethinkdb.password())
    if done.code:
        # Not what it has written, which may be the password.
        why = done.errors.strip() or f"exit code {done.code}"
        raise DatabaseError(f"the password of RethinkDB cannot be read in its container: {why}")
    # As the sidecar does.
    return rethinkdb_session.ask(cluster, deployed.pod(name), done.output.strip(), what)
