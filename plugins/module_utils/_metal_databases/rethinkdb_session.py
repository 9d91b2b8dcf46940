# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session of RethinkDB's own driver with the server of a pod."""

from __future__ import annotations

import re
import typing as t

from .._kube import tunnel
from .._kube.deadline import within
from .._kube.libraries import load
from .._kube.namespace import Namespace
from . import rethinkdb
from .errors import DatabaseError, NotRunning

T = t.TypeVar("T")
_DOWN = re.compile(r"connection refused", re.IGNORECASE)


def ask(cluster: Namespace, pod: str, password: str, what: t.Callable[[t.Any, rethinkdb.Ask], T]) -> T:
    """What is asked gets the driver's root and what runs a term."""
    r = load("rethinkdb").RethinkDB()
    errors = load("rethinkdb.errors")
    with cluster.tunnel(pod, rethinkdb.PORT) as (port, broken):

        def session() -> T:
            connection = r.connect(
                host=tunnel.HOST, port=port, user=rethinkdb.USER, password=password, timeout=cluster.seconds
            )
            return what(r, lambda term: term.run(connection))

        try:
            return within(cluster.seconds, f"RethinkDB of pod {pod}", session)
        except errors.ReqlAuthError as error:
            # Before it comes the end of the tunnel, which is nobody's business.
            said = error.message.rpartition(", ")[2]
            raise DatabaseError(f"RethinkDB refuses the password of its own container: {said}") from error
        except errors.ReqlDriverError as error:
            if _DOWN.search(broken()):
                raise NotRunning("RethinkDB does not answer: connection refused") from error
            raise DatabaseError(f"RethinkDB broke off: {broken() or error.message} -> run it again") from error
        except errors.ReqlError as error:
            raise DatabaseError(f"RethinkDB refuses: {error.message}") from error
