# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL, asked by the psql of its own image with the user and password of its own container. Pure."""

from __future__ import annotations

import re

from .._kube.done import Done
from .done import lines, said
from .errors import DatabaseError, NotRunning
from .sentinels import Counted

# The password goes from the container's environment to psql's: it is on no command line.
_ACCOUNT = """
set -eu
export LC_ALL=C PGCONNECT_TIMEOUT=5 PGHOST=127.0.0.1
export PGUSER="$POSTGRES_USER" PGPASSWORD="$POSTGRES_PASSWORD" PGDATABASE="$POSTGRES_DB"
ask() { psql --no-psqlrc --no-align --tuples-only --quiet --set=ON_ERROR_STOP=1 "$@"; }
"""
_ALIVE = _ACCOUNT + "ask --command='select 1'"
# Rows are counted, since estimates are none of a database that was just restored. Left out are the tables of extensions
# (TimescaleDB's catalogue) and those that are part of another one, which counts their rows (partitions, chunks).
_TABLES = r"""
begin transaction isolation level repeatable read read only;
select format(
    'select json_build_object(''database'', current_database(), ''schema'', %L, ''table'', %L, ''rows'', count(*))'
    ' from %I.%I', n.nspname, c.relname, n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^(pg_toast|_timescaledb)'
    and not exists (select from pg_inherits i where i.inhrelid = c.oid)
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
        and d.deptype = 'e')
order by n.nspname, c.relname
\gexec
select format('select json_build_object(''list'', %L, ''database'', current_database(), ''name'', id::text)'
    ' from public.%I order by id', table_name, table_name)
from information_schema.columns
where table_schema = 'public' and column_name = 'id' and table_name in ('projects', 'tenants')
\gexec
commit;
select json_build_object('counted', current_database());
"""
_COUNT = (
    _ACCOUNT
    + """
export PGOPTIONS="-c statement_timeout=$0s"
found=$(ask --command='select datname from pg_database where datallowconn and not datistemplate order by datname')
printf '{"databases": %s}\\n' "$(printf '%s\\n' "$found" | wc -l)"
printf '%s\\n' "$found" | while IFS= read -r PGDATABASE; do
export PGDATABASE
ask <<'END'
"""
    + _TABLES
    + """END
done
ask --command="select json_build_object('main', current_database())"
"""
)
# What psql says where nothing listens, or the server is on its way up or down.
_DOWN = re.compile(
    r"Connection refused|the database system is (starting up|shutting down|not yet accepting|in recovery)"
    r"|server closed the connection unexpectedly|terminating connection due to administrator command"
)


def alive() -> list[str]:
    return ["sh", "-c", _ALIVE]


def count(seconds: int) -> list[str]:
    """seconds: how long one statement may take."""
    return ["sh", "-c", _COUNT, str(seconds)]


def answers(done: Done) -> None:
    """Raises NotRunning where no server answers, DatabaseError where one answers something else."""
    _refuse(done)
    if done.output.strip() != "1":
        raise DatabaseError(f"asked to select 1, PostgreSQL answered {done.output.strip()!r}")


def counted(done: Done) -> Counted:
    """Of all databases of the server. Tables of the main database are named without it, those in public by their name.

    tables: such as C(projects), C(eventstore.events2), C(other.public.some). Raises where any of it is missing.
    """
    _refuse(done)
    found = lines(done.output)
    ends = [one["counted"] for one in found if "counted" in one]
    if not found or "main" not in found[-1] or found[0].get("databases") != len(ends):
        raise DatabaseError("the count of its rows ended before all databases were counted -> run it again")
    main = found[-1]["main"]
    tables = {_name(one, main): int(one["rows"]) for one in found if "rows" in one}
    lists: dict[str, list[str]] = {one: [] for one in ("projects", "tenants") if one in tables}
    for one in found:
        if one.get("list") in lists and one["database"] == main:
            lists[one["list"]].append(one["name"])
    return Counted(tables, lists)


def _name(one: dict[str, str], main: str) -> str:
    if one["database"] != main:
        return f"{one['database']}.{one['schema']}.{one['table']}"
    return one["table"] if one["schema"] == "public" else f"{one['schema']}.{one['table']}"


def _refuse(done: Done) -> None:
    if done.code == 0:
        return
    if _DOWN.search(done.errors):
        raise NotRunning(f"PostgreSQL does not answer: {said(done)}")
    raise DatabaseError(f"PostgreSQL refuses: {said(done)}")
