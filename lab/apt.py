"""The machine's own Debian mirror, read from apt's sources. Pure but for `read_sources`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

SUITES = {"stable", "testing", "oldstable", "bullseye", "bookworm", "trixie", "forky", "sid", "unstable"}


def read_sources(root: Path = Path("/etc/apt")) -> list[str]:
    files = [root / "sources.list", *sorted((root / "sources.list.d").glob("*"))]
    return [file.read_text() for file in files if file.suffix in (".list", ".sources") and file.is_file()]


def debian_mirror(texts: Iterable[str]) -> str | None:
    """The first archive that holds a whole Debian release, not a security or a vendor's suite."""
    for text in texts:
        for uri, suites, components in [*_one_line(text), *_deb822(text)]:
            if SUITES & set(suites) and "main" in components:
                return uri.rstrip("/")
    return None


def _one_line(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words[:1] != ["deb"]:
            continue
        words = words[1:]
        if words and words[0].startswith("["):
            end = next((n for n, word in enumerate(words) if word.endswith("]")), len(words))
            words = words[end + 1 :]
        if len(words) >= 3:
            yield words[0], [words[1]], words[2:]


def _deb822(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if not line.startswith("#") and ":" in line]
        fields = {key.strip().lower(): value.split() for key, value in (line.split(":", 1) for line in lines)}
        if "deb" in fields.get("types", []) and fields.get("enabled", ["yes"]) != ["no"]:
            for uri in fields.get("uris", []):
                yield uri, fields.get("suites", []), fields.get("components", [])


def proxies(dump: str) -> list[str]:
    """Pure: those of `apt-config dump`'s options that say how the machine reaches its mirror."""
    return [line for line in dump.splitlines() if re.match(r"Acquire::https?::Proxy[ :]", line)]


def resolve(uri: str) -> str:
    """Cloud images name a file that lists mirrors."""
    if not uri.startswith("mirror+file:"):
        return uri
    listed = Path(uri.removeprefix("mirror+file:")).read_text().split()
    return listed[0].rstrip("/")
