# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session with the RethinkDB of a pod."""

from __future__ import annotations

import re
import typing as t

from .._kube import tunnel
from .._kube.deadline import within
from . import reql, rethinkdb
from .asking import Asking
from .errors import DatabaseError, NotRunning

T = t.TypeVar("T")
_DOWN = re.compile(r"connection refused", re.IGNORECASE)


def ask(cluster: Asking, pod: str, password: str, what: t.Callable[[rethinkdb.Ask], T]) -> T:
    """What is asked gets what runs a term."""
    with cluster.tunnel(pod, rethinkdb.PORT) as (port, broken):

        def session() -> T:
            with reql.Connection((tunnel.HOST, port), rethinkdb.USER, password, cluster.seconds) as connection:
                return what(connection.run)

        try:
            return within(cluster.seconds, f"RethinkDB of pod {pod}", session)
        except reql.AuthError as error:
            raise DatabaseError(f"RethinkDB refuses the password of its own container: {error}") from error
        except reql.ReqlError as error:
            raise DatabaseError(f"RethinkDB refuses: {error}") from error
        except (reql.Broken, OSError) as error:
            if _DOWN.search(broken()):
                raise NotRunning("RethinkDB does not answer: connection refused") from error
            raise DatabaseError(f"RethinkDB broke off: {broken() or error} -> run it again") from error
