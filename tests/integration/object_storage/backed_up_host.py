"""A host of a site that is backed up, without a machine of its own: its data are in a directory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from endpoint import Endpoint

from plugins.module_utils._backup import program
from plugins.module_utils._backup.site import Site

MakeHost = Callable[..., Site]


def data(site: Site) -> Path:
    return Path(site.settings.components[0]["paths"][0])


def write(site: Site, count: int) -> None:
    for number in range(count):
        (data(site) / f"row{number}").write_text(f"row {number} of {site.settings.host}\n" * 50)


def contents(site: Site) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(data(site).glob("*"))}


def made(site: Site, name: str) -> dict[str, Any]:
    return program.made(site, name, ["accounts"], 2)[0]


def middle(content: bytes) -> int:
    return len(content) // 2


def last(content: bytes) -> int:
    return -1


def spoil(endpoint: Endpoint, names: Iterable[str], place: Callable[[bytes], int] = middle) -> None:
    """Turn a byte of each object around; twice, and it is as before."""
    for name in names:
        content = bytearray(endpoint.get("writer", name))
        content[place(content)] ^= 1
        endpoint.put(name, bytes(content))
