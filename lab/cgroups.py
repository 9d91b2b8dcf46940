"""A cgroup of its own for each host in every hierarchy, so that no two hosts share one: v1, hybrid or unified."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lab.errors import LabError

MOUNT = Path("/sys/fs/cgroup")
ROOT = "lab"
# What kubelet asks for.
CONTROLLERS = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids"}
# Of a busy machine hosts get eight times what one of its other programs gets: leases and elections do not wait.
SHARE = 8
DEFAULTS = {"cpu.shares": 1024, "cpu.weight": 100}  # v1, v2


@dataclass(frozen=True)
class Hierarchy:
    mount: Path
    version: int
    options: frozenset[str] = field(default=frozenset(), compare=False)


def hierarchies(mountinfo: str) -> tuple[Hierarchy, ...]:
    """Pure: /proc/self/mountinfo → what is mounted below /sys/fs/cgroup."""
    found = {}
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        mount, (kind, _, options) = Path(fields.split()[4]), rest.split(" ", 2)
        if kind in ("cgroup", "cgroup2") and MOUNT in (mount, *mount.parents):
            found[mount] = Hierarchy(mount, 2 if kind == "cgroup2" else 1, frozenset(options.split(",")))
    return tuple(found.values())


def detect() -> tuple[Hierarchy, ...]:
    found = hierarchies(Path("/proc/self/mountinfo").read_text())
    if not found:
        raise LabError("no cgroups are mounted below /sys/fs/cgroup", "mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    return found


def kubelet_sees_v1(found: tuple[Hierarchy, ...]) -> bool:
    """kubelet, and a host's systemd, look at what is mounted at the top."""
    return Hierarchy(MOUNT, 2) not in found


class Cgroup:
    """One path (`lab/NAME/HOST`) in all hierarchies."""

    def __init__(self, *path: str) -> None:
        self.path = Path(ROOT, *path)
        self.hierarchies = detect()

    def directories(self) -> list[Path]:
        return [each.mount / self.path for each in self.hierarchies]

    def create(self) -> None:
        for hierarchy in self.hierarchies:
            directory = hierarchy.mount
            for part in self.path.parts:
                if hierarchy.version == 2:
                    _pass_controllers_on(directory)
                directory = directory / part
                directory.mkdir(exist_ok=True)
                if "cpuset" in hierarchy.options:
                    _copy_cpuset(directory)
            _prefer(hierarchy.mount / ROOT)

    def pids(self) -> set[int]:
        """Every process below; one hierarchy that all of them are in answers for the rest."""
        return set(_pids(self._whole()))

    def kill(self, patience: float = 20.0) -> None:
        """SIGKILL all at once, frozen or not, and wait until none is left."""
        directory = self._whole()
        deadline = time.monotonic() + patience
        while directory.exists() and (alive := list(_pids(directory))):
            if (directory / "cgroup.kill").exists():
                (directory / "cgroup.kill").write_text("1")
            else:
                signal_all(alive, signal.SIGKILL)
                self.thaw()
            if time.monotonic() > deadline:
                raise LabError(f"processes {alive} of {self.path} survive SIGKILL", "look for stuck I/O in dmesg")
            time.sleep(0.02)

    def freeze(self) -> None:
        self._set_frozen(True)

    def thaw(self) -> None:
        self._set_frozen(False)

    def frozen(self) -> bool:
        file, frozen, _ = self._freezer()
        return file.exists() and file.read_text().split()[0] == frozen

    def remove(self) -> None:
        """Deepest first; a cgroup whose last process is just going away is busy for a moment."""
        for directory in self.directories():
            deadline = time.monotonic() + 10
            while directory.exists():
                for parent, _, _ in os.walk(directory, topdown=False):
                    with suppress(OSError):
                        Path(parent).rmdir()
                if directory.exists():
                    if time.monotonic() > deadline:
                        raise LabError(f"{directory} cannot be removed", f"see {directory}/cgroup.procs")
                    time.sleep(0.05)

    def remove_parents(self) -> None:
        """The root of all labs, if this was the last."""
        for each in self.hierarchies:
            with suppress(OSError):
                (each.mount / ROOT).rmdir()

    def _whole(self) -> Path:
        """cgroup v2 if there is one: it kills and freezes at once; all processes are in every hierarchy."""
        best = max(self.hierarchies, key=lambda each: (each.version, "freezer" in each.options))
        return best.mount / self.path

    def _freezer(self) -> tuple[Path, str, str]:
        directory = self._whole()
        if any(each.version == 2 for each in self.hierarchies):
            return directory / "cgroup.freeze", "1", "0"
        return directory / "freezer.state", "FROZEN", "THAWED"

    def _set_frozen(self, frozen: bool) -> None:
        file, yes, no = self._freezer()
        if file.exists():
            file.write_text(yes if frozen else no)


def unit_pids(host: Cgroup, unit: str) -> set[int]:
    """Processes of a systemd unit inside a host, seen from outside."""
    found: set[int] = set()
    for directory in host.directories():
        for parent, children, _ in os.walk(directory):
            if unit in children:
                found.update(_pids(Path(parent, unit)))
    return found


def signal_all(pids: set[int] | list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _pids(directory: Path) -> Iterator[int]:
    for parent, _, files in os.walk(directory):
        if "cgroup.procs" in files:
            with suppress(OSError):
                yield from map(int, Path(parent, "cgroup.procs").read_text().split())


def _prefer(directory: Path) -> None:
    for name, default in DEFAULTS.items():
        if (directory / name).exists():
            (directory / name).write_text(str(SHARE * default))


def _copy_cpuset(directory: Path) -> None:
    """An empty v1 cpuset takes no process."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        (directory / name).write_text((directory.parent / name).read_text())


def _pass_controllers_on(directory: Path) -> None:
    """v2: what the parent may hand down, kubelet needs."""
    available = (directory / "cgroup.controllers").read_text().split()
    for controller in CONTROLLERS.intersection(available):
        try:
            (directory / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError as error:
            raise LabError(
                f"{directory} does not hand the controller {controller} down: {error}",
                "in a container, move its processes out of the top cgroup first",
            ) from error
