# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""k3s: a snapshot of etcd, and what it takes to read it."""

from __future__ import annotations

import datetime
import json
import re
import shutil
import time
import typing as t
from pathlib import Path

from .._k3s import agent_token, config, host, layout, membership, tokens
from . import command, disk, etcd_snapshot, kubeconfig, manifest, rehearsal
from .catalogue import CHECKSUMS, OPENS
from .component import Facts
from .errors import BackupError, Damaged, Missing
from .gate import Record
from .kubernetes import Kubernetes, lasting, refuse_later, refuse_missing, refuse_other, without
from .rehearsal import OBJECTS, SNAPSHOT

SERVER = Path(layout.DATA_DIR) / "server"
SNAPSHOTS = SERVER / "db/snapshots"
REPLACED = SERVER / "replaced"
# The snapshot holds authorities and keys too, sealed with the token: this is for who has lost that.
ALSO = ("token", "agent-token", "cred", "tls/*-ca.crt", "tls/*-ca.key", "tls/etcd/*-ca.crt", "tls/etcd/*-ca.key",
        "tls/service.key", "tls/service.current.key")  # fmt: skip
SAVE_SECONDS = 300
CONFIRM_SECONDS = 120
PREFIX = "backup-"
KUBECONFIG = "k3s.yaml"
PLAIN = "take etcd-snapshot-dir and etcd-snapshot-compress out of its configuration, if they are there"


