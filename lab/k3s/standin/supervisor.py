"""What k3s tells who knows the agents' token, below /v1-k3s: of that, the certificates of its authorities.

The real k3s answers at the API's port on every address. Here kube-apiserver has that port, and shares it: of the
loopback address of IPv6, where `localhost` leads to first, this has it.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import ssl

from .bootstrap_data import Passwords
from .settings import Settings

LOOPBACK = "::1"
SECONDS = 5
SERVED = {f"/v1-k3s/{name}.crt": f"{name}.crt" for name in ("client-ca", "server-ca")}
REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found"}


async def serve(settings: Settings, passwords: Passwords) -> None:
    """As long as this server runs; it knows the tokens that it was started with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving = settings.paths.tls / "serving-kube-apiserver"
    context.load_cert_chain(serving.with_suffix(".crt"), serving.with_suffix(".key"))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
            status, body = respond(settings, passwords, head.decode("latin-1"))
            line = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(line.encode() + body)
            await writer.drain()
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    try:
        await asyncio.start_server(answer, LOOPBACK, settings.port, ssl=context, reuse_port=True)
    except OSError as error:
        logging.warning("supervisor: %s", error)


def respond(settings: Settings, passwords: Passwords, head: str) -> tuple[int, bytes]:
    request, _, rest = head.partition("\r\n")
    path = request.split(" ")[1]
    headers = dict(line.partition(":")[::2] for line in rest.split("\r\n") if ":" in line)
    given = {name.lower(): value.strip() for name, value in headers.items()}.get("authorization", "")
    if not _admitted(given, passwords):
        return 401, b"Unauthorized\n"
    if path not in SERVED:
        return 404, b"404 page not found\n"
    return 200, (settings.paths.tls / SERVED[path]).read_bytes()


def _admitted(given: str, passwords: Passwords) -> bool:
    kind, _, encoded = given.partition(" ")
    if kind.lower() != "basic":
        return False
    user, _, password = base64.b64decode(encoded).decode().partition(":")
    return user == "node" and hmac.compare_digest(password.encode(), passwords.node.encode())
