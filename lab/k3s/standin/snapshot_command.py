"""`k3s etcd-snapshot`: taken of the running server, listed and removed where it keeps them."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from . import config, etcd, flags, snapshots
from .api import UNREACHABLE, ApiError
from .errors import Refusal, outside
from .flags import Options
from .local import reach
from .main import log_as_k3s
from .paths import Paths
from .version import ETCD

SUBCOMMANDS = {"save": "save", "delete": "delete", "ls": "ls", "list": "ls", "l": "ls", "prune": "prune"}
RETENTION = "5"


def run(arguments: list[str]) -> int:
    subcommand = SUBCOMMANDS.get("".join(arguments[:1]))
    if not subcommand:
        raise Refusal(f"No help topic for '{' '.join(arguments[:1])}'")
    log_as_k3s()
    command = f"etcd-snapshot {subcommand}"
    configured = flags.known(command, config.read(arguments))
    options = flags.parse(command, [*configured, *arguments[1:]], os.environ)
    _check(subcommand, options)
    reach()
    try:
        Command(options).run(subcommand)
    except (Refusal, *UNREACHABLE, ApiError) as error:
        raise Refusal(f"see server log for details: {error}") from None
    return 0


def _check(subcommand: str, options: Options) -> None:
    if subcommand == "save" and options.operands:
        raise Refusal("this command does not take any arguments")
    if subcommand == "delete" and not options.operands:
        raise Refusal("no snapshots given for removal")
    if options.text("output") not in ("", "json", "yaml", "table"):
        raise Refusal(f"invalid output format: {options.text('output')}")
    if options.on("snapshot-compress"):
        raise outside("a compressed snapshot")


class Command:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._paths = Paths(Path(options.text("data-dir", "/var/lib/rancher/k3s")))
        self._name = options.text("name", "on-demand")
        self._node = etcd.node_of((self._paths.etcd / "name").read_text())

    def run(self, subcommand: str) -> None:
        {"save": self._save, "delete": self._delete, "ls": self._list, "prune": self._prune}[subcommand]()

    def _directory(self, create: bool) -> Path:
        """Only the default one is made."""
        directory = Path(self._options.text("dir", str(self._paths.snapshots)))
        if create and directory == self._paths.snapshots:
            directory.mkdir(exist_ok=True, mode=0o700)
        if not directory.exists():
            raise Refusal(f"failed to get etcd-snapshot-dir: stat {directory}: no such file or directory")
        if not directory.is_dir():
            raise Refusal(f"failed to get etcd-snapshot-dir: {directory} is not a directory")
        return directory

    def _save(self) -> None:
        if etcd.Gateway(self._paths).status().get("isLearner"):
            raise Refusal("Unable to take snapshot: not supported for learner")
        target = self._directory(create=True) / f"{self._name}-{self._node}-{int(time.time())}"
        etcd.Remote(self._paths, ETCD / "etcdctl", "127.0.0.1").save(target)
        logging.info("Snapshot %s saved.", target.name)

    def _list(self) -> None:
        present = snapshots.found(self._directory(create=True))
        sys.stdout.write(snapshots.listing(present, self._node, self._options.text("output")))

    def _delete(self) -> None:
        directory = self._directory(create=False)
        for name in self._options.operands:
            if (directory / name).is_file():
                (directory / name).unlink()
                logging.info("Snapshot %s deleted.", name)
            else:
                logging.warning("Snapshot %s not found.", name)

    def _prune(self) -> None:
        retention = int(self._options.text("snapshot-retention", RETENTION))
        for snapshot in snapshots.surplus(snapshots.found(self._directory(create=False)), self._name, retention):
            snapshot.path.unlink()
            logging.info("Snapshot %s deleted.", snapshot.name)
