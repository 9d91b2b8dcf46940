"""A time server that lies, and a question to any: as much of NTP (RFC 5905) as that needs.

As a program: `serve ADDRESS SECONDS` answers with a time that is so many seconds wrong, until it is killed;
`ask ADDRESS` prints what a server says as JSON.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time

PORT, TIMEOUT = 123, 2.0
# leap, version and mode in one octet; stratum; poll; precision; root delay; root dispersion; refid; four timestamps
PACKET = struct.Struct("!BBbbII4sQ8sQQ")
CLIENT, SERVER = 0x23, 0x24
STRATUM, PRECISION, DISPERSION, REFID = 3, -20, 0x10, bytes([127, 127, 0, 1])
FROM_1900_TO_1970 = 2208988800


def to_timestamp(seconds: float) -> int:
    return int((seconds + FROM_1900_TO_1970) * 2**32)


def from_timestamp(timestamp: int) -> float:
    return timestamp / 2**32 - FROM_1900_TO_1970


def serve(address: str, lie: float) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, PORT))
        while True:
            question, peer = server.recvfrom(512)
            if len(question) >= PACKET.size:
                now = to_timestamp(time.time() + lie)
                head = (SERVER, STRATUM, question[2], PRECISION, 0, DISPERSION, REFID)
                server.sendto(PACKET.pack(*head, now, question[40:48], now, now), peer)


def ask(address: str) -> dict[str, object]:
    """Return leap, stratum, source and how far the server is from this machine's clock."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(TIMEOUT)
        sent = time.time()
        client.sendto(PACKET.pack(CLIENT, 0, 0, 0, 0, 0, bytes(4), 0, bytes(8), 0, to_timestamp(sent)), (address, PORT))
        answer = client.recv(512)
    received = time.time()
    first, stratum, _, _, _, _, refid, _, _, arrived, left = PACKET.unpack(answer[: PACKET.size])
    offset = (from_timestamp(arrived) - sent + from_timestamp(left) - received) / 2
    return {"leap": first >> 6, "stratum": stratum, "source": socket.inet_ntoa(refid), "offset": offset}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], float(sys.argv[3]))
    print(json.dumps(ask(sys.argv[2])))
