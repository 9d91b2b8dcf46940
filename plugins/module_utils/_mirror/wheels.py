# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller itself runs on: Python's packages as wheels, for the version of Python that this is run with.

pip itself tells which those are for a system that has nothing, and fetches them from the index that it is configured
with. It can't tell that for another version, as it asks the running one what a package needs where. Beside the wheels
is a list with their checksums, of which C(pip install --no-index --require-hashes) installs them.
Source of the report's form: pip's documentation, "Installation Report", version 1.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import typing as t
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import MirrorError
from .manifest import Entry
from .store import Store
from .tree import Say

ROOT = "python"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LIST = f"{ROOT}/requirements-{PYTHON}.txt"
PURPOSE = (f"controller/{PYTHON}",)
SECONDS = 1800
_SHOWN = 600


class Wheel(t.NamedTuple):
    """A package that pip would install; C(origin) is where it is; pip leaves out what opens that."""

    name: str
    version: str
    file: str
    sha256: str
    origin: str

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.file}"


def collect(requirements: t.Sequence[str], store: Store, work: Path, say: Say) -> list[Entry]:
    """Bring the wheels that files of requirements ask for into the mirror, as far as they are not there.

    Raises MirrorError.
    """
    say(f"Python {PYTHON}: asking what {', '.join(requirements)} need")
    work.mkdir(parents=True, exist_ok=True)
    wheels, entries = _asked(requirements), []
    for number, wheel in enumerate(wheels, 1):
        there = store.path(wheel.path, wheel.sha256)
        if there is None:
            say(f"Python {PYTHON}: {number} of {len(wheels)}, {wheel.file}")
            there = _fetched(wheel, work)
        entry = _entry(wheel, there.stat().st_size)
        if not store.has(entry):
            store.put(there, entry)
        entries.append(entry)
    content, entry = _list(wheels)
    if not store.has(entry):
        part = work / "requirements.txt"
        part.write_bytes(content)
        store.put(part, entry)
    return [*entries, entry]


def planned(requirements: t.Sequence[str], store: Store) -> list[Entry]:
    """What C(collect) would bring; nothing is written."""
    wheels, entries = _asked(requirements), []
    for wheel in wheels:
        there = store.path(wheel.path, wheel.sha256)
        entries.append(_entry(wheel, there.stat().st_size if there else 0))
    entries.append(_list(wheels)[1])
    for entry in entries:
        if not store.has(entry):
            store.note(entry)
    return entries


def parse(report: str) -> list[Wheel]:
    """What pip's report says that it would install, by name. Raises MirrorError for what is no wheel of an index."""
    wheels = []
    for one in json.loads(report)["install"]:
        name, version = one["metadata"]["name"], one["metadata"]["version"]
        url = one["download_info"]["url"]
        archive = one["download_info"].get("archive_info", {})
        # The latter of a file on this machine.
        kind, _equals, legacy = archive.get("hash", "").partition("=")
        sha256 = archive.get("hashes", {}).get("sha256") or (legacy if kind == "sha256" else "")
        file = Path(unquote(urlsplit(url).path)).name
        if not file.endswith(".whl"):
            raise MirrorError(f"{name} {version} is {url}; expected a wheel")
        if not sha256:
            raise MirrorError(f"the index has no SHA-256 of {file}; expected one that names it, as PyPI does")
        wheels.append(Wheel(name, version, file, sha256, url))
    return sorted(wheels)


def render(wheels: t.Iterable[Wheel]) -> str:
    """The list with checksums, as C(pip install --require-hashes) reads it."""
    return "".join(f"{one.name}=={one.version} --hash=sha256:{one.sha256}\n" for one in wheels)


def _asked(requirements: t.Sequence[str]) -> list[Wheel]:
    named = [part for file in requirements for part in ("--requirement", file)]
    command = ("install", "--dry-run", "--ignore-installed", "--report", "-", *named)
    return parse(_pip(*command, what=f"what {', '.join(requirements)} need can't be had"))


def _fetched(wheel: Wheel, work: Path) -> Path:
    pin = work / "pin.txt"
    pin.write_text(render([wheel]), encoding="utf-8")
    command = ("download", "--no-deps", "--require-hashes", "--dest", str(work), "--requirement", str(pin))
    _pip(*command, what=f"{wheel.file} can't be had")
    return work / wheel.file


def _pip(command: str, *arguments: str, what: str) -> str:
    """Run pip as this machine has it configured, with wheels alone."""
    fixed = ("--only-binary", ":all:", "--quiet", "--no-input", "--disable-pip-version-check")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", command, *fixed, *arguments],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise MirrorError(f"{what}: pip has not ended within {SECONDS} s; run this again") from error
    if done.returncode:
        raise MirrorError(f"{what}: {done.stderr.strip()[-_SHOWN:]}")
    return done.stdout


def _entry(wheel: Wheel, size: int) -> Entry:
    named = {"name": wheel.name, "version": wheel.version, "arch": "", "origin": wheel.origin}
    return Entry(wheel.path, size, wheel.sha256, "wheel", **named, purpose=PURPOSE)


def _list(wheels: t.Iterable[Wheel]) -> tuple[bytes, Entry]:
    content = render(wheels).encode()
    named = {"name": "requirements", "version": PYTHON, "arch": "", "origin": "collected"}
    return content, Entry(LIST, len(content), hashlib.sha256(content).hexdigest(), "wheel", **named, purpose=PURPOSE)
