"""Versions of k3s that drills go from and to: the one that the lab runs, those before it, and one that is broken."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lab import settings
from lab.artifacts import Artifacts

# The lab can build this one besides its own.
STAND_IN = "v1.34.4+k3s1"


def numbers(version: str) -> list[int]:
    """Return C(v1.35.4+k3s1) as C([1, 35, 4, 3, 1])."""
    return [int(number) for number in re.findall(r"\d+", version)]


def minor(version: str) -> tuple[int, ...]:
    return tuple(numbers(version)[:2])


def lab_version() -> str:
    """Return the version that the lab runs unless it is told otherwise."""
    found = settings.from_environment()
    return Artifacts(found.cache, found.payload).k3s_version()


def minor_before(version: str) -> str:
    """Return one of the minor version before to upgrade from: a real one where the lab is given real ones, the newest.

    Empty where there is none.
    """
    given = os.environ.get("LAB_K3S_DIR", "")
    known = [path.name for path in Path(given).iterdir()] if given else [STAND_IN]
    major, number = minor(version)
    return max((name for name in known if minor(name) == (major, number - 1)), key=numbers, default="")


def before(version: str) -> str:
    """Return what a version of the minor before might be called: C(v1.34.4+k3s1) of C(v1.35.4+k3s1)."""
    major, number = minor(version)
    return version.replace(f"v{major}.{number}.", f"v{major}.{number - 1}.", 1)


def broken(version: str) -> str:
    """Return a patch level that nobody releases: C(v1.35.999+k3s1) of C(v1.35.4+k3s1)."""
    major, number = minor(version)
    return f"v{major}.{number}.999+k3s1"
