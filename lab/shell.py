"""Runs a command and turns its failure into a LabError."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.errors import LabError

Argument = str | Path


def run(*command: Argument, stdin: str | None = None) -> str:
    """Standard output of a command that has to succeed."""
    result = attempt(*command, stdin=stdin)
    if result.returncode != 0:
        reason = result.stderr.strip() or result.stdout.strip() or f"exit status {result.returncode}"
        raise LabError(f"`{join(command)}` failed: {reason}")
    return result.stdout


def attempt(*command: Argument, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """A command whose failure is an answer."""
    return subprocess.run([str(word) for word in command], input=stdin, capture_output=True, text=True, check=False)


def join(command: Sequence[Argument]) -> str:
    return shlex.join(str(word) for word in command)
