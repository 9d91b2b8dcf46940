# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What RethinkDB is asked through a tunnel: its image has no client, and the sidecar's can only dump.

Terms of ReQL are values; what asks them is given. So this knows neither the cluster nor the network.
"""

from __future__ import annotations

import typing as t

from . import reql
from .errors import DatabaseError, NotRunning
from .sentinels import Counted

PORT = 28015
USER = "admin"
# Read where it is: by the sidecar from a file, by the database from its environment.
_PASSWORD = 'printf %s "${RETHINKDB_PASSWORD-}"'
_SYSTEM = "rethinkdb"
# What metal-api and metal-apiserver call the table of what no backup of a running metal-stack may lack.
_LISTS = {"partition": "partitions"}

Ask = t.Callable[[reql.Term], t.Any]

# Locks of metal-apiserver, each for seconds.
_PASSING = {"sharedmutex"}


def password() -> list[str]:
    return ["sh", "-c", _PASSWORD]


def answers(ask: Ask) -> None:
    """Raises NotRunning unless a server tells its status. ask: what runs a term."""
    if not list(ask(reql.db(_SYSTEM).table("server_status").pluck("name"))):
        raise NotRunning("RethinkDB answers, but no server of it is there")


def counted(ask: Ask) -> Counted:
    """tables: rows by table, such as C(metalapi.machine). lists: C(partitions), where there is such a table."""
    tables: dict[str, int] = {}
    lists: dict[str, list[str]] = {}
    for base in sorted(ask(reql.db_list())):
        if base == _SYSTEM:
            continue
        for table in sorted({*ask(reql.db(base).table_list())} - _PASSING):
            rows = ask(reql.db(base).table(table).count())
            if isinstance(rows, bool) or not isinstance(rows, int):
                raise DatabaseError(f"asked for the rows of {base}.{table}, RethinkDB answered {rows!r}")
            tables[f"{base}.{table}"] = rows
            if table in _LISTS:
                names = ask(reql.db(base).table(table).field("id").coerce_to("array"))
                lists.setdefault(_LISTS[table], []).extend(sorted(names))
    return Counted(tables, lists)
