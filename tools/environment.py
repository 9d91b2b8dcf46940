#!/usr/bin/env python3
"""Make a virtual environment in the cache, once per set of requirements, and print its path.

    tools/environment.py                      the project's own, linked as .venv
    tools/environment.py --python 3.12 FILE   one for other requirements, e.g. another ansible-core

Standard library only: it runs before anything is installed. What the machine lacks (Debian's python3-venv) is
installed after saying so.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.11", "3.12", "3.13")
PROJECT = ROOT / "requirements-test.txt"
CONSTRAINTS = ROOT / "constraints.txt"


def say(text: str) -> None:
    print(f"venv: {text}", file=sys.stderr, flush=True)


def cache_dir() -> Path:
    base = os.environ.get("METALSTACK_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "metalstack-autonomous"


def probe(command: str, code: str) -> str | None:
    """What the interpreter prints, or None where it does not run or the code fails."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run([command, "-c", code], capture_output=True, text=True, timeout=20, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    return None


def find_python(version: str) -> str | None:
    """A working interpreter of this minor version: the system's first, then PATH, then pyenv's."""
    name = f"python{version}"
    candidates = [f"/usr/bin/{name}", shutil.which(name), f"/usr/local/bin/{name}", sys.executable]
    candidates += sorted(map(str, Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/{name}")), reverse=True)
    found = None
    for candidate in filter(None, candidates):
        if probe(candidate, "import sys; print('%d.%d' % sys.version_info[:2])") != version:
            continue
        found = found or candidate
        if has_venv(candidate):
            return candidate
    return found


def has_venv(python: str) -> bool:
    return probe(python, "import ensurepip, venv") is not None


def install_venv_module(version: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"venv: Python {version} lacks the venv module; as root: apt-get install python{version}-venv")
    say(f"Python {version} lacks its venv module; installing Debian's python{version}-venv")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-qy", "--no-install-recommends", f"python{version}-venv"]):
        subprocess.run(["apt-get", *command], env=environment, stdout=sys.stderr, check=True)


def requirement_files(path: Path) -> list[Path]:
    """The file and those that it includes with -r."""
    files = [path]
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            files += requirement_files(path.parent / line[3:].strip())
    return files


def key(python: str, files: list[Path]) -> str:
    digest = hashlib.sha256((probe(python, "import sys; print(sys.version, sys.base_prefix)") or "").encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def run_with_heartbeat(command: list[str], what: str) -> None:
    started = time.monotonic()
    said = started
    process = subprocess.Popen(command, stdout=sys.stderr)
    while process.poll() is None:
        time.sleep(0.2)
        if time.monotonic() - said > 15:
            said = time.monotonic()
            say(f"{what}, {said - started:.0f} s so far (one to two minutes)")
    if process.returncode:
        sys.exit(f"venv: {' '.join(command[:4])} … failed with {process.returncode}")


def build(python: str, version: str, requirements: Path) -> Path:
    constraints = [CONSTRAINTS] if requirements == PROJECT and CONSTRAINTS.exists() else []
    files = requirement_files(requirements) + constraints
    target = cache_dir() / "venv" / f"{requirements.stem}-py{version}-{key(python, files)}"
    complete = target / ".complete"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if complete.exists():
            return target
        say(f"making {target.name} with {python}")
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run([python, "-m", "venv", str(target)], stdout=sys.stderr, check=True)
        pip = [str(target / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        for file in constraints:
            pip += ["-c", str(file)]
        run_with_heartbeat([*pip, "-r", str(requirements)], f"installing {requirements.name}")
        complete.touch()
    return target


def link(target: Path) -> None:
    """Point .venv at the environment, atomically: other commands may be using it."""
    fresh = ROOT / f".venv.{os.getpid()}"
    fresh.symlink_to(target)
    fresh.replace(ROOT / ".venv")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requirements", nargs="?", type=Path, default=PROJECT)
    parser.add_argument("--python", choices=SUPPORTED, help="this minor version only; exit 3 where it is not there")
    arguments = parser.parse_args()
    versions = [arguments.python] if arguments.python else list(SUPPORTED)
    found = {version: python for version in versions if (python := find_python(version))}
    if not found:
        say(f"no Python {' or '.join(versions)} on this machine")
        return 3
    version = next((version for version in found if has_venv(found[version])), next(iter(found)))
    if not has_venv(found[version]):
        install_venv_module(version)
    requirements = arguments.requirements.resolve()
    target = build(found[version], version, requirements)
    if requirements == PROJECT:
        link(target)
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
