from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lab.k3s.standin import bundle
from lab.k3s.standin.errors import Refusal
from lab.k3s.standin.paths import Paths, write

KEY, OTHER = "tls/service.key", "cred/passwd"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Return a server's directory with two of the cluster's own secrets."""
    present = Paths(tmp_path)
    for name in (KEY, OTHER):
        write(present.server / name, f"{name} of the cluster")
    return present


def change(paths: Paths, name: str, age: float = 0) -> None:
    write(paths.server / name, "changed")
    os.utime(paths.server / name, (time.time() - age, time.time() - age))


def test_what_is_packed_is_what_is_read(paths: Paths) -> None:
    kept = bundle.read(bundle.pack(paths))
    assert kept.keys() == {KEY, OTHER}
    assert kept[KEY].content == b"tls/service.key of the cluster"
    assert not bundle.reconcile(paths, kept)


def test_a_missing_file_comes_from_the_datastore_with_its_age(paths: Paths) -> None:
    os.utime(paths.server / KEY, (1700000000, 1700000000))
    kept = bundle.read(bundle.pack(paths))
    (paths.server / KEY).unlink()
    assert bundle.reconcile(paths, kept)
    assert (paths.server / KEY).read_bytes() == kept[KEY].content
    assert (paths.server / KEY).stat().st_mtime == 1700000000
    assert (paths.server / KEY).stat().st_mode & 0o777 == 0o600


def test_an_older_file_is_replaced(paths: Paths) -> None:
    kept = bundle.read(bundle.pack(paths))
    change(paths, KEY, age=60)
    assert bundle.reconcile(paths, kept)
    assert (paths.server / KEY).read_bytes() == kept[KEY].content


def test_a_newer_file_is_refused_and_left(paths: Paths) -> None:
    os.utime(paths.server / KEY, (1700000000, 1700000000))
    kept = bundle.read(bundle.pack(paths))
    change(paths, KEY)
    (paths.server / OTHER).unlink()
    with pytest.raises(Refusal, match=rf"^{paths.server / KEY} newer than datastore and could cause a cluster outage"):
        bundle.reconcile(paths, kept)
    assert (paths.server / KEY).read_text() == "changed"
    assert not (paths.server / OTHER).exists()


def test_what_was_made_for_lack_of_it_is_older_than_all(paths: Paths) -> None:
    os.utime(paths.server / KEY, (1700000000, 1700000000))
    kept = bundle.read(bundle.pack(paths))
    (paths.server / KEY).unlink()
    lost = [name for name in bundle.missing(paths) if name in kept]
    assert lost == [KEY]
    write(paths.server / KEY, "made anew")
    bundle.predate(paths, lost)
    assert bundle.reconcile(paths, kept)
    assert (paths.server / KEY).read_bytes() == kept[KEY].content


def test_a_server_has_begun_once_every_directory_holds_something(paths: Paths) -> None:
    assert not bundle.begun(paths)
    write(paths.tls / "etcd/peer-ca.crt", "")
    assert bundle.begun(paths)
