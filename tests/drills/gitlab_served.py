"""GitLab's stand-in in the lab's network, of whose API it has what a runner asks for.

As a program `ADDRESS PORT PAIR TOKEN` it serves by https with the key and certificate of a file, and prints the system
IDs that it knows whenever these change; until its input ends.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from inside import Program

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/unit/plugins/module_utils/_gitlab"))

import gitlab_stand_in

# The controller's end of the lab's bridge.
ADDRESS, PORT = "198.51.100.1", 9498
TOKEN = gitlab_stand_in.TOKEN


@dataclass
class Served:
    """A running one; C(machines) are those that it knows."""

    pair: Path
    machines: list[str] = field(default_factory=list)

    url = f"https://{ADDRESS}:{PORT}"

    def __enter__(self) -> Served:
        self._program = Program(__file__, ADDRESS, str(PORT), str(self.pair), hear=self._hear)
        self._program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(*error)

    def _hear(self, line: str) -> None:
        self.machines = json.loads(line)


def serve(address: str, port: int, pair: str) -> None:
    """Serve until the input ends."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair)
    ended = threading.Event()

    def read() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    with gitlab_stand_in.Served(tls, (address, port)) as gitlab:
        told: list[str] | None = None
        while not ended.wait(0.2):
            if gitlab.machines != told:
                told = list(gitlab.machines)
                print(json.dumps(told), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
