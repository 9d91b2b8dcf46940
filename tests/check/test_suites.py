"""What the targets of `make` consist of."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "run"))
import older
from suites import SUITES

OLDER = "python tests/run/older.py "


def commands(target: str) -> list[str]:
    return [suite.command for suite in SUITES if target in suite.targets]


@pytest.mark.parametrize("name", ["rotation", "replace-node", "second-site", "patch-hosts"])
def test_drills_of_what_k3s_does_are_run_with_the_version_before_too(name: str) -> None:
    [command] = [suite.command for suite in SUITES if suite.name == name]
    assert command in commands("drill")
    assert OLDER + command in commands("drill")
    assert OLDER + command in commands("drill-older")


def test_the_version_before_has_a_lab_of_its_own() -> None:
    first, *others, last = commands("drill-older")
    assert first == f"{OLDER}python -m lab up --fresh" and last == "python -m lab down"
    assert all(command.startswith(OLDER) for command in others)
    assert not any(command.startswith(OLDER) for command in commands("test"))


def test_times_measured_with_the_version_before_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = tmp_path / "measured.json"
    measured.write_text('{"N2": 1}\n')
    monkeypatch.setattr(older, "MEASURED", measured)
    script = f"import os; open({str(measured)!r}, 'w').write('\"' + os.environ['LAB_K3S_VERSION'] + '\"'); exit(3)"
    assert older.run([sys.executable, "-c", script], "v1.34.4+k3s1") == 3
    assert measured.read_text() == '{"N2": 1}\n'
    assert json.loads((tmp_path / "measured-older.json").read_text()) == "v1.34.4+k3s1"
    assert older.run([sys.executable, "-c", ""], "v1.34.4+k3s1") == 0
    assert measured.read_text() == '{"N2": 1}\n'
