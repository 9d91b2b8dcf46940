"""Somebody outside of a site who hears from it all the time, and raises the alarm when that ends.

As a program `ADDRESS PORT BOUND` it prints, each with the time, `heard` for every message about the Watchdog, `other`
for any other one, and `alarm` once nothing was heard for so many seconds; until its input ends.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from inside import Program

# The controller's end of the lab's bridge, which no host of the site has.
ADDRESS, PORT = "198.51.100.1", 9499
WATCHDOG = "Watchdog"
HEARD, OTHER, ALARM = "heard", "other", "alarm"


@dataclass
class Receiver:
    """A running receiver; C(said) is what it has printed so far."""

    bound: float
    said: list[tuple[float, str]] = field(default_factory=list)

    url = f"http://{ADDRESS}:{PORT}/"

    def __enter__(self) -> Receiver:
        self._program = Program(__file__, ADDRESS, str(PORT), str(self.bound), hear=self._hear)
        self._program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(*error)

    def _hear(self, line: str) -> None:
        when, what = line.split()
        self.said.append((float(when), what))

    def times(self, what: str) -> list[float]:
        """Return when it said so, the latest last."""
        return [when for when, said in list(self.said) if said == what]

    def heard_since(self, begin: float) -> int:
        """Return how often it has heard the Watchdog since then."""
        return sum(1 for when in self.times(HEARD) if when > begin)


class Ear:
    """Knows when it has heard the last time, and says what it hears."""

    def __init__(self, bound: float) -> None:
        self._bound = bound
        self._last = 0.0
        self._lock = threading.Lock()

    def hear(self, name: str) -> None:
        with self._lock:
            if name == WATCHDOG:
                self._last = time.monotonic()
            say(HEARD if name == WATCHDOG else OTHER)

    def look(self) -> None:
        """Raise the alarm once for each silence; one that never heard anything has nothing to miss."""
        with self._lock:
            if self._last and time.monotonic() - self._last > self._bound:
                self._last = 0.0
                say(ALARM)


def say(what: str) -> None:
    print(f"{time.time():.3f} {what}", flush=True)


def serve(address: str, port: int, bound: float) -> None:
    """Listen until the input ends."""
    ear = Ear(bound)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                ear.hear(alert["labels"]["alertname"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    ended = threading.Event()

    def read() -> None:
        sys.stdin.read()
        ended.set()

    with ThreadingHTTPServer((address, port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Thread(target=read, daemon=True).start()
        while not ended.wait(0.2):
            ear.look()
        server.shutdown()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
