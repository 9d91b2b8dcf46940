"""Samples that are counted one by one, and as many as somebody takes. They are written as Prometheus does."""

from __future__ import annotations

import http.client
import json
import struct
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.site import TREE

sys.path.insert(0, str(TREE / "tests" / "integration" / "victoria_metrics"))

from running import Client, Host, now, packed, series, varint

WIDTH = 40
PAUSE = 0.2
# Known octets in place of the time and the value, which are put in when it is sent.
MARKED = (8.2e-305, 0x123456789AB)
MARKS = (struct.pack("<d", MARKED[0]), varint(MARKED[1]))
PIECE, CONNECTIONS = 1000, 2


Sample = tuple[str, int]


def samples(answer: Sequence[Mapping[str, Any]]) -> list[Sample]:
    """Read what a store answers: the series and the round of each sample, which is its value."""
    return [(one["metric"]["number"], int(float(value))) for one in answer for _when, value in one["values"]]


@dataclass(frozen=True)
class Census:
    """Those that are there of those that were written, and how many are there twice."""

    found: frozenset[Sample]
    lost: int
    twice: int


def census(found: Sequence[Sample], rounds: int, width: int = WIDTH) -> Census:
    """Compare what is there with what was written: of each series one sample a round."""
    wanted = {(str(number), each) for number in range(width) for each in range(rounds)}
    return Census(frozenset(wanted.intersection(found)), len(wanted.difference(found)), len(found) - len(set(found)))


def single(stores: Sequence[frozenset[Sample]]) -> int:
    """How many samples only one of the stores has."""
    counts = Counter(sample for store in stores for sample in store)
    return sum(1 for count in counts.values() if count == 1)


class Numbered(threading.Thread):
    """Writes a sample of each series every so often, to one host after the other, until somebody stops it."""

    def __init__(self, name: str, writer: Client, hosts: Sequence[Host]) -> None:
        super().__init__(daemon=True)
        # Not `name`, which a thread has.
        self._series, self._writer, self._hosts = f"numbered_{name}", writer, hosts
        self._ended = threading.Event()
        self.begun = time.time()
        # Rounds that were taken, and attempts that were not.
        self.rounds, self.refused = 0, 0

    def run(self) -> None:
        while not self._ended.is_set():
            begin = time.monotonic()
            when = now()
            body = packed(
                b"".join(series(self._series, {"number": str(n)}, [(float(self.rounds), when)]) for n in range(WIDTH))
            )
            while not self._taken(body) and not self._ended.wait(PAUSE):
                self.refused += 1
            if not self._ended.is_set():
                self.rounds += 1
            self._ended.wait(max(0.0, PAUSE - (time.monotonic() - begin)))

    def _taken(self, body: bytes) -> bool:
        try:
            return self._writer.ask(self._hosts[self.rounds % len(self._hosts)], "/api/v1/write", body)[0] == 204
        except (OSError, http.client.HTTPException):
            return False

    def stop(self) -> None:
        self._ended.set()
        self.join()

    @property
    def written(self) -> int:
        return self.rounds * WIDTH

    def between(self, begin: float, end: float) -> str:
        """The question how many there are of some time."""
        return f"sum(count_over_time({self._series}[{round(1000 * (end - begin))}ms] @ {end:.3f}))"

    def counted(self, ask: Callable[[str], Any]) -> Census:
        """Count what is there, by whoever answers the path of a question."""
        seconds = round(time.time() - self.begun) + 60
        words = urllib.parse.urlencode({"query": f"{self._series}[{seconds}s]", "nocache": 1, "latency_offset": "1ms"})
        return census(samples(ask(f"/api/v1/query?{words}")["data"]["result"]), self.rounds)


def seen_by(reader: Client, host: Host) -> Callable[[str], Any]:
    """Whoever asks a host from the network."""

    def ask(path: str) -> Any:
        status, body = reader.ask(host, path)
        if status != 200:
            raise OSError(f"{host.name} answers {status}: {body[:200]!r}")
        return json.loads(body)

    return ask


class Flood:
    """So many series as a site has, written as often as is wanted, in equal shares to all who take them."""

    def __init__(self, count: int) -> None:
        self.pieces = [
            packed(b"".join(like_scraped(number) for number in range(at, min(at + PIECE, count))))
            for at in range(0, count, PIECE)
        ]
        self.sizes = [min(PIECE, count - at) for at in range(0, count, PIECE)]

    def send(self, urls: Sequence[str], rate: float, seconds: float) -> float:
        """Write so many samples a second for so long, and return how many a second were taken."""
        shares = self._shares(urls)
        begin = time.monotonic()
        _beside_each_other([partial(share.send, rate / len(shares), begin + seconds) for share in shares])
        return sum(share.taken for share in shares) / (time.monotonic() - begin)

    def introduce(self, urls: Sequence[str]) -> None:
        """Write each series once: a store takes more of those that it knows."""
        _beside_each_other([share.once for share in self._shares(urls)])

    def _shares(self, urls: Sequence[str]) -> list[_Share]:
        """Several for each of those who take them, so that nobody waits for one answer alone."""
        pieces, many = list(zip(self.pieces, self.sizes, strict=True)), [*urls] * CONNECTIONS
        return [_Share(pieces[number :: len(many)] or pieces, url) for number, url in enumerate(many)]


def _beside_each_other(jobs: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def like_scraped(number: int) -> bytes:
    labels = {
        "site": "example",
        "instance": f"server{number % 3 + 1}",
        "job": f"job{number // 3 % 9}",
        "resource": f"resource-{number // 27 % 40}",
        "le": str(number // 1080),
    }
    return series(f"metric_of_some_program_{number // 27 % 300}", labels, [MARKED])


class _Share:
    """What one of those who take them is sent by one connection."""

    def __init__(self, pieces: Sequence[tuple[bytes, int]], url: str) -> None:
        self._pieces, self._url = pieces, urllib.parse.urlsplit(url)
        self._connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=30)
        self.taken = 0

    def once(self) -> None:
        for at in range(len(self._pieces)):
            self._write(at)
        self._connection.close()

    def send(self, rate: float, end: float) -> None:
        due, at = time.monotonic(), 0
        while (moment := time.monotonic()) < end:
            if due > moment:
                time.sleep(min(due, end) - moment)
                continue
            due += self._write(at) / rate
            at += 1
        self._connection.close()

    def _write(self, at: int) -> int:
        piece, size = self._pieces[at % len(self._pieces)]
        body = piece.replace(MARKS[0], struct.pack("<d", float(at))).replace(MARKS[1], varint(now()))
        kind = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        self._connection.request("POST", self._url.path, body, kind)
        answer = self._connection.getresponse()
        answer.read()
        self.taken += size if answer.status == 204 else 0
        return size
