"""Databases of bbolt as they are written: read, counted, and copied while somebody writes."""

from __future__ import annotations

import fcntl
import io
import struct
import types
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import bbolt
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Damaged

SIZE = 4096


def meta(number: int, root: int, pages: int, transaction: int) -> bytes:
    body = struct.pack("<IIIIQQQQQ", 0xED0CDAED, 2, SIZE, 0, root, 0, 2, pages, transaction)
    return (struct.pack("<QHHI", number, 0x04, 0, 0) + body + struct.pack("<Q", bbolt._fnv(body))).ljust(SIZE, b"\0")


def leaf(number: int, entries: list[tuple[int, bytes, bytes]]) -> bytes:
    head, body = b"", b""
    for index, (flags, key, value) in enumerate(entries):
        position = (len(entries) - index) * 16 + len(body)
        head += struct.pack("<IIII", flags, position, len(key), len(value))
        body += key + value
    return (struct.pack("<QHHI", number, 0x02, len(entries), 0) + head + body).ljust(SIZE if number else 0, b"\0")


def branch(number: int, children: list[int]) -> bytes:
    elements = b"".join(struct.pack("<IIQ", 16, 0, child) for child in children)
    return (struct.pack("<QHHI", number, 0x01, len(children), 0) + elements).ljust(SIZE, b"\0")


def bucket(root: int, inline: bytes = b"") -> bytes:
    return struct.pack("<QQ", root, 0) + inline


def database() -> bytes:
    """Three certificates on two pages, and one account within the entry of its bucket."""
    one = leaf(0, [(0, b"a", b"1")])
    root = leaf(3, [(1, b"acme_accounts", bucket(0, one)), (1, b"x509_certs", bucket(4))])
    pages = [meta(0, 3, 7, 8), meta(1, 9, 7, 7), leaf(2, []), root, branch(4, [5, 6])]
    pages += [leaf(5, [(0, b"a", b"1"), (0, b"b", b"2")]), leaf(6, [(0, b"c", b"3")])]
    return b"".join(pages)


def test_entries_are_counted_by_bucket() -> None:
    assert bbolt.counts(database()) == {"acme_accounts": 1, "x509_certs": 3}


def test_the_newer_meta_page_that_is_whole_counts() -> None:
    content = database()
    assert bbolt.newest(content).transaction == 8
    assert bbolt.newest(content[:60] + b"!" + content[61:]).transaction == 7


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "shorter than its first page"),
        (b"\0" * 3 * SIZE, "neither of the meta pages"),
        (database()[: 5 * SIZE], "cannot be read to its end"),
        (database()[: 4 * SIZE] + b"\0" * 3 * SIZE, "not where it should be"),
        (database()[: 5 * SIZE] + leaf(6, []) + leaf(6, []), "not where it should be"),
    ],
    ids=["nothing", "no database", "cut off", "a page of nothing", "a page elsewhere"],
)
def test_what_is_damaged_is_found(content: bytes, words: str) -> None:
    with pytest.raises(Damaged, match=words):
        bbolt.counts(content)


def test_a_loop_of_pages_ends() -> None:
    content = database()
    with pytest.raises(Damaged):
        bbolt.counts(content[: 4 * SIZE] + branch(4, [4]) + content[5 * SIZE :])


class Busy(io.BytesIO):
    """A file that is written to while it is read, so many times: once its pages were read, before they are compared."""

    def __init__(self, writes: list[bytes]) -> None:
        super().__init__(database())
        self._writes = writes
        self._sought = 0

    def seek(self, position: int, whence: int = 0) -> int:
        # The first one is for the size of the pages.
        self._sought += 1
        if self._sought % 2 == 0 and self._writes:
            super().seek(0)
            self.write(self._writes.pop(0))
        return super().seek(position, whence)

    def __exit__(self, *_error: object) -> None:
        super().seek(0)


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(bbolt.time, "sleep", pauses.append)
    return pauses


def busy(writes: int) -> Path:
    file = Busy([meta(0, 3, 7, 9 + number) for number in range(writes)])
    return types.SimpleNamespace(open=lambda _mode: file)  # type: ignore[return-value]


def test_a_copy_is_made_again_where_somebody_has_written_meanwhile(paused: list[float]) -> None:
    assert bbolt.newest(bbolt.snapshot(busy(2))).transaction == 10
    assert len(paused) == 2


def test_a_database_that_never_rests_is_an_error(paused: list[float]) -> None:
    with pytest.raises(BackupError, match="100 times over"):
        bbolt.snapshot(busy(1000))
    assert len(paused) == 100


def test_whether_somebody_has_it_open_is_told(tmp_path) -> None:
    path = tmp_path / "ca.db"
    path.write_bytes(database())
    assert not bbolt.in_use(path)
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert bbolt.in_use(path)
    assert not bbolt.in_use(path)