class K3s:
    def __init__(self, settings: dict[str, t.Any], state: Path) -> None:
        self.name = "k3s"
        self._etcdutl = str(settings.get("etcdutl", ""))
        self._state = state

    def holds(self) -> bool:
        return host.datastore() == "etcd"

    def idle(self) -> str:
        return "" if self.holds() else "this host is no server of k3s with data"

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        api = Kubernetes()
        refuse_other(api.lineage(), record)
        revision, acting = api.revision(), api.acting()
        before, unseen = api.objects()
        self._snapshot(stage / SNAPSHOT, name.lower())
        again = Kubernetes()
        after, unlisted = again.objects()
        objects = lasting(before, after)
        (stage / OBJECTS).write_text(json.dumps(objects, sort_keys=True), encoding="utf-8")
        for pattern in ALSO:
            for path in SERVER.glob(pattern):
                _copy(path, stage / "server" / path.relative_to(SERVER))
        _copy(Path(layout.CONFIG_DIR), stage / "config")
        return [], {
            "version": host.installed_version(),
            "token": manifest.fingerprint(host.read(layout.TOKEN_FILE).strip(), record.lineage),
            "encrypts": _encrypts(),
            "at": time.time(),
            # Before and after, between which the snapshot was taken.
            "revisions": [revision, again.revision()],
            "counts": {resource: len(names) for resource, names in objects.items() if names},
            # Before and after, too: what a restore holds at first, if there is any.
            "acting": sorted({*acting, *again.acting()}),
            # What an API of somebody else did not answer for is in the snapshot all the same.
            "unlisted": sorted({*unseen, *unlisted}),
        }

    def _snapshot(self, target: Path, name: str) -> None:
        """Have k3s take one, which it keeps a list of, and take it out of its hands."""
        name = PREFIX + name
        self._forget_snapshots()
        try:
            command.run(layout.BINARY, "etcd-snapshot", "save", f"--name={name}", seconds=SAVE_SECONDS)
            made = sorted(SNAPSHOTS.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)
            if not made:
                raise BackupError(f"k3s took a snapshot {name}, and there is none in {SNAPSHOTS} -> {PLAIN}")
            shutil.copyfile(made[-1], target)
        finally:
            self._forget_snapshots()
        if not etcd_snapshot.whole(target):
            raise BackupError(f"the snapshot that k3s took does not end with its checksum: it is not whole -> {PLAIN}")

    def _forget_snapshots(self) -> None:
        """Those of runs before, too: they would fill etcd's disk."""
        ours = [path.name for path in SNAPSHOTS.glob(f"{PREFIX}*")]
        if ours:
            command.run(layout.BINARY, "etcd-snapshot", "delete", *ours, seconds=60)

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        file = directory / SNAPSHOT
        if not etcd_snapshot.whole(file):
            raise Damaged(f"{SNAPSHOT} does not end with its checksum: it is not whole -> use another set")
        objects = json.loads((directory / OBJECTS).read_text(encoding="utf-8"))
        if {resource: len(names) for resource, names in objects.items() if names} != facts["counts"]:
            raise Damaged(f"{OBJECTS} is not the list that the manifest counts -> use another set")
        report: dict[str, t.Any] = {}
        if level == OPENS and not self._etcdutl:
            # Nothing else opens it without starting it, as a rehearsal does.
            lacking = "there is no etcdutl to open the snapshot with -> give the component its path"
            return {"level": CHECKSUMS, "lacking": lacking}
        if level >= 2 and self._etcdutl:
            report = etcd_snapshot.opened(file, self._etcdutl)
            if report["keys"] < sum(facts["counts"].values()):
                raise Damaged(f"{SNAPSHOT} has {report['keys']} keys, fewer than the objects of the manifest")
        return {**report, **rehearsal.rehearse(directory, self._state)} if level >= 3 else report

    def fits(self, facts: Facts, record: Record) -> None:
        refuse_misfit(facts, record.lineage, host.read(layout.TOKEN_FILE), host.installed_version())

    def ready(self) -> None:
        """The role k3s_cluster has installed it, and fits() has asked for its version."""

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        if host.unit()["state"] not in ("inactive", "failed", "unknown"):
            raise BackupError("k3s runs on this host -> stop it; a restore replaces what it has")
        self._put_aside()
        self._plan_start(facts)
        alone = membership.write_config(self._state / "reset")
        output = etcd_snapshot.restore(directory / SNAPSHOT, layout.BINARY, "server", f"--config={alone}")
        if host.datastore() != "etcd":
            raise BackupError(f"k3s has ended its reset and left no data: {output[-300:]}")

    def _plan_start(self, facts: Facts) -> None:
        """Have nothing act on the data before it is held, whoever starts k3s on them. An older set tells of nothing."""
        quiet = Path(layout.QUIET_FILE)
        if facts.get("acting", True):
            disk.write(quiet, config.quiet_file())
        else:
            quiet.unlink(missing_ok=True)

    def _put_aside(self) -> None:
        """What is there now stays until the restore is confirmed; what an interrupted one has left does not."""
        aside = disk.private(REPLACED)
        for path in [*(SERVER / "db").glob("*"), SERVER / "tls", SERVER / "cred"]:
            if path == SNAPSHOTS or not path.exists():
                continue
            target = aside / path.relative_to(SERVER)
            if target.exists():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        disk.private(SERVER / "db")

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        if Path(layout.QUIET_FILE).exists():
            raise BackupError(
                f"k3s starts its API alone here ({layout.QUIET_FILE}), and nothing is held yet -> run bootstrap"
            )
        try:
            found = self._find(directory, facts, record, begun)
        except Missing:
            # Whoever goes on without it starts servers all the same.
            self._let_agents_in(directory)
            raise
        self._let_agents_in(directory)
        return found

    def _let_agents_in(self, directory: Path) -> None:
        # The datastore lets agents in with the token of then, which keeps servers from their second start with another.
        if tokens.password(host.read(str(directory / "server/agent-token"))) not in ("", agent_token.kept()):
            try:
                agent_token.spread()
            except agent_token.Failed as error:
                raise BackupError(str(error)) from error

    def _find(self, directory: Path, facts: Facts, record: Record, begun: float) -> dict[str, t.Any]:
        wanted = json.loads((directory / OBJECTS).read_text(encoding="utf-8"))
        end = time.monotonic() + CONFIRM_SECONDS
        while True:
            late = time.monotonic() > end
            try:
                api = Kubernetes(30)
                if api.lineage() != record.lineage:
                    raise BackupError(f"the cluster that runs is {api.lineage()}, restored was {record.lineage}")
                found, unlisted = api.objects()
                if begun and "at" in facts:
                    refuse_later(wanted, found, api.created, facts["at"], begun)
                refuse_plain(facts)
                known = kubeconfig.compare(directory / "config" / KUBECONFIG, datetime.datetime.now(datetime.UTC))
                # Last, since who accepts it accepts nothing else. What pods serve or convert that are held until this
                # is done nobody can list; the report names it.
                compared = refuse_missing(without(wanted, unlisted) if late else wanted, found)
                # The API has decrypted every Secret that it was asked for.
                told = {"encrypted": facts["encrypts"], "kubeconfig": known}
                return {"objects": compared, "unlisted": unlisted, **told}
            except BackupError:
                # Add-ons and CRDs may still be on their way into the API's discovery.
                if late:
                    raise
                time.sleep(2)

    def settle(self) -> None:
        shutil.rmtree(REPLACED, ignore_errors=True)


def _encrypts() -> bool:
    return (SERVER / "cred/encryption-config.json").exists()


def refuse_plain(facts: Facts) -> None:
    """Raise when Secrets were encrypted where they lie, and are not any more."""
    if facts["encrypts"] and not _encrypts():
        raise BackupError(
            "Secrets were encrypted at rest when the set was made, and k3s has no keys for that any more -> see"
            " secrets-encryption in the configuration of k3s"
        )


def refuse_misfit(facts: Facts, lineage: str, token: str, version: str) -> None:
    """Raise when a k3s of that version, started with that token, could not use what the facts describe."""
    if manifest.fingerprint(token.strip(), lineage) != facts["token"]:
        raise BackupError(
            "the token of k3s in the inventory is not the one that the set was made with, and nothing else opens it"
            " -> give that one; it was escrowed, and is in the set as server/token"
        )
    if _minor(version) < _minor(facts["version"]):
        raise BackupError(
            f"the set is of k3s {facts['version']}, this site has {version or 'none'}, which may not read it"
            " -> install that version or a newer one"
        )


def _minor(version: str) -> tuple[int, int]:
    match = re.match(r"v(\d+)\.(\d+)\.", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
