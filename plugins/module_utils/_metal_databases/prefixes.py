# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Below which prefix of a bucket the backups of a database lie. Pure.

The backup-restore-sidecar writes all of them to one key, C(<prefix>/db.tar.gz), C(.aes) behind it when they are
encrypted; the versions of that key are the backups.
"""

from __future__ import annotations

import re
import typing as t

RETHINKDB, POSTGRES, VALKEY = "rethinkdb", "postgres", "valkey"
ENGINES = (POSTGRES, RETHINKDB, VALKEY)
# metal-roles has no variable for these: their templates write the name of the engine and the stage.
FIXED = (RETHINKDB, VALKEY)
# The one database that metal-roles gives a prefix without a stage.
STAGELESS = "headscale-db"
# Where the sentinels of good backups lie. The sidecar restores whatever begins with its prefix, so none may match.
SENTINELS = "metal-sentinels/"
_BACKUP = re.compile(r"db\.tar(\.gz|\.lz4)?(\.aes)?")
ENCRYPTED = ".aes"


def of_database(name: str, engine: str, stage: str, given: str = "") -> str:
    """What metal-roles writes below, or the prefix that its variable was given."""
    if given or name == STAGELESS:
        return given or name
    return f"{engine if engine in FIXED else name}-{stage}"


def complaints(name: str, engine: str, stage: str, given: str = "") -> list[str]:
    """What is wrong with the prefix of a database."""
    prefix, usual = of_database(name, engine, stage, given), of_database(name, engine, stage)
    if not given and name == STAGELESS:
        variable = "headscale_db_backup_restore_sidecar_object_prefix"
        return [
            f"its prefix is {name} without a stage, which every stage has in common -> set {variable} to"
            f" {name}-{stage}, and prefix here to the same"
        ]
    found = []
    if engine in FIXED and prefix != usual:
        found.append(f"its prefix is {prefix}, but metal-roles writes below {usual} and has no variable for it")
    if prefix.strip("/") != prefix:
        found.append(f"its prefix is {prefix!r}, expected no slash at the beginning and the end")
    if SENTINELS.startswith(prefix):
        found.append(f"its prefix {prefix} is kept for what is known of good backups -> use another one")
    return found


def clashes(known: t.Mapping[str, str]) -> list[str]:
    """Which databases of one bucket the sidecar takes for one another. known: prefix by database.

    It asks for all that begins with its prefix, and no slash follows that (C(s3.go), C(ListBackups)).
    """
    return [
        f"{one} ({known[one]}) and {other} ({known[other]}) lie below the same prefix"
        if known[one] == known[other]
        else f"the prefix of {one} ({known[one]}) begins that of {other} ({known[other]}): it may be given its backups"
        for one in sorted(known)
        for other in sorted(known)
        if known[other].startswith(known[one]) and (known[one] != known[other] or one < other)
    ]


def is_backup(prefix: str, key: str) -> bool:
    """Whether the key is one that the sidecar writes below exactly this prefix."""
    return key.startswith(f"{prefix}/") and bool(_BACKUP.fullmatch(key[len(prefix) + 1 :]))
