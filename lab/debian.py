"""Trees of Debian releases, made by mmdebstrap and kept in the cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab import apt, preflight, shell
from lab.errors import LabError
from lab.progress import Progress

DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
# A mirror that is a few weeks behind is good enough for a lab; the signature is checked all the same.
NOT_BY_AGE = 'Acquire::Check-Valid-Until "false"'

# Where the build stands (0 to 1) when mmdebstrap says this; measured.
STAGES = (
    ("running apt-get update", 0.02, "reading the package lists"),
    ("downloading packages", 0.05, "downloading packages"),
    ("extracting archives", 0.20, "extracting"),
    ("installing essential", 0.25, "installing the essential packages"),
    ("installing remaining", 0.40, "installing the other packages"),
    ("cleaning package lists", 0.98, "cleaning up"),
)


def tree(cache: Path, suite: str, packages: Sequence[str]) -> Path:
    """A release with these packages, built if need be; kept under the checksum of what it consists of."""
    checksum = hashlib.sha256("\n".join((suite, *packages)).encode()).hexdigest()[:16]
    target = cache / "debian" / f"{suite}-{checksum}"
    with locked(target.parent):
        if not target.exists():
            preflight.install_missing()
            progress = Progress(f"Debian {suite} with {', '.join(packages)} (once)")
            building = target.with_suffix(".building")
            shell.run("rm", "--recursive", "--force", "--one-file-system", building)
            bootstrap(building, suite, packages, progress)
            building.rename(target)
            progress.done()
    return target


def program(tree: Path, path: str, *libraries: str) -> list[str]:
    """The command of a program in a tree, by the release's own loader and so without a chroot; dies with its parent."""
    loader = next(tree.glob("lib64/ld-linux*"), None) or next(tree.glob("lib/ld-linux*"))
    place = next(tree.glob("usr/lib/*-linux-gnu"))
    searched = ":".join(str(place / name) for name in ("", *libraries))
    return [*DIE_WITH_PARENT, str(loader), "--library-path", searched, str(tree / path)]


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def bootstrap(target: Path, suite: str, packages: Sequence[str], progress: Progress) -> None:
    """In namespaces of its own: a build that is killed leaves neither mounts nor processes that write on."""
    mirror = _mirror()
    log = target.with_suffix(".log")
    command = [
        *DIE_WITH_PARENT,
        "unshare",
        "--mount",
        "--propagation",
        "slave",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]
    command += ["mmdebstrap", "--verbose", "--variant=minbase", "--format=directory", "--dpkgopt=force-unsafe-io"]
    command += [f"--aptopt={option}" for option in apt.proxies(shell.run("apt-config", "dump"))]
    command += [f"--aptopt={NOT_BY_AGE}", f"--include={','.join(packages)}"]
    command += [suite, str(target), f"deb {mirror} {suite} main"]
    with (
        log.open("w") as record,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        assert process.stdout is not None
        follow = Follow()
        for line in process.stdout:
            record.write(line)
            progress.update(*follow.read(line))
    if process.returncode != 0:
        raise LabError(f"mmdebstrap failed with status {process.returncode}", f"its end is in {log}")


def _mirror() -> str:
    mirror = os.environ.get("LAB_DEBIAN_MIRROR") or apt.debian_mirror(apt.read_sources())
    if not mirror:
        raise LabError("apt's sources name no Debian mirror", "set LAB_DEBIAN_MIRROR to its URL")
    return apt.resolve(mirror)


class Follow:
    """Reads mmdebstrap's output and tells what it does and how far it is."""

    def __init__(self) -> None:
        self.stage, self.start, self.end = "starting", 0.0, STAGES[0][1]
        self.expected = 0
        self.seen = 0

    def read(self, line: str) -> tuple[str, float]:
        ends = [start for _, start, _ in STAGES[1:]] + [1.0]
        for (mark, start, stage), end in zip(STAGES, ends, strict=True):
            if line.startswith("I: ") and mark in line:
                self.stage, self.start, self.end, self.expected, self.seen = stage, start, end, 0, 0
        if " newly installed" in line:
            self.expected = 2 * int(line.split(" newly installed")[0].split()[-1])
        elif line.startswith(("Unpacking ", "Setting up ")):
            self.seen += 1
        share = min(1.0, self.seen / self.expected) if self.expected else 0.0
        return self.stage, self.start + share * (self.end - self.start)
