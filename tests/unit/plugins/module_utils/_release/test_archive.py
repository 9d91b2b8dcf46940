"""What is unpacked stays where it is unpacked."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import archive
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError


def member(name, kind=tarfile.REGTYPE, link="", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    info.size = 1 if kind == tarfile.REGTYPE else 0
    return info


def packed(tmp_path, *members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for info in members:
            tar.addfile(info, io.BytesIO(b"x"))
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(buffer.getvalue()))
    return path


def unpack(tmp_path, *members):
    target = tmp_path / "parent/target"
    target.mkdir(parents=True)
    archive.unpack(packed(tmp_path, *members), target)
    return target


def link(name, target):
    return member(name, tarfile.SYMTYPE, target)


def test_files_directories_and_links_are_unpacked_without_owners_and_odd_modes(tmp_path):
    target = unpack(
        tmp_path,
        member("./role", tarfile.DIRTYPE),
        member("./role/run", mode=0o4777),
        member("role/a/file", mode=0o600),
        link("role/a/link", "../run"),
    )
    assert (target / "role/a/link").read_text() == "x"
    modes = [(target / name).stat().st_mode & 0o7777 for name in ("role/run", "role/a/file")]
    assert modes == [0o755, 0o644]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([member("../outside")], "which lies outside"),
        ([member("role/../../outside")], "which lies outside"),
        ([member("/outside")], "which lies outside"),
        ([member("role/device", tarfile.CHRTYPE)], "no file, directory or symbolic link"),
        ([member("role/pipe", tarfile.FIFOTYPE)], "no file, directory or symbolic link"),
        (
            [member("role/a"), member("role/hard", tarfile.LNKTYPE, "../../outside")],
            "no file, directory or symbolic link",
        ),
        ([link("role/up", "../..")], "lies outside of its directory"),
        ([link("role/root", "/etc")], "lies outside of its directory"),
        ([link("role/other", "../other"), member("other/a")], "lies outside of its directory"),
        ([link("role", "other"), member("other/a")], "lies outside of its directory"),
        ([link("role/a/b/c", "../.."), link("role/a/b/c/x", "../../y")], "below a link"),
        ([link("role/b", "a/b/c/../../.."), link("role/a/b/c", "../..")], "lies outside of its directory"),
        ([link("role/d", "."), member("role/d/file")], "can't be unpacked"),
        ([member("role/a"), member("role/a/b")], "can't be unpacked"),
        ([link("role/a", "a")], "can't be unpacked: .*Too many levels of symbolic links"),
        ([link("role/a", "b"), link("role/b", "a")], "can't be unpacked: .*Too many levels of symbolic links"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(one.name for one in value),
)
def test_what_would_leave_the_directory_is_refused(tmp_path, members, expected):
    with pytest.raises(ReleaseError, match=expected):
        unpack(tmp_path, *members)
    assert [path.name for path in (tmp_path / "parent").iterdir()] == ["target"]
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(("limit", "value"), [("MOST_FILES", 2), ("MOST_BYTES", 2)])
def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(archive, limit, value)
    with pytest.raises(ReleaseError, match="unpacks to more than"):
        unpack(tmp_path, *(member(f"role/{number}") for number in range(3)))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_cut_off_archive_is_told(tmp_path, share):
    path = packed(tmp_path, *(member(f"role/{number}") for number in range(200)))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    (tmp_path / "target").mkdir()
    with pytest.raises(ReleaseError, match="can't be unpacked"):
        archive.unpack(path, tmp_path / "target")


def test_one_file_is_read_by_its_name(tmp_path):
    path = packed(tmp_path, member("other"), member("./release.yaml"))
    assert archive.read_member(path, "release.yaml") == b"x"
    with pytest.raises(ReleaseError, match="it has no file none"):
        archive.read_member(path, "none")
