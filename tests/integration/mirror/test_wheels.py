"""What the controller runs on: collected by the real pip from an index on loopback, and installed from the mirror."""

from __future__ import annotations

import re
import subprocess
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect, store, tree, wheels
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from python_index import Index, wheel

WHEELS = ["python/drill_lib-1.5-py3-none-any.whl", "python/drill_tool-2.0-py3-none-any.whl"]


@pytest.fixture
def run(index: Index, mirror: Path, tmp_path: Path) -> Callable[..., store.Result]:
    asked = tmp_path / "requirements.txt"
    asked.write_text("drill-tool==2.0\n")
    wanted = collect.Wanted(("amd64",), requirements=(str(asked),))
    return lambda **more: collect.run(wanted, mirror, lambda message: None, **more)


def test_what_a_controller_needs_is_collected_once_and_installs_from_the_mirror_alone(
    run: Any, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = run(dry=True)
    assert not mirror.exists()
    done = run()
    assert told == done
    assert done.added == [*WHEELS, wheels.LIST]
    assert tree.faults(mirror, tree.read(mirror)) == []
    assert not run().changed
    assert not list((mirror / ".work").rglob("*.whl"))

    venv.create(tmp_path / "venv", with_pip=True)
    command = [str(tmp_path / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--no-index", "--require-hashes"]
    monkeypatch.delenv("PIP_FIND_LINKS")
    subprocess.run([*command, "--find-links", str(mirror / "python"), "-r", str(mirror / wheels.LIST)], check=True)
    said = subprocess.run(
        [str(tmp_path / "venv/bin/python"), "-c", "import drill_lib, drill_tool; print(drill_lib.VERSION)"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert said.stdout == "1.5\n"


def test_what_an_index_is_opened_with_is_nowhere_in_the_mirror(run: Any, mirror: Path) -> None:
    run()
    texts = [file.read_text() for file in mirror.rglob("*") if file.is_file() and file.suffix != ".whl"]
    assert len(texts) >= 2 and not any("swordfish" in text for text in texts)
    assert tree.read(mirror).by_path[WHEELS[0]].origin.endswith("/wheels/drill_lib-1.5-py3-none-any.whl")


def test_a_newer_package_comes_and_the_former_one_stays(run: Any, index: Index, mirror: Path) -> None:
    run()
    wheel(index.place, "drill_lib", "1.7", "")
    index.publish()
    done = run()
    assert (done.added, done.replaced) == (["python/drill_lib-1.7-py3-none-any.whl"], [wheels.LIST])
    assert done.idle == ["python/drill_lib-1.5-py3-none-any.whl"]
    assert "drill-lib==1.7 --hash=sha256:" in (mirror / wheels.LIST).read_text()
    assert run(prune=True).removed == ["python/drill_lib-1.5-py3-none-any.whl"]


def test_a_package_that_is_not_what_the_index_says_is_refused(run: Any, mirror: Path, index: Index) -> None:
    run()
    (mirror / WHEELS[1]).unlink()
    file = index.place / "drill_tool-2.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("more.py", "tampered = True\n")
    with pytest.raises(MirrorError, match=r"drill.tool"):
        run()
    assert not (mirror / WHEELS[1]).exists()


@pytest.mark.parametrize(
    ("asked", "said"),
    [("drill-tool==9", "drill-tool==9"), ("nobody-has-it", "nobody-has-it"), ("a b c", "a b c")],
    ids=["no such version", "no such package", "no requirement"],
)
def test_what_can_not_be_had_is_named_and_there_is_no_mirror(
    index: Index, mirror: Path, tmp_path: Path, asked: str, said: str
) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(f"{asked}\n")
    wanted = collect.Wanted(("amd64",), requirements=(str(file),))
    with pytest.raises(MirrorError, match=re.escape(said)):
        collect.run(wanted, mirror, lambda message: None)
    assert not (mirror / "manifest.json").exists()
