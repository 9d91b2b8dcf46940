# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What metal-roles makes of a database in the cluster: names, containers and paths. Pure.

Sources: C(postgres-backup-restore/templates/postgres.yaml), C(rethinkdb-backup-restore/templates/rethinkdb.yaml) and
C(valkey/templates/valkey.yaml) below C(control-plane/roles) of metal-roles. Each is a StatefulSet of one replica whose
volume claim template has its own name.
"""

from __future__ import annotations

from . import prefixes

# Both containers have the image of the database, and its volume at /data.
SIDECAR = "backup-restore-sidecar"
VOLUME = "/data"
# db-data-directory of the sidecar's configuration, which no variable changes.
DIRECTORIES = {prefixes.POSTGRES: "/data/postgres", prefixes.RETHINKDB: "/data/rethinkdb", prefixes.VALKEY: "/data"}


def pod(name: str) -> str:
    return f"{name}-0"


def claim(name: str) -> str:
    """The PersistentVolumeClaim of the data; that of the sidecar's working copies is another."""
    return f"{name}-{pod(name)}"


def provider(name: str) -> str:
    """The Secret with where its sidecar backs up to and the keys for it, read when it starts."""
    return f"backup-restore-sidecar-backup-provider-config-{name}"


def container(engine: str) -> str:
    """The container that the database itself runs in is named like its engine."""
    return engine


def directory(engine: str) -> str:
    return DIRECTORIES[engine]
