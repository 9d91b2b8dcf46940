"""The base tree that all hosts share: Debian plus `rootfs/`, built once, kept under the checksum of its recipe.

A minimal one lacks what the roles install, so that a site has to bring that itself.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from lab import debian, shell
from lab.progress import Progress

SUITE = "trixie"
SYSTEM = (
    *("systemd", "systemd-sysv", "dbus", "openssh-server"),
    # python3-apt as on any Debian host: k3s-ansible, which the benchmark runs beside ours, asks it for packages.
    *("python3", "python3-apt", "python3-cryptography", "python3-yaml"),
    *("iproute2", "iptables", "nftables", "ipset", "conntrack", "kmod", "iputils-ping", "iputils-arping"),
    *("ca-certificates", "curl", "procps", "util-linux", "mount", "socat", "zstd", "less", "openssl"),
    *("containerd", "runc", "containernetworking-plugins", "busybox-static"),
    "bird2",  # a router for kube-vip to speak BGP with
)
ROLES = (
    *("chrony", "pdns-server", "pdns-backend-sqlite3", "python3-dnspython", "haproxy", "unbound"),
    *("restic", "python3-boto3"),
    *("victoria-metrics", "prometheus-alertmanager", "prometheus-node-exporter"),
    *("nginx", "docker-registry", "lego"),
    *("git", "sudo", "python3-venv", "python3-packaging"),
)
# Jobs of a machine that lives long, and the containerd that k3s brings along itself.
MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer"),
    *("bird.service", "containerd.service", "console-getty.service", "getty.target", "sshd-keygen.service"),
)
# Debian starts them once they are installed; here the roles do. A minimal image has none of them.
DISABLED = (
    *("chrony.service", "haproxy.service", "nginx.service", "pdns.service", "unbound.service"),
    "docker-registry.service",
    *("victoria-metrics.service", "prometheus-alertmanager.service", "prometheus-node-exporter.service"),
)
# One of these in two hosts would make them one host; the rest knows the machine that built the image.
REMOVED = ("etc/ssh/ssh_host_*", "etc/machine-id", "var/lib/dbus/machine-id", "etc/hostname", "etc/apt/sources.list")

ROOTFS = Path(__file__).parent / "rootfs"


def packages(minimal: bool) -> tuple[str, ...]:
    return SYSTEM if minimal else (*SYSTEM, *ROLES)


def checksum(minimal: bool = False) -> str:
    digest = hashlib.sha256()
    for part in (SUITE, *packages(minimal), *MASKED, *(() if minimal else DISABLED), *REMOVED):
        digest.update(f"{part}\n".encode())
    for file in sorted(path for path in ROOTFS.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(ROOTFS)} {file.stat().st_mode & 0o111:o}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def path(cache: Path, minimal: bool = False) -> Path:
    return cache / "lab-base" / checksum(minimal)


def ensure(base: Path) -> None:
    """Builds the base tree if need be; two labs that start at once build it once."""
    with debian.locked(base.parent):
        if not base.exists():
            _build(base, minimal=base.name == checksum(minimal=True))


def _build(base: Path, minimal: bool) -> None:
    progress = Progress(f"{'minimal ' if minimal else ''}base image (Debian {SUITE}, once)")
    building = base.with_suffix(".building")
    shell.run("rm", "--recursive", "--force", "--one-file-system", building)
    debian.bootstrap(building, SUITE, packages(minimal), progress)
    for pattern in REMOVED:
        for leftover in building.glob(pattern):
            leftover.unlink()
    (building / "etc/resolv.conf").write_text("# The site configures its resolvers.\n")
    shutil.copytree(ROOTFS, building, dirs_exist_ok=True)
    shell.run("systemctl", "--root", building, "mask", "--quiet", *MASKED)
    if not minimal:
        shell.run("systemctl", "--root", building, "disable", "--quiet", *DISABLED)
    shell.run("systemctl", "--root", building, "enable", "--quiet", "lab-host.service")
    building.rename(base)
    progress.done()
