# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Valkey, asked by the valkey-cli of its own image. Pure.

metal-roles gives it no password; where one is set, valkey-cli takes it from C(REDISCLI_AUTH) of the container.
"""

from __future__ import annotations

import re

from .._kube.done import Done
from .done import lines, said
from .errors import DatabaseError, NotRunning
from .sentinels import Counted

# What metal-apiserver keeps in which of its databases (cmd/server/serve-cmd.go): tokens with the keys that sign them,
# and invites. Rate limits (1), queues (3) and components that report (4) come and go by themselves, and tell nothing.
_KEPT = (0, 2)
# What its keys begin with (pkg/token, pkg/certs, pkg/invite).
_PREFIXES = (
    "tokenstore_",
    "certstore_",
    "invitestore_by_project_",
    "invitestore_by_tenant_",
    "invitestore_by_secret_",
)
_OTHER = "other"
# What ends within this many days goes by itself while Valkey is down, as most tokens; the keys that sign them last two
# years.
_DAYS = 90
# Grouped where the keys are: those of invites are secrets. It is refused where it would write.
_LUA = """
local counted, passing, names = {}, {}, {}
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    local prefix = ARGV[2]
    for at = 4, #ARGV do
      if string.sub(key, 1, #ARGV[at]) == ARGV[at] then prefix = ARGV[at] end
    end
    local left = redis.call('TTL', key)
    local lasts = left < 0 or left >= tonumber(ARGV[3])
    local name = 'db' .. ARGV[1] .. '/' .. prefix .. '/' .. redis.call('TYPE', key).ok
    if not counted[name] then
      counted[name], passing[name] = 0, 0
      table.insert(names, name)
    end
    if lasts then counted[name] = counted[name] + 1 else passing[name] = passing[name] + 1 end
  end
until cursor == '0'
table.sort(names)
local told = {}
for _, name in ipairs(names) do
  table.insert(told, cjson.encode({table = name, rows = counted[name], passing = passing[name]}))
end
table.insert(told, cjson.encode({counted = tonumber(ARGV[1])}))
return table.concat(told, '\\n')
"""
_ALIVE = "set -eu; valkey-cli -e PING; valkey-cli -e INFO persistence"
# SCAN may give a key twice while the table of keys grows, which Valkey does not do within one script.
_COUNT = """
set -eu
script=$0
for number in {numbers}; do valkey-cli -e -n $number EVAL_RO "$script" 0 $number "$@"; done
"""
_DOWN = re.compile(r"Could not connect|Connection refused|Connection reset|Server closed the connection|LOADING")


def alive() -> list[str]:
    return ["sh", "-c", _ALIVE]


def count(seconds: int) -> list[str]:
    """seconds: for the other engines; a script of Valkey has no time-out of its own."""
    return ["sh", "-c", _COUNT.format(numbers=" ".join(map(str, _KEPT))), _LUA, _OTHER, str(_DAYS * 86400), *_PREFIXES]


def answers(done: Done) -> None:
    """Raises NotRunning where it does not answer or still loads, DatabaseError where it answers something else."""
    _refuse(done)
    answer, *about = done.output.split()
    if answer != "PONG":
        raise DatabaseError(f"asked by PING, Valkey answered {answer!r}")
    loading = [one for one in about if one.startswith("loading:")]
    if not loading:
        raise DatabaseError("Valkey does not tell whether it loads its data (INFO persistence) -> run it again")
    if loading != ["loading:0"]:
        raise NotRunning("Valkey still loads its data")


def counted(done: Done) -> Counted:
    """tables: keys that last, by database, beginning and type, such as C(db0/tokenstore_/string). lists: none.

    passing: those that do not. A group without a key is not there; so one that had some is told to be gone.
    """
    _refuse(done)
    found = lines(done.output)
    if [one["counted"] for one in found if "counted" in one] != list(_KEPT):
        raise DatabaseError("the count of its keys ended before all databases were counted -> run it again")
    tables, passing = (
        {one["table"]: int(one[kind]) for one in found if int(one.get(kind, 0))} for kind in ("rows", "passing")
    )
    return Counted(tables, {}, passing)


def _refuse(done: Done) -> None:
    if done.code == 0:
        return
    if _DOWN.search(done.errors + done.output):
        raise NotRunning(f"Valkey does not answer: {said(done)}")
    raise DatabaseError(f"Valkey refuses: {said(done)}")
