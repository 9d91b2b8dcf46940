"""What stand-ins for controllers have in common: they go over a cluster again and again until they are stopped."""

from __future__ import annotations

import contextlib
import threading
import urllib.error
from collections.abc import Callable, Iterable

from cluster import Cluster

POLL_SECONDS = 0.4
STATUS = "application/merge-patch+json"


class Reconciler:
    """Runs its steps in a thread of its own; a subclass calls C(start) once it is whole."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def steps(self) -> Iterable[Callable[[], None]]:
        """What is done in each round; one that the API server refuses keeps none of the others from being done."""
        raise NotImplementedError

    def _run(self) -> None:
        while not self._end.is_set():
            for step in self.steps():
                # An API server that goes is what some tests are about.
                with contextlib.suppress(OSError, urllib.error.HTTPError):
                    step()
            self._end.wait(POLL_SECONDS)
