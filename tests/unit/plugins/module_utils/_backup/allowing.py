"""An object storage that allows each key what a test says, in the place of the real client."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.store import Forbidden

# What each access key may do, or how the storage fails; those that are not named may do nothing.
May = dict[str, t.Collection[str] | Exception]


def stores(may: May) -> type:
    """Return a class of stores, which are made of a storage and whatever else."""

    class Store:
        def __init__(self, storage: t.Any, *_: t.Any) -> None:
            self.allowed = may.get(storage.access_key, ())

        def __getattr__(self, name: str) -> t.Callable[..., t.Any]:
            def ask(*_: t.Any) -> t.Any:
                if isinstance(self.allowed, Exception):
                    raise self.allowed
                if name not in self.allowed:
                    raise Forbidden("403")
                if name == "get" and "put" not in self.allowed:
                    raise BackupError("NoSuchKey")
                return ["box"] if name == "buckets" else True

            return ask

    return Store
