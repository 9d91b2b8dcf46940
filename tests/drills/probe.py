"""Asks one address ten times a second and tells how long it was silent, and how long it took to answer.

Run as a program inside the lab's network it prints a line per answer or failure until its input ends.
"""

from __future__ import annotations

import argparse
import itertools
import select
import socket
import ssl
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from inside import Program

PERIOD, TIMEOUT = 0.1, 0.5


@dataclass
class Probe:
    """A running series of questions; use it as a context, then look at C(gap) and C(failed)."""

    address: str
    port: int
    tls: Path | None = None
    answers: list[tuple[float, bool]] = field(default_factory=list)
    took: list[float] = field(default_factory=list)  # seconds of each answer

    def __enter__(self) -> Probe:
        arguments = [self.address, str(self.port), *(["--tls", str(self.tls)] if self.tls else [])]
        self._program = Program(__file__, *arguments, hear=self._hear)
        self._program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(*error)

    def _hear(self, line: str) -> None:
        when, answered, took = line.split()
        self.answers.append((float(when), answered == "1"))
        if answered == "1":
            self.took.append(float(took))

    @property
    def answering(self) -> bool:
        """Whether the last second was without a failure."""
        return len(self.answers) > 10 and all(answered for _when, answered in self.answers[-10:])

    @property
    def failed(self) -> int:
        return sum(not answered for _when, answered in self.answers)

    @property
    def gap(self) -> float:
        """The longest time from one answer to the next; 0 if none failed."""
        good = [when for when, answered in self.answers if answered]
        longest = max((later - earlier for earlier, later in itertools.pairwise(good)), default=0.0)
        return longest if self.failed else 0.0


def context(directory: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(directory / "ca.pem"))
    made.load_cert_chain(str(directory / "client.pem"))
    return made


def ask(address: str, port: int, tls: ssl.SSLContext | None) -> bool:
    """One question: the API has to say that it is ready, anything else that something is there."""
    path = "/readyz" if tls else "/"
    try:
        with socket.create_connection((address, port), timeout=TIMEOUT) as plain:
            link = tls.wrap_socket(plain, server_hostname=address) if tls else plain
            link.sendall(f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
            return b" 200 " in link.recv(64)
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", type=Path)
    arguments = parser.parse_args()
    tls = context(arguments.tls) if arguments.tls else None
    while not select.select([sys.stdin], [], [], PERIOD)[0]:
        begun = time.monotonic()
        answered = ask(arguments.address, arguments.port, tls)
        now = time.monotonic()
        print(f"{now:.3f} {int(answered)} {now - begun:.4f}", flush=True)


if __name__ == "__main__":
    main()
