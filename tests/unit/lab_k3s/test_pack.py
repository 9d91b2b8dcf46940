from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.k3s.pack import pack


def test_the_same_sources_make_the_same_file(tmp_path: Path) -> None:
    pack(tmp_path / "one")
    pack(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(program), *arguments], capture_output=True, text=True, check=False)


def test_it_says_what_it_is_and_what_it_runs(tmp_path: Path) -> None:
    pack(tmp_path / "k3s", "v1.34.4+k3s1", "v3.6.1")
    said = run(tmp_path / "k3s", "--version").stdout
    assert said == "k3s version v1.34.4+k3s1 (stand-in: v1.34.4 and etcd v3.6.1 of unmodified sources)\n"


@pytest.mark.parametrize("command", ["secrets-encrypt enable", "token create", "check-config"])
def test_commands_of_the_real_one_alone_are_refused(tmp_path: Path, command: str) -> None:
    pack(tmp_path / "k3s")
    done = run(tmp_path / "k3s", *command.split())
    assert done.returncode == 1
    assert "outside the contract of the stand-in" in done.stderr
