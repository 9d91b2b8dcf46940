"""What a stand-in has beside its objects: who may ask, what goes wrong, and what does not exist outside of it."""

from __future__ import annotations

import base64
import itertools
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

HMAC_KEY = "fake-hmac-key"


def token(role: str = "editor", lifetime: timedelta = timedelta(hours=1)) -> str:
    """A web token as metal-apiserver's, without its signature. ``role`` is the one in administration."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    expires = (datetime.now(UTC) + lifetime).timestamp()
    return f"{part({'alg': 'ES512'})}.{part({'sub': 'tests', 'role': role, 'exp': expires})}.signature"


def claims(text: str) -> dict[str, Any]:
    payload = text.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@dataclass
class Fault:
    """Something that goes wrong with requests whose text holds ``where``, as often as ``times`` says.

    ``status`` is an HTTP status or a code of Connect; ``text`` is what something else answers instead of API v1. One
    that ``hangs`` is answered when the test is over, and never done; ``meanwhile`` is done before the request
    is, as by somebody else.
    """

    where: str
    times: int = 1
    status: int | str | None = None
    message: str = "out of order"
    text: str = ""
    hangs: bool = False
    meanwhile: Callable[[], None] | None = None


@dataclass
class World:
    """``requests`` are all that arrived, as ``POST /v1/partition`` or ``admin.v2.PartitionService/Update``.

    ``clock_ahead`` is how far the server's clock is ahead of the client's.
    """

    dead_urls: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    clock_ahead: timedelta = timedelta()
    over: threading.Event = field(default_factory=threading.Event)
    _ticks: itertools.count[int] = field(default_factory=itertools.count)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def reset(self) -> None:
        """As it was in the beginning, for the next test."""
        self.over.set()
        vars(self).update(vars(World()))

    def now(self) -> datetime:
        """Never twice the same, in the milliseconds that RethinkDB keeps."""
        now = datetime.now(UTC) + self.clock_ahead + timedelta(milliseconds=next(self._ticks))
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def new_id(self) -> str:
        """Such as servers make."""
        return str(uuid.UUID(int=next(self._ids)))

    def head(self, url: str) -> str | None:
        """What a server says who asks for the head of a URL and gets none."""
        self.heads.append(url)
        return "404" if url in self.dead_urls or not url else None

    def fault(self, request: str) -> Fault | None:
        for fault in self.faults:
            if fault.where in request and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def writes(self) -> list[str]:
        """The requests that were to change something."""
        reading = ("GET ", "/find", "/usage", "/capacity", "/List", "/Get", "/Usage", "/Capacity")
        return [one for one in self.requests if not any(mark in one for mark in reading)]
