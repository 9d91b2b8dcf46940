"""A stage with two databases, their backups, and all that can be lost of it."""

from __future__ import annotations

import base64
import contextlib
import datetime
import itertools
import json
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import gateway
from cluster import Cluster, Etcd
from front import Front
from playing import RECORD, Run, Stage, play
from pod import SIDECAR, Container, Pod
from pods import MERGE, NAMESPACE, Pods
from servers import until
from upstream import Upstream

from plugins.module_utils._backup.plain_store import PlainStore
from plugins.module_utils._backup.settings import Storage as Account

COMPONENTS = ("prepare", "masterdata-db", "valkey")
DATABASES = ("masterdata-db", "valkey")
ENGINES = {"masterdata-db": "postgres", "valkey": "valkey"}
PREFIXES = {"masterdata-db": "masterdata-db-initial", "valkey": "valkey-initial"}
# Half a day from now, so that no backup is made but by a test.
SCHEDULE = f"0 {(datetime.datetime.now(datetime.UTC).hour + 12) % 24} * * *"
NEVER = "0 0 31 2 *"
ROWS = """
create table projects (id text primary key not null, project jsonb not null);
create table tenants (id text primary key not null, tenant jsonb not null);
insert into tenants values ('metal-stack', '{}');
insert into projects select 'p-' || one, '{}' from generate_series(1, 40) one;
"""
# Each row and each token as it was written.
ALL = "select id || ' ' || project from projects union all select id || ' ' || tenant from tenants"
PROJECTS = {f"p-{number} {{}}" for number in range(1, 41)}
WHOLE = {*PROJECTS, "metal-stack {}"}
TOKENS = {f"tokenstore_user:{number}": f"secret-{number}" for number in range(30)}
NOBODY = 1  # a port that nobody listens at
_NUMBERS = itertools.count(1)


