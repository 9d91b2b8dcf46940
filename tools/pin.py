#!/usr/bin/env python3
"""Fill in the checksums that artifacts.yml does not know yet with what the releases say today.

Look at the change before you commit it: from then on every installation is held to it.
"""

from __future__ import annotations

import copy
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from plugins.module_utils._artifact import catalog, oci  # noqa: E402
from plugins.module_utils._artifact.fetch import default_cache  # noqa: E402
from plugins.module_utils._artifact.files import ChecksumError, sha256_of  # noqa: E402
from plugins.module_utils._artifact.transport import Transport, Unreachable  # noqa: E402

Catalog = dict[str, Any]


class Pinner:
    """Asks releases for what one catalogue lacks."""

    def __init__(self, known: Catalog, transport: Transport) -> None:
        self._known = known
        self._transport = transport

    def digest(self, name: str, version: str) -> str:
        entry = self._known[name]
        return oci.resolve_tag(entry["image"], catalog.tag(entry, version), self._transport)

    def sha256(self, name: str, version: str, arch: str) -> str:
        entry = self._known[name]
        if entry["kind"] == "oci_file":
            return self._sha256_in_image(entry, entry["versions"][version]["digest"], arch)
        listed = self._transport.read(catalog.checksum_url(entry, version, arch)).decode()
        return catalog.listed_checksum(listed, entry["file"][arch])

    def _sha256_in_image(self, entry: Catalog, digest: str, arch: str) -> str:
        if not digest:
            raise Unreachable("the image's digest is not known yet")
        with tempfile.TemporaryDirectory() as work:
            file = oci.extract(entry["image"], digest, entry["path"], arch, Path(work), self._transport)
            return sha256_of(file)


def pin(text: str, transport: Transport, say: Callable[[str], None]) -> tuple[str, list[str]]:
    """The catalogue's text with all that could be found out, and what could not."""
    known: Catalog = yaml.safe_load(text)
    pinner = Pinner(known, transport)
    failures = []
    for name, version, keys in missing(known):
        label = " ".join([name, version, *keys])
        try:
            value = pinner.digest(name, version) if keys == ("digest",) else pinner.sha256(name, version, keys[-1])
        except (Unreachable, ChecksumError, oci.ImageError, catalog.CatalogError) as error:
            failures.append(f"{label}: {error}")
            continue
        text = fill(text, name, version, keys, value)
        # A digest found now is what the image's files are read by.
        set_pin(known, name, version, keys, value)
        say(f"{label}: {value}")
    return text, failures


def missing(known: Catalog) -> list[tuple[str, str, tuple[str, ...]]]:
    """Every empty checksum, digests before the files that are read through them."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for name, entry in known.items():
        for version, pins in entry["versions"].items():
            if pins.get("digest") == "":
                found.append((name, version, ("digest",)))
            found += [(name, version, ("sha256", arch)) for arch, value in pins["sha256"].items() if not value]
    return found


def fill(text: str, name: str, version: str, keys: tuple[str, ...], value: str) -> str:
    """Set one empty value and keep everything else of the text, comments included, as it is."""
    pattern = rf'(^{re.escape(name)}:\n(?:(?!\S).*\n)*?    {re.escape(version)}:\n(?: {{6,}}.*\n)*? +{keys[-1]}: )""'
    filled = re.sub(pattern, rf'\g<1>"{value}"', text, count=1, flags=re.MULTILINE)
    expected = copy.deepcopy(yaml.safe_load(text))
    set_pin(expected, name, version, keys, value)
    if yaml.safe_load(filled) != expected:
        raise ValueError(f'{name} {version} {keys[-1]} is not laid out as expected: one key a line, empty as ""')
    return filled


def set_pin(known: Catalog, name: str, version: str, keys: tuple[str, ...], value: str) -> None:
    pins = known[name]["versions"][version]
    for key in keys[:-1]:
        pins = pins[key]
    pins[keys[-1]] = value


def main() -> int:
    path = ROOT / "artifacts.yml"
    text, failures = pin(path.read_text(), Transport(default_cache() / "unreachable", print), print)
    path.write_text(text)
    for failure in failures:
        print(f"not pinned: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
