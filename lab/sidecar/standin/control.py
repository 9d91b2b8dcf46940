"""How the commands talk to the sidecar that runs: JSON over HTTP, where the real one speaks gRPC."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from lab.sidecar.standin.errors import Failure

if TYPE_CHECKING:
    from lab.sidecar.standin.worker import Worker


def serve(worker: Worker, address: str, port: int) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told: Any = worker.status
            if self.path == "/backups":
                told = [{"date": str(one.date), "name": one.name, "version": one.version} for one in worker.backups()]
            self._answer(200, told)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            version = json.loads(self.rfile.read(length))
            try:
                worker.restore(version) if self.path == "/restore" else worker.create_backup()
            except Failure as error:
                return self._answer(500, str(error))
            return self._answer(200, "")

        def _answer(self, status: int, told: Any) -> None:
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """What is worth it is logged by the worker."""

    server = http.server.ThreadingHTTPServer((address, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(endpoint: str, path: str, told: Any = None) -> Any:
    """A request with a body changes something."""
    url = urllib.parse.urljoin(endpoint, path)
    body = None if told is None else json.dumps(told).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=600) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Failure(json.load(error)) from None
    except OSError as error:
        raise Failure(f"{endpoint} gives no answer: {error}") from error
