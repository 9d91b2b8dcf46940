"""A client of the site's names, as those have that ask one name server after the other."""

from __future__ import annotations

import threading
import time

from names import ask

from lab import topology


def served(host: str, name: str, rtype: str = "A") -> list[str] | str:
    """Return what a host of the lab answers for a name, in order; the name of the error without an answer."""
    found: list[str] | str = ask("records", server=str(topology.host(host).address), name=name, rtype=rtype)
    return found


class Client:
    """Asks one name server after the other, all the while, and keeps false answers and the longest silence of all."""

    def __init__(self, hosts: list[str], name: str, expected: str) -> None:
        self.false: list[object] = []
        self.longest = 0.0
        self._hosts, self._name, self._expected = hosts, name, [expected]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask_on(self) -> None:
        answered = time.monotonic()
        while not self._over.wait(0.2):
            for host in self._hosts:
                found = served(host, self._name)
                if found == self._expected:
                    self.longest = max(self.longest, time.monotonic() - answered)
                    answered = time.monotonic()
                    break
                # Errors are no answers: the next server is asked.
                if isinstance(found, list):
                    self.false.append(found)
