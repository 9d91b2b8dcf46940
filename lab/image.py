"""The base tree that all hosts share: Debian plus `rootfs/`, built once, kept under the checksum of its recipe."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import apt, shell
from lab.errors import LabError
from lab.progress import Progress

SUITE = "trixie"
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "openssh-server"),
    # python3-apt as on any Debian host: k3s-ansible, which the benchmark runs beside ours, asks it for packages.
    *("python3", "python3-apt", "python3-cryptography", "python3-yaml"),
    *("iproute2", "iptables", "nftables", "ipset", "conntrack", "kmod", "iputils-ping", "iputils-arping"),
    *("ca-certificates", "curl", "procps", "util-linux", "mount", "socat", "zstd", "less", "openssl"),
    *("containerd", "runc", "containernetworking-plugins", "busybox-static"),
    "bird2",  # a router for kube-vip to speak BGP with
)
# Jobs of a machine that lives long, and the containerd that k3s brings along itself.
MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer"),
    *("bird.service", "containerd.service", "console-getty.service", "getty.target", "sshd-keygen.service"),
)
# One of these in two hosts would make them one host; the rest knows the machine that built the image.
REMOVED = ("etc/ssh/ssh_host_*", "etc/machine-id", "var/lib/dbus/machine-id", "etc/hostname", "etc/apt/sources.list")

ROOTFS = Path(__file__).parent / "rootfs"

# Where the build stands (0 to 1) when mmdebstrap says this; measured.
STAGES = (
    ("running apt-get update", 0.02, "reading the package lists"),
    ("downloading packages", 0.05, "downloading packages"),
    ("extracting archives", 0.20, "extracting"),
    ("installing essential", 0.25, "installing the essential packages"),
    ("installing remaining", 0.40, "installing the other packages"),
    ("cleaning package lists", 0.98, "cleaning up"),
)


def checksum() -> str:
    digest = hashlib.sha256()
    for part in (SUITE, *PACKAGES, *MASKED, *REMOVED):
        digest.update(f"{part}\n".encode())
    for file in sorted(path for path in ROOTFS.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(ROOTFS)} {file.stat().st_mode & 0o111:o}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def path(cache: Path) -> Path:
    return cache / "lab-base" / checksum()


def ensure(base: Path) -> None:
    """Builds the base tree if need be; two labs that start at once build it once."""
    with _lock(base.parent):
        if not base.exists():
            _build(base)


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _build(base: Path) -> None:
    mirror = os.environ.get("LAB_DEBIAN_MIRROR") or apt.debian_mirror(apt.read_sources())
    if not mirror:
        raise LabError("apt's sources name no Debian mirror", "set LAB_DEBIAN_MIRROR to its URL")
    progress = Progress(f"base image (Debian {SUITE}, once)")
    building = base.with_suffix(".building")
    shell.run("rm", "--recursive", "--force", "--one-file-system", building)
    _debootstrap(building, apt.resolve(mirror), progress)
    for pattern in REMOVED:
        for leftover in building.glob(pattern):
            leftover.unlink()
    (building / "etc/resolv.conf").write_text("# The site configures its resolvers.\n")
    shutil.copytree(ROOTFS, building, dirs_exist_ok=True)
    shell.run("systemctl", "--root", building, "mask", "--quiet", *MASKED)
    shell.run("systemctl", "--root", building, "enable", "--quiet", "lab-host.service")
    building.rename(base)
    progress.done()


def _debootstrap(target: Path, mirror: str, progress: Progress) -> None:
    """In namespaces of its own: a build that is killed leaves neither mounts nor processes that write on."""
    log = target.with_suffix(".log")
    command = ["setpriv", "--pdeathsig", "KILL"]
    command += ["unshare", "--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += ["mmdebstrap", "--verbose", "--variant=minbase", "--format=directory", "--dpkgopt=force-unsafe-io"]
    command += [f"--aptopt={option}" for option in apt.proxies(shell.run("apt-config", "dump"))]
    command += [f"--include={','.join(PACKAGES)}", SUITE, str(target), f"deb {mirror} {SUITE} main"]
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
