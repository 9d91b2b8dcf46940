"""What both stand-ins have in common: they listen in a thread while they are entered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Self

from fake.world import World


class Fake:
    """``tables`` are the objects by kind; each is made of the world and of all tables."""

    version: str
    url: str

    def __init__(self, tables: Mapping[str, Callable[[World, dict[str, Any]], Any]]) -> None:
        self.world = World()
        self.tables: dict[str, Any] = {}
        self.tables.update({name: table(self.world, self.tables) for name, table in tables.items()})
        self._thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self) -> None:
        """Answer until it is told to stop."""
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything."""
        self.world.reset()
        for table in self.tables.values():
            table.rows.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()
        self.stop()
        self._thread.join(5)
