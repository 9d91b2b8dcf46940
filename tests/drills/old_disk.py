"""A host's disk from before a restore, which comes back after it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster import lab

from lab import settings


def _places(host: str) -> tuple[Path, Path]:
    directory = settings.from_environment().host_dir(host)
    return directory, directory.with_name(f"{host}.old")


def kept(host: str) -> bool:
    """Tell whether there is a copy that nothing has run on yet."""
    return _places(host)[1].exists()


def keep(host: str) -> None:
    """Take a host's power and keep a copy of its disk."""
    directory, old = _places(host)
    lab("kill", host)
    shutil.rmtree(old, ignore_errors=True)
    subprocess.run(["cp", "--archive", str(directory), str(old)], check=True)


@dataclass
class Swap:
    """Whether the disk that was kept stays the host's; its own is gone then."""

    stays: bool = False


@contextmanager
def running(host: str) -> Iterator[Swap]:
    """Have a host run on the disk that was kept of it, and on its own again in the end unless told otherwise."""
    directory, old = _places(host)
    assert old.exists(), f"nothing was kept of {host}"
    new = directory.with_name(f"{host}.new")
    lab("kill", host)
    directory.rename(new)
    old.rename(directory)
    swap = Swap()
    try:
        lab("start", host)
        yield swap
    finally:
        if swap.stays:
            shutil.rmtree(new)
        else:
            lab("kill", host)
            shutil.rmtree(directory)
            new.rename(directory)
            lab("start", host)
