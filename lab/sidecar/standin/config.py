"""Configuration as viper reads it: the environment outweighs the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.sidecar.standin.errors import Failure

NAME = "backup-restore-sidecar"
DEFAULTS: dict[str, Any] = {
    "bind-addr": "127.0.0.1",
    "port": 8000,
    "backup-cron-schedule": "*/3 * * * *",
    "object-max-keep": 20,
    "compression-method": "targz",
    "initializer-endpoint": "http://127.0.0.1:8000/",
    "redis-addr": "",
    "postgres-host": "127.0.0.1",
    "postgres-port": 5432,
    "postgres-user": "postgres",
}


class Config:
    def __init__(self, given: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._given, self._environ = given, environ

    def get(self, name: str) -> Any:
        """What was set, or the default; an empty text without either."""
        variable = f"BACKUP_RESTORE_SIDECAR_{name.replace('-', '_').upper()}"
        value = self._environ.get(variable) or self._given.get(name)
        return DEFAULTS.get(name, "") if value is None else value

    def needed(self, name: str) -> Any:
        value = self.get(name)
        if not value:
            raise Failure(f"{name} must be set")
        return value


def load(environ: Mapping[str, str] = os.environ) -> Config:
    """From the first of the files that there is."""
    places = (Path("/etc") / NAME, Path(environ.get("HOME", "/")) / f".{NAME}", Path())
    for file in (place / "config.yaml" for place in places):
        if file.exists():
            return Config(yaml.safe_load(file.read_text()) or {}, environ)
    return Config({}, environ)