class Storage:
    """The object storage. front: what is before it, which a test may hold."""

    def __init__(self, server: Front, ca: str) -> None:
        self.front, self.ca = server, ca

    def given(self, bucket: str) -> dict[str, Any]:
        return {"endpoint": self.front.url, "region": gateway.REGION, "bucket": bucket, "ca": self.ca, **gateway.KEYS}

    def store(self, bucket: str) -> PlainStore:
        return PlainStore(Account(self.front.url, gateway.REGION, bucket, True, "", **gateway.KEYS), self.ca)

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Who asks it gets no answer."""
        behind, self.front.behind = self.front.behind, NOBODY
        try:
            yield
        finally:
            self.front.behind = behind

    def bucket(self) -> str:
        """A new one."""
        name = f"b{uuid.uuid4().hex[:12]}"
        self.store(name).put("", b"")
        return name


@dataclass
class Site:
    """entries: what is said of each database beside its intent. secrets: what an operator has escrowed."""

    directory: Path
    tree: Path
    etcd: Etcd
    storage: Storage
    upstream: Upstream
    name: str = "initial"
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bucket = self.storage.bucket()

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.pods.__exit__()
        self.cluster.stop()

    def _begin(self) -> None:
        name = f"restore-{next(_NUMBERS)}"
        self.cluster = Cluster(self.directory / name, self.etcd, name)
        self.cluster.await_ready()
        self.cluster.define_storage_class()
        self.pods = Pods(self.cluster, self.tree, self.directory / f"{name}-node")
        self.pods.__enter__()

    # What happens to it.

    def lose_cluster(self) -> None:
        """All of it with all volumes, and another one in its place."""
        self.__exit__()
        shutil.rmtree(self.pods.home)
        self._begin()

    def lose_databases(self) -> None:
        """The namespace, as far as anybody makes anything of it, and its volumes."""
        for path in ("apis/apps/v1/{}/statefulsets", "api/v1/{}/secrets", "api/v1/{}/configmaps"):
            self.cluster.request(f"/{path}".format(f"namespaces/{NAMESPACE}"), "DELETE")
        self.lose_volumes(*DATABASES)

    def lose_volumes(self, *names: str) -> None:
        for name in names:
            for path in (f"apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/{name}", *self._claims(name)):
                if self.cluster.find(f"/{path}"):
                    self.cluster.request(f"/{path}", "DELETE")
        gone = [f"api/v1/namespaces/{NAMESPACE}/pods/{name}-0" for name in names]
        gone += [claim for name in names for claim in self._claims(name)]
        until(lambda: not any(self.cluster.find(f"/{path}") for path in gone), "claims are gone")
        until(lambda: not {f"{name}-{name}-0" for name in names} & self.pods.volumes.keys(), "volumes are gone")

    @staticmethod
    def _claims(name: str) -> list[str]:
        return [f"api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims/{one}-{name}-0" for one in (name, "backup")]

    # What is done with it.

    def escrow(self) -> None:
        """Keep a copy of the secrets elsewhere."""
        found = self.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/secrets/{RECORD}")["data"]
        name = "masterdata_db_password"
        self.secrets = {name: base64.b64decode(found[name]).decode()}

    def stage(self, intents: str | dict[str, str]) -> Stage:
        """intents: of all databases, or of each."""
        said = intents if isinstance(intents, dict) else dict.fromkeys(DATABASES, intents)
        databases = [{"name": name, "intent": intent, **self.entries.get(name, {})} for name, intent in said.items()]
        more = {
            "production": True, "storage": self.storage.given(self.bucket), "databases": databases, "timeout": 60,
            "expose": "none", "ingress_dns": "metal.example.org", **self.more,
        }  # fmt: skip
        return Stage(
            self.directory, self.cluster, self.upstream, self.name, more=more, components=COMPONENTS,
            variables=self.secrets,
        )  # fmt: skip

    def say(self, **entry: Any) -> None:
        self.entries = {name: {"fenced": True, "schedule": SCHEDULE, **entry} for name in DATABASES}

    def play(
        self, intents: str | dict[str, str], options: tuple[str, ...] = (), fails: bool = False, **entry: Any
    ) -> Run:
        """entry: what is said of each database besides."""
        self.say(**entry)
        return play(self.stage(intents), options=options, fails=fails)

    def pod(self, name: str) -> Pod:
        """The one that runs now."""
        return until(lambda: self.pods.running.get(f"{name}-0"), f"{name} has a pod")

    def sidecar(self, name: str) -> Container:
        return self.pod(name).containers[SIDECAR]

    def database(self, name: str) -> Container:
        return self.pod(name).containers[ENGINES[name]]

    def ask(self, statements: str) -> str:
        """masterdata-db."""
        password = self.pods.container("masterdata-db-0", "postgres")._environment["POSTGRES_PASSWORD"]
        asked = 'PGPASSWORD="$0" exec psql -XAtq -h 127.0.0.1 -U postgres -d masterdata -v ON_ERROR_STOP=1'
        return self.database("masterdata-db").run("sh", "-c", asked, password, given=statements.encode()).strip()

    def write(self) -> None:
        """Rows and tokens."""
        self.ask(ROWS)
        self.give(TOKENS)

    def rows(self) -> set[str]:
        """Of masterdata-db."""
        return {*self.ask(ALL).splitlines()}

    def give(self, tokens: dict[str, str]) -> None:
        """Have Valkey keep them."""
        told = "".join(f"SET {key} {token}\n" for key, token in tokens.items())
        assert self.database("valkey").run("valkey-cli", given=told.encode()).split() == ["OK"] * len(tokens)

    def tokens(self) -> dict[str, str]:
        """Of Valkey."""
        asked = "for key in $(valkey-cli KEYS 'tokenstore_*'); do echo $key $(valkey-cli GET $key); done"
        told = self.database("valkey").run("sh", "-c", asked)
        return dict(line.split(" ", 1) for line in told.splitlines())

    def whole(self) -> bool:
        return self.rows() == WHOLE and self.tokens() == TOKENS

    def answers(self, name: str) -> bool:
        """Whether the database does, as whoever needs it would see."""
        try:
            return bool(self.rows() if name == "masterdata-db" else self.database(name).run("valkey-cli", "PING"))
        except (AssertionError, KeyError):
            return False

    def back_up(self, *names: str) -> None:
        """A backup out of turn."""
        for name in names or DATABASES:
            self.sidecar(name).run(SIDECAR, "create-backup")

    def schedule(self, name: str) -> str:
        """By which the sidecar that runs backs up."""
        return str(self.pod(name).config["backup-cron-schedule"])

    def backups(self, name: str) -> Sequence[str]:
        """Versions, newest first."""
        found = self.storage.store(self.bucket).versions(f"{PREFIXES[name]}/")
        return [one.id for one in sorted(found, key=lambda one: (one.modified, one.latest), reverse=True)]

    def mark(self, name: str, kind: str = "restore") -> dict[str, str]:
        """What is marked of it, C(restore) or C(began); empty without."""
        found = self.cluster.find(f"/api/v1/namespaces/{NAMESPACE}/configmaps/metal-database-{kind}-{name}")
        return dict(found["data"]) if found else {}

    def age(self, name: str) -> None:
        """Have a database begun a month ago."""
        since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=30)
        where = f"/api/v1/namespaces/{NAMESPACE}/configmaps/metal-database-began-{name}"
        self.cluster.request(where, "PATCH", {"data": {"since": since.isoformat(timespec="seconds")}}, MERGE)

    def sentinels(self, name: str) -> list[dict[str, Any]]:
        store = self.storage.store(self.bucket)
        return [json.loads(store.get(key)) for key in store.keys(f"metal-sentinels/{PREFIXES[name]}/")]
