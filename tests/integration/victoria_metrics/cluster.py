"""Stands in for the API of a cluster as far as one manager goes: keeps what is applied, by TLS to who proves who it is.

Run as `cluster.py DIRECTORY COMMAND…` in a network of its own, it serves with the certificates of the directory while
the command runs, and writes down what it was asked and what it has in the end.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

# Of an object, what nobody asked for and every answer has.
KEPT = {"uid": "1", "resourceVersion": "7", "generation": 1, "managedFields": []}
RUNS = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


class Cluster:
    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        place, query = urlsplit(path).path, parse_qs(urlsplit(path).query)
        if method == "PATCH":
            assert query["fieldManager"] and query["force"] == ["true"]
            found = {**body, "metadata": {**body["metadata"], **KEPT}, "status": RUNS}
            if "dryRun" not in query:
                self.asked.append(f"apply {body['kind']}")
                self.stored[place] = found
            return 200, found
        found = self.stored.get(place, {})
        if method == "DELETE" and found:
            self.asked.append(f"delete {found['kind']}")
            # With a namespace goes what is in it, of whatever group.
            inside = place.removeprefix("/api/v1")
            self.stored = {at: one for at, one in self.stored.items() if inside not in at}
        return 200 if found else 404, found


def serve(directory: Path, cluster: Cluster) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            status, found = cluster.answer(self.command, self.path, json.loads(self.rfile.read(length) or b"{}"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        do_PATCH = do_DELETE = do_GET

        def log_message(self, *_words: object) -> None:
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=directory / "server-ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(directory / "client-admin.crt", directory / "client-admin.key")
    server = ThreadingHTTPServer(("127.0.0.1", 6443), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    place, (command, *words) = Path(sys.argv[1]), sys.argv[2:]
    known = Cluster()
    serve(place, known)
    status = subprocess.run([command, *words], check=False).returncode
    (place / "cluster.json").write_text(json.dumps({"stored": known.stored, "asked": known.asked}))
    sys.exit(status)
