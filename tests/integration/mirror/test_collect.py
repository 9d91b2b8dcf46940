"""A mirror is collected from real servers, by the real apt, and survives what happens to it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect, debian, store, tree
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from archive import RELEASE, Archive

ROOT = Path(__file__).resolve().parents[3]
LIB = "/debian/pool/main/d/drill-lib/drill-lib_1.0-1_amd64.deb"
TOOL = "/debian/pool/main/d/drill-tool/drill-tool_2.0-1_amd64.deb"
PROGRAM = "/releases/k3s"
CONTENT = os.urandom(3_000_000)
# In a process of its own, which can be killed.
ALONE = """
import json, sys
from pathlib import Path
from ansible.utils.collection_loader import _collection_finder
_collection_finder._AnsibleCollectionFinder(paths=[sys.argv[1]])._install()
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect, debian
given = json.loads(sys.argv[3])
parts = tuple(debian.Archive(**{**one, "packages": tuple(one["packages"])}) for one in given["debian"])
collect.run(collect.Wanted(("amd64",), tuple(given["artifacts"]), (), parts), Path(sys.argv[2]), print)
"""


@pytest.fixture
def wanted(archive: Archive) -> collect.Wanted:
    (archive.root / "releases").mkdir()
    (archive.root / PROGRAM.lstrip("/")).write_bytes(CONTENT)
    sha256, url = hashlib.sha256(CONTENT).hexdigest(), f"{archive.url}{PROGRAM}"
    described = {"kind": "file", "url": url, "sha256": sha256, "source": f"release {url}"}
    part = debian.Archive(RELEASE, "amd64", ("drill-tool",), archive.uri, archive.security_uri, str(archive.keyring))
    return collect.Wanted(("amd64",), ({"name": "k3s", "version": "v1", "archs": {"amd64": described}},), (), (part,))


@pytest.fixture
def run(wanted: collect.Wanted, mirror: Path) -> Callable[..., store.Result]:
    return lambda **more: collect.run(wanted, mirror, lambda message: None, **more)


def sound(mirror: Path) -> bool:
    return tree.faults(mirror, tree.read(mirror)) == []


def killed_at(path: str, after: int, archive: Archive, wanted: collect.Wanted, mirror: Path) -> None:
    """Collect, and die while this is sent."""
    archive.stalls[path] = after
    given = json.dumps({"artifacts": wanted.artifacts, "debian": [asdict(one) for one in wanted.debian]})
    command = [sys.executable, "-c", ALONE, str(ROOT / ".ansible/collections"), str(mirror), given]
    process = subprocess.Popen(["setsid", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert archive.stalled.wait(120)
    # What was sent is on the disk by then, in whole MiB.
    end = time.monotonic() + 60
    while path == PROGRAM and sum(one.stat().st_size for one in mirror.rglob("*.part")) < after >> 20 << 20:
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, 9)
    process.wait()
    archive.requests.clear()


def test_the_second_run_fetches_no_file_and_changes_nothing(
    run: Any, mirror: Path, archive: Archive, wanted: collect.Wanted
) -> None:
    told = run(dry=True)
    assert not mirror.exists()
    done = run()
    assert told == done
    assert [path for path in done.added if "dists" not in path] == [
        "artifacts/k3s/v1/amd64/k3s", f"debian{LIB.removeprefix('/debian')}", f"debian{TOOL.removeprefix('/debian')}",
    ]  # fmt: skip
    # A suite without any package is none for apt.
    assert [path for path in done.added if path.endswith("InRelease")] == [f"debian/dists/{RELEASE}/InRelease"]
    assert sound(mirror)
    # What Debian has signed is what it has signed, byte by byte.
    for place in (f"dists/{RELEASE}/InRelease", f"dists/{RELEASE}/main/binary-amd64/Packages.xz"):
        assert (mirror / "debian" / place).read_bytes() == (archive.root / "debian" / place).read_bytes()
    archive.requests.clear()
    assert not run().changed
    assert [path for path in archive.requests if path.endswith((".deb", "k3s"))] == []
    described = tree.read(mirror).by_path["artifacts/k3s/v1/amd64/k3s"]
    assert (described.version, described.origin) == ("v1", f"release {archive.url}{PROGRAM}")


@pytest.mark.parametrize(("path", "after"), [(PROGRAM, 2_500_000), (TOOL, 500)], ids=["a program", "a package"])
def test_a_collection_that_was_killed_goes_on_where_it_was(
    run: Any, mirror: Path, archive: Archive, wanted: collect.Wanted, path: str, after: int
) -> None:
    killed_at(path, after, archive, wanted, mirror)
    with pytest.raises(MirrorError, match="has not ended"):
        tree.read(mirror)
    assert run().changed and sound(mirror)
    if path == PROGRAM:
        assert archive.resumed == [(PROGRAM, after >> 20 << 20)]
    else:
        assert PROGRAM not in archive.requests
    assert not run().changed


def test_a_connection_that_breaks_off_is_gone_on_with(run: Any, mirror: Path, archive: Archive) -> None:
    archive.cuts |= {PROGRAM: 1000, LIB: 1000}
    assert run().changed and sound(mirror)
    assert (PROGRAM, 1000) in archive.resumed


@pytest.mark.parametrize("change", [b"", b"X"], ids=["truncated", "tampered"])
def test_a_package_that_is_not_the_signed_one_is_refused_and_the_others_are_kept(
    run: Any, mirror: Path, archive: Archive, change: bytes
) -> None:
    file = archive.root / TOOL.lstrip("/")
    right = file.read_bytes()
    file.write_bytes(right[:-1] + change)
    with pytest.raises(MirrorError, match="packages can't be had"):
        run()
    assert not (mirror / "manifest.json").exists() and (mirror / "artifacts/k3s/v1/amd64/k3s").exists()
    file.write_bytes(right)
    archive.requests.clear()
    assert run().changed and sound(mirror)
    assert PROGRAM not in archive.requests


def test_indices_of_another_signer_are_refused_and_the_mirror_stays_whole(
    run: Any, mirror: Path, archive: Archive, tmp_path: Path
) -> None:
    run()
    other = Archive(tmp_path / "other")
    other.stop()
    signed = other.root / f"debian/dists/{RELEASE}"
    subprocess.run(["cp", "-r", f"{signed}/.", str(archive.root / f"debian/dists/{RELEASE}")], check=True)
    with pytest.raises(MirrorError, match="Debian's indices can't be had"):
        run()
    assert sound(mirror)


def test_a_newer_release_replaces_the_indices_and_keeps_what_there_was(
    run: Any, mirror: Path, archive: Archive
) -> None:
    run(key=None)
    archive.add("drill-tool", "2.0-2", "drill-lib", archive="security")
    archive.release()
    told = run(dry=True)
    done = run()
    assert told == done and sound(mirror)
    assert f"debian/dists/{RELEASE}/InRelease" in done.replaced
    assert done.idle == [f"debian{TOOL.removeprefix('/debian')}"]
    newer = "debian/pool/main/d/drill-tool/drill-tool_2.0-2_amd64.deb"
    assert {newer, f"debian/dists/{RELEASE}-security/InRelease"} <= set(done.added)


def test_a_package_that_debian_does_not_have_is_named(wanted: collect.Wanted, mirror: Path, archive: Archive) -> None:
    (part,) = wanted.debian
    unknown = debian.Archive(**{**part.__dict__, "packages": ("nonsense",)})
    with pytest.raises(MirrorError, match=r"trixie/amd64 has not all packages: .*locate package nonsense"):
        collect.run(collect.Wanted(("amd64",), debian=(unknown,)), mirror, lambda message: None)
