"""A reset and what it keeps, with a k3s that does as it is told, whenever it is cut off."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import host, layout, membership

# As the real one: it refuses a second reset, renames the member, leaves its flag, and needs data that are whole.
K3S = """#!/bin/sh
echo "$@" >> "{root}/calls"
cp "$(echo "$2" | cut -d= -f2)" "{root}/config-seen"
test -e {server}/db/reset-flag && {{ echo "membership was previously reset" >&2; exit 1; }}
echo renamed > {server}/db/etcd/name
touch {server}/db/reset-flag
grep -q broken {server}/db/etcd/member/snap/db && {{ echo "level=fatal: database is broken" >&2; exit 1; }}
test -e "{root}/cut" && {{ echo broken > {server}/db/etcd/member/snap/db; rm "{root}/cut"; exit 1; }}
echo "Managed etcd cluster membership has been reset" >&2
"""


class Place:
    """A server's files, its k3s stopped."""

    def __init__(self, root: Path) -> None:
        self.root, self.server = root, root / "server"
        self.etcd = self.server / "db/etcd"
        self.flag = self.server / "db/reset-flag"
        self.aside = self.server / "before-reset"

    def fill(self) -> None:
        for name, text in (("member/wal/0.wal", "log"), ("member/snap/db", "all of it"), ("name", "server1-0a")):
            (self.etcd / name).parent.mkdir(parents=True, exist_ok=True)
            (self.etcd / name).write_text(text)
        for name in ("tls/server-ca.crt", "cred/passwd", "token", "db/snapshots/kept"):
            (self.server / name).parent.mkdir(parents=True, exist_ok=True)
            (self.server / name).write_text(name)

    @property
    def data(self) -> str:
        return (self.etcd / "member/snap/db").read_text()

    def write(self, text: str) -> None:
        (self.etcd / "member/snap/db").write_text(text)

    def cut_next(self) -> None:
        (self.root / "cut").touch()

    def copies(self) -> list[str]:
        return [(copy / "db/etcd/member/snap/db").read_text() for copy in membership.copies()]

    def calls(self) -> int:
        file = self.root / "calls"
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a server with data."""
    found = Place(tmp_path)
    found.fill()
    binary = tmp_path / "k3s"
    binary.write_text(K3S.format(root=tmp_path, server=found.server))
    binary.chmod(0o755)
    config = tmp_path / "config.yaml.d"
    config.mkdir()
    (config / "10-cluster.yaml").write_text("token-file: /token\n")
    (config / "90-join.yaml").write_text("server: https://198.51.100.12:6443\n")
    (config / "95-quiet.yaml").write_text("disable-agent: true\n")
    monkeypatch.setattr(membership, "SERVER", found.server)
    monkeypatch.setattr(membership, "ASIDE", found.aside)
    monkeypatch.setattr(membership, "CONFIG", config)
    monkeypatch.setattr(membership, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(layout, "BINARY", str(binary))
    monkeypatch.setattr(layout, "ETCD_DIR", str(found.etcd))
    monkeypatch.setattr(layout, "JOIN_FILE", str(config / "90-join.yaml"))
    monkeypatch.setattr(layout, "QUIET_FILE", str(config / "95-quiet.yaml"))
    return found


@pytest.mark.parametrize(
    ("same", "flagged", "recent", "needed"),
    [
        pytest.param(False, False, False, True, id="the first time"),
        pytest.param(True, False, False, False, id="cut off between copy and reset"),
        pytest.param(False, True, True, False, id="a reset was cut off: its leavings replace no copy"),
        pytest.param(False, False, True, True, id="it has run since, and has what no copy has"),
        pytest.param(False, True, False, True, id="somebody's own reset, or one of long ago"),
        pytest.param(True, True, True, False, id="a reset that did nothing yet"),
    ],
)
def test_what_lies_in_place_is_copied_unless_a_copy_is_better(same, flagged, recent, needed) -> None:
    assert membership.needs_copy(same, flagged, recent) is needed


def test_a_reset_is_done_alone_and_keeps_a_copy(place: Place) -> None:
    copy = membership.reset(30)
    assert place.data == "all of it" and place.copies() == ["all of it"]
    assert [(copy / name).read_text() for name in ("tls/server-ca.crt", "cred/passwd", "token")]
    assert (place.root / "config-seen").read_text() == "token-file: /token\n"
    assert copy.parent.stat().st_mode & 0o777 == 0o700
    assert membership.kept() == [str(copy)]


def test_a_reset_knows_of_no_snapshots_elsewhere(place: Place) -> None:
    (membership.CONFIG / "20-node.yaml").write_text(
        "debug: true\netcd-s3: true\netcd-s3-bucket: the\n  bucket\netcd-s3-list:\n- a\netcd-arg:\n- etcd-s3=no\n"
    )
    membership.reset(30)
    assert (place.root / "config-seen").read_text() == "token-file: /token\ndebug: true\netcd-arg:\n- etcd-s3=no\n"


def test_the_flag_of_an_earlier_reset_is_no_obstacle(place: Place) -> None:
    place.flag.touch()
    membership.reset(30)
    assert place.calls() == 1


def test_a_reset_that_was_cut_off_goes_on_with_the_copy_from_before(place: Place) -> None:
    place.cut_next()
    with pytest.raises(membership.Failed, match="what was before is in"):
        membership.reset(30)
    assert place.data == "broken\n"
    membership.reset(30)
    assert place.data == "all of it"
    assert place.copies() == ["all of it"]
    [broken] = place.aside.glob("broken-*")
    assert (broken / "db/etcd/member/snap/db").read_text() == "broken\n"


def test_a_reset_that_ended_without_a_start_is_done_again_in_place(place: Place) -> None:
    membership.reset(30)
    membership.reset(30)
    assert place.calls() == 2 and place.copies() == ["all of it"]
    assert not list(place.aside.glob("broken-*"))


def test_what_was_written_since_a_reset_is_never_replaced(place: Place) -> None:
    membership.reset(30)
    place.flag.unlink()  # as the first start does
    place.write("more than before")
    time.sleep(0.01)
    membership.reset(30)
    assert place.data == "more than before"
    assert place.copies() == ["all of it", "more than before"]


def test_data_that_are_broken_by_themselves_stay_for_somebody_to_judge(place: Place) -> None:
    place.write("broken")
    with pytest.raises(membership.Failed, match="database is broken"):
        membership.reset(30)
    assert place.data == "broken" and place.calls() == 1


def test_a_copy_of_long_ago_takes_nothings_place(place: Place) -> None:
    membership.reset(30)
    old = time.time() - 2 * membership.RECENT_SECONDS
    os.utime(place.aside / "begun", (old, old))
    place.write("broken")
    with pytest.raises(membership.Failed):
        membership.reset(30)
    assert place.data == "broken"


def test_a_copy_that_was_cut_off_is_none(place: Place) -> None:
    (place.aside / "copy-20260101T000000Z.partial/db/etcd").mkdir(parents=True)
    assert membership.copies() == [] and membership.planned_copy() is None
    membership.reset(30)
    assert len(list(place.aside.glob("copy-*"))) == 1


def test_two_resets_at_once_are_one_after_the_other(place: Place) -> None:
    with membership._held(1), pytest.raises(membership.Failed, match="has not ended"):
        membership.reset(0)
    assert place.calls() == 0


def test_who_leaves_keeps_its_snapshots_and_its_past(place: Place) -> None:
    place.flag.touch()
    aside = membership.leave()
    assert host.datastore() == ""
    assert (aside / "db/etcd/member/snap/db").read_text() == "all of it"
    left = {str(path.relative_to(place.server)) for path in place.server.rglob("*") if path.is_file()}
    assert {path for path in left if not path.startswith("before-reset")} == {"token", "db/snapshots/kept"}


def test_leaving_that_was_cut_off_goes_on_in_the_same_place(place: Place) -> None:
    begun = place.aside / "left-20260101T000000Z"
    begun.mkdir(parents=True)
    (place.server / "cred").rename(begun / "cred")
    assert membership.leave() == begun
    assert sorted(path.name for path in begun.iterdir()) == ["cred", "db", "tls"]


def test_nothing_is_kept_for_ever(place: Place) -> None:
    membership.reset(30)
    membership.settle()
    assert membership.kept() == [] and not place.aside.exists()
    assert place.data == "all of it"
