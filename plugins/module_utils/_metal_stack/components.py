# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a control plane of metal-stack consists of, in the order in which it is deployed. Pure.

Source: metal-roles v0.32, C(control-plane/roles), and the chart metal-control-plane for the workloads of C(metal).
"""

from __future__ import annotations

import typing as t

from .._kube.kinds import DEPLOYMENT, JOB, SECRET, STATEFUL_SET
from .._metal_databases import deployed
from .._metal_databases.prefixes import POSTGRES, RETHINKDB, VALKEY

ROLES = "metal-roles/control-plane/roles"


class Workload(t.NamedTuple):
    """An object that shows that a component runs.

    needs: the boolean variable without which it is not deployed, and default: what that is unless given.
    """

    kind: str
    name: str
    needs: str = ""
    default: bool = True

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.name}"


class Database(t.NamedTuple):
    """A database with a backup-restore-sidecar.

    variables: what those of its sidecar begin with. credentials: Secret and key in which metal-roles keeps its
    password. passes_retention: whether its role hands the retention on to the role of the engine.
    """

    name: str
    engine: str
    variables: str
    password: str = ""
    credentials: tuple[str, str] = ("", "")
    days: str = "object_days_max_keep"
    passes_retention: bool = True

    def sidecar(self, option: str) -> str:
        """The variable of an option of its sidecar."""
        return f"{self.variables}_backup_restore_sidecar_{option}"

    @property
    def config(self) -> str:
        """The ConfigMap that its sidecar reads when it starts, and not again."""
        infix = "" if self.engine == POSTGRES else f"{self.engine}-"
        return f"backup-restore-sidecar-config-{infix}{self.name}"

    @property
    def provider(self) -> str:
        """See C(deployed.provider)."""
        return deployed.provider(self.name)


class Component(t.NamedTuple):
    """Roles that are run together in one process, and what runs afterwards.

    release: the release of helm that it is in the namespace, empty where it is none.
    """

    name: str
    roles: tuple[str, ...]
    workloads: tuple[Workload, ...] = ()
    database: Database | None = None
    optional: bool = False
    release: str = ""


def _postgres(name: str, **more: t.Any) -> Database:
    variables = name.replace("-", "_")
    return Database(name, POSTGRES, variables, f"{variables}_password", (name, "POSTGRES_PASSWORD"), **more)


def _component(
    name: str, *workloads: Workload, database: Database | None = None, optional: bool = False, release: str = ""
) -> Component:
    own = (Workload(STATEFUL_SET, database.name),) if database else ()
    return Component(name, (f"{ROLES}/{name}",), (*own, *workloads), database, optional, release)


_METAL_DB = Database("metal-db", RETHINKDB, "metal_db", "metal_db_password", ("metal-db", "rethinkdb-password"))
_VALKEY = Database("valkey", VALKEY, "valkey", days="s3_object_days_max_keep")

COMPONENTS: tuple[Component, ...] = (
    _component("prepare"),
    _component("nsq", Workload(STATEFUL_SET, "nsqd"), Workload(DEPLOYMENT, "nsq-lookupd")),
    _component("metal-db", database=_METAL_DB),
    _component("ipam-db", database=_postgres("ipam-db")),
    _component("masterdata-db", database=_postgres("masterdata-db")),
    _component("zitadel-db", database=_postgres("zitadel-db")),
    _component("auditing-timescaledb", database=_postgres("auditing-timescaledb"), optional=True),
    _component("valkey", database=_VALKEY),
    _component(
        "headscale",
        Workload(DEPLOYMENT, "headscale"),
        Workload(SECRET, "headscale-api-key"),
        database=_postgres("headscale-db", passes_retention=False),
    ),
    _component(
        "zitadel",
        Workload(DEPLOYMENT, "zitadel"),
        # It is removed half an hour after it has ended; what it makes stays.
        Workload(JOB, "zitadel-metal-init-job"),
        Workload(SECRET, "zitadel-client-credentials"),
        release="zitadel",
    ),
    _component(
        "metal",
        Workload(DEPLOYMENT, "ipam"),
        Workload(DEPLOYMENT, "masterdata-api"),
        Workload(DEPLOYMENT, "metal-api"),
        Workload(DEPLOYMENT, "tenant-apiserver", "metal_apiserver_enabled"),
        Workload(DEPLOYMENT, "metal-apiserver", "metal_apiserver_enabled"),
        Workload(DEPLOYMENT, "metal-console", "metal_console_enabled", default=False),
        release="metal-control-plane",
    ),
    _component("logging", optional=True),
    _component("monitoring", optional=True),
)
NAMES = tuple(one.name for one in COMPONENTS)
USUAL = tuple(one.name for one in COMPONENTS if not one.optional)
# Those that show whether they run.
RUNNING = tuple(one.name for one in COMPONENTS if one.workloads)
DATABASES = {one.database.name: one.database for one in COMPONENTS if one.database}


def chosen(names: t.Collection[str]) -> list[Component]:
    """The components of these names, in their order; without any, all that are not optional."""
    return [one for one in COMPONENTS if one.name in (names or USUAL)]


def expected(component: Component, variables: t.Mapping[str, t.Any]) -> list[Workload]:
    """What runs of a component with these variables."""
    return [one for one in component.workloads if not one.needs or variables.get(one.needs, one.default)]
