"""Writes to and reads from the Kubernetes API at a steady pace, and tells what failed and what was lost.

Each write makes a ConfigMap of its own and each read fetches the last one that was written, on a connection of its own,
so that every request meets whoever holds the address. What fails is tried once more, three seconds later.

Run as a program inside the lab's network it goes on until its input ends, and prints one JSON object then.
"""

from __future__ import annotations

import argparse
import http.client
import json
import select
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from inside import Program
from probe import context

PERIOD, TIMEOUT, RETRY_AFTER = 0.1, 5.0, 3.0
PATH = "/api/v1/namespaces/default/configmaps"
LABEL = "load=api"
CONFLICT = 409


@dataclass
class Load:
    """The load, as a context; C(result) holds what it told once it has ended."""

    address: str
    tls: Path

    def __enter__(self) -> Load:
        self._said: list[str] = []
        self._program = Program(__file__, self.address, str(self.tls), hear=self._said.append)
        self._program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(*error)
        self.result = json.loads("".join(self._said))


class Client:
    """One client of the API, whose requests run side by side."""

    def __init__(self, address: str, tls: Path) -> None:
        self.address, self.tls = address, context(tls)
        self.lock = threading.Lock()
        self.last = ""
        self.written: list[str] = []
        self.retried: list[str] = []
        self.failed: list[str] = []

    def ask(self, method: str, path: str, body: dict[str, object] | None = None) -> str:
        """Make one request; a failure, or an answer that is no success, is told as text."""
        try:
            connection = http.client.HTTPSConnection(self.address, 6443, timeout=TIMEOUT, context=self.tls)
            try:
                connection.request(
                    method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"}
                )
                answer = connection.getresponse()
                answer.read()
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            return f"{method}: {error!r}"
        made_before = method == "POST" and answer.status == CONFLICT
        return "" if answer.status < 300 or made_before else f"{method}: {answer.status}"

    def insist(self, method: str, path: str, body: dict[str, object] | None = None) -> bool:
        """Make a request, and once more if it failed; tell whether it succeeded."""
        first = self.ask(method, path, body)
        if not first:
            return True
        self.retried.append(f"{time.monotonic():.1f} {first}")
        time.sleep(RETRY_AFTER)
        second = self.ask(method, path, body)
        if second:
            self.failed.append(f"{time.monotonic():.1f} {first}, then {second}")
        return not second

    def write(self, number: int) -> None:
        name = f"load-{number}"
        body = {"metadata": {"name": name, "labels": dict([LABEL.split("=")])}, "data": {"number": str(number)}}
        if self.insist("POST", PATH, body):
            with self.lock:
                self.written.append(name)
                self.last = name

    def read(self) -> None:
        with self.lock:
            name = self.last
        if name:
            self.insist("GET", f"{PATH}/{name}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("tls", type=Path)
    arguments = parser.parse_args()
    client = Client(arguments.address, arguments.tls)
    threads: list[threading.Thread] = []
    number = 0
    while not select.select([sys.stdin], [], [], PERIOD)[0]:
        number += 1
        for thread in (threading.Thread(target=client.write, args=(number,)), threading.Thread(target=client.read)):
            thread.start()
            threads.append(thread)
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {
                "asked": len(threads),
                "written": client.written,
                "retried": client.retried,
                "failed": client.failed,
            }
        )
    )


if __name__ == "__main__":
    main()
