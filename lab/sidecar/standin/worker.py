"""What the sidecar does: it decides how the database begins, and backs it up."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from lab.sidecar.standin import archive, databases, encryption, paths, provider
from lab.sidecar.standin.config import Config
from lab.sidecar.standin.errors import Failure
from lab.sidecar.standin.provider import Backup
from lab.sidecar.standin.status import CHECKING, DONE, RESTORING, log


class Worker:
    def __init__(self, config: Config) -> None:
        self._directory = Path(config.needed("db-data-directory"))
        self._database = databases.make(config, self._directory)
        self._key = str(config.get("encryption-key"))
        if self._key:
            encryption.check(self._key)
        self._extension = archive.extension(config.get("compression-method"))
        self._provider = provider.make(config, self._extension + encryption.SUFFIX * bool(self._key))
        self._busy = threading.Lock()
        self.status = CHECKING

    def initialize(self) -> None:
        """Restore the newest backup if the data directory is empty and there is one; else let the database start."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._provider.ensure()
        paths.DOWNLOAD.mkdir(parents=True, exist_ok=True)
        if any(self._directory.iterdir()):
            log("database does not need to be restored")
        else:
            self._restore_newest()
        log("initializer done")
        self.status = DONE

    def _restore_newest(self) -> None:
        known = self._provider.backups()
        if not known:
            log("there are no backups available, it's a fresh database. allow database to start")
            return
        if known[0].name.endswith(encryption.SUFFIX) and not self._key:
            raise Failure("latest backup is encrypted, but no encryption/decryption is configured")
        self._restore(known[0])

    def backups(self) -> list[Backup]:
        return self._provider.backups()

    def restore(self, version: str) -> None:
        for one in self._provider.backups():
            if one.version == version:
                return self._restore(one)
        raise Failure(f'version "{version}" not found')

    def _restore(self, backup: Backup) -> None:
        log("restoring backup", version=backup.version)
        self.status = RESTORING
        shutil.rmtree(paths.RESTORE, ignore_errors=True)
        paths.RESTORE.mkdir(parents=True)
        file = paths.DOWNLOAD / Path(backup.name).name
        self._provider.download(backup, file)
        if self._key and file.suffix == encryption.SUFFIX:
            file = encryption.decrypt(file, self._key)
        archive.unpack(file, paths.DOWNLOAD)
        self._database.recover()

    def probe(self) -> None:
        self._database.probe()

    def create_backup(self) -> None:
        if not self._busy.acquire(blocking=False):
            raise Failure("a backup is already in progress")
        try:
            self._database.backup()
            file = paths.BACKUP / f"{self._provider.next_name()}{self._extension}"
            archive.pack(paths.BACKUP, file)
            if self._key:
                file = encryption.encrypt(file, self._key)
            self._provider.upload(file)
        finally:
            self._busy.release()
        log("uploaded backup to backup provider bucket")
