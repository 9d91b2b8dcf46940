"""The baseline: bare.sh, with the files that the collection's own run has left on the hosts."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path

from bench.site import SERVERS, TREE, VIP, Timed, timed
from lab import settings
from lab.instance import Lab

# What a run leaves on every host alike, and what belongs to one of them; k3s makes the rest itself.
COMMON = (
    "opt/k3s opt/kube-vip opt/kube-vip-cloud-provider usr/local/bin usr/local/libexec var/lib/rancher/k3s/agent/images"
)
OWN = "etc/rancher/k3s etc/sysctl.d etc/systemd/system etc/kube-vip etc/metalstack-autonomous"
DIRECTORIES = "var/lib/k3s-local-storage var/lib/rancher/k3s/server var/lib/rancher/k3s/server/logs"
NOT_OURS = "--exclude=etc/rancher/k3s/k3s.yaml --exclude=*.wants --exclude=etc/systemd/system/lab-*"


def fetch(host: str, paths: str, target: Path) -> None:
    """Keep paths of a host in an archive."""
    _keep(host, f"cd / && tar -c {NOT_OURS} --no-recursion {DIRECTORIES} --recursion {paths}", target)


def fetch_file(host: str, path: str, target: Path) -> None:
    """Keep one file of a host; the path is expanded there."""
    _keep(host, f"cat {path}", target)


def _keep(host: str, output_of: str, target: Path) -> None:
    with target.open("wb") as stream:
        command = [sys.executable, "-m", "lab", "ssh", host, "--", output_of]
        subprocess.run(command, cwd=TREE, stdin=subprocess.DEVNULL, stdout=stream, check=True)


def sums(archive: Path) -> bytes:
    """Return the sums of the programs in an archive, in the form that sha256sum checks."""
    lines = []
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() and member.name.startswith("opt/") else None
            if stream:
                lines.append(f"{hashlib.sha256(stream.read()).hexdigest()}  {member.name}\n")
    return "".join(lines).encode()


def capture(work: Path) -> None:
    """Fetch from the running cluster all that the script needs."""
    common = work / "common.tar"
    fetch(SERVERS[0], COMMON, common)
    content = sums(common)
    with tarfile.open(common, "a") as tar:
        entry = tarfile.TarInfo("root/bench.sha256")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    for host in SERVERS:
        fetch(host, OWN, work / f"{host}.tar")
    (work / "ssh.conf").write_text(ssh_config())


def ssh_config() -> str:
    """Return how to log in to the hosts by their names, as a configuration of ssh."""
    here = Lab.existing(settings.from_environment())
    lines = [f"Host {each.name}\n  HostName {each.address}\n" for each in here.hosts]
    options = [word.replace("=", " ", 1) for word in here.ssh.options() if word != "-o"]
    common = "".join(f"  {option}\n" for option in ["User root", f"IdentityFile {here.ssh.key}", *options])
    return "".join(lines) + f"Host *\n{common}"


def run(work: Path, mode: str = "found") -> Timed:
    """Have the script do one of the things that it can, on hosts that were wiped."""
    script = str(TREE / "bench" / "bare.sh")
    return timed(sys.executable, "-m", "lab", "exec", "--", script, mode, str(work), VIP, *SERVERS)
