# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases of bbolt, read and not written: a copy of one that is in use, and how much its buckets hold.

The format is that of go.etcd.io/bbolt: pages with a header of 16 bytes, two of which (0 and 1) are C(meta) and name the
root of a B+ tree. A page that the newer meta reaches is never written again; what is written becomes reachable by the
next meta, once it is whole on the disk.
"""

from __future__ import annotations

import fcntl
import struct
import time
import typing as t
from pathlib import Path

from .errors import BackupError, Damaged

MAGIC, VERSION = 0xED0CDAED, 2
BRANCH, LEAF = 0x01, 0x02
A_BUCKET = 0x01
PAGE, BRANCH_ELEMENT, LEAF_ELEMENT = struct.Struct("<QHHI"), struct.Struct("<IIQ"), struct.Struct("<IIII")
META_FIELDS = struct.Struct("<IIIIQQQQQQ")
BUCKET = struct.Struct("<QQ")
FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
TRIES, PAUSE = 100, 0.02
# A tree of them would hold more than any disk.
DEEPEST = 32


class Meta(t.NamedTuple):
    """The newer one of a file."""

    page_size: int
    root: int
    pages: int
    transaction: int


def in_use(path: Path) -> bool:
    """Tell whether somebody has it open to write."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def snapshot(path: Path) -> bytes:
    """Return a consistent copy, also while somebody writes: one in whose making the meta pages stayed the same."""
    for _try in range(TRIES):
        with path.open("rb") as file:
            before = file.read(2 * _page_size(file))
            content = before + file.read()
            file.seek(0)
            if file.read(len(before)) == before:
                return content
        time.sleep(PAUSE)
    raise BackupError(f"{path} was written to each time that it was read, {TRIES} times over -> try again later")


def counts(content: bytes) -> dict[str, int]:
    """Return how many entries each bucket has, having read every page that is reachable."""
    try:
        meta = newest(content)
        found = {}
        for flags, key, value in _entries(content, meta, meta.root, 0):
            if flags & A_BUCKET:
                found[key.decode()] = _entries_of_bucket(content, meta, value)
        return found
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise Damaged(f"the database cannot be read to its end: {error} -> use another set") from error


def newest(content: bytes) -> Meta:
    """Return the newer of the meta pages that are whole."""
    found = []
    for start in (0, _size_of_pages(content)):
        fields = META_FIELDS.unpack_from(content, start + PAGE.size)
        magic, version, size, _flags, root, _sequence, _free, pages, transaction, checksum = fields
        end = start + PAGE.size + META_FIELDS.size - 8
        if (magic, version) == (MAGIC, VERSION) and checksum == _fnv(content[start + PAGE.size : end]):
            found.append(Meta(size, root, pages, transaction))
    if not found:
        raise Damaged("neither of the meta pages of the database is whole -> use another set")
    return max(found, key=lambda meta: meta.transaction)


def _entries_of_bucket(content: bytes, meta: Meta, value: bytes) -> int:
    root, _sequence = BUCKET.unpack_from(value)
    # A small bucket has its only page in the entry itself.
    if root == 0:
        return int(PAGE.unpack_from(value, BUCKET.size)[2])
    return sum(1 for _entry in _entries(content, meta, root, 0))


def _entries(content: bytes, meta: Meta, number: int, depth: int) -> t.Iterator[tuple[int, bytes, bytes]]:
    start = number * meta.page_size
    found, flags, count, _overflow = PAGE.unpack_from(content, start)
    if found != number or number >= meta.pages or depth > DEEPEST:
        raise Damaged(f"page {number} of the database is not where it should be -> use another set")
    if flags & BRANCH:
        for index in range(count):
            _position, _size, child = BRANCH_ELEMENT.unpack_from(content, start + PAGE.size + index * 16)
            yield from _entries(content, meta, child, depth + 1)
        return
    if not flags & LEAF:
        raise Damaged(f"page {number} of the database is of no kind that holds anything -> use another set")
    for index in range(count):
        element = start + PAGE.size + index * LEAF_ELEMENT.size
        kind, position, key_size, value_size = LEAF_ELEMENT.unpack_from(content, element)
        key = content[element + position : element + position + key_size]
        value = content[element + position + key_size : element + position + key_size + value_size]
        if len(key) + len(value) != key_size + value_size:
            raise Damaged(f"page {number} of the database is cut off -> use another set")
        yield kind, key, value


def _page_size(file: t.BinaryIO) -> int:
    size = _size_of_pages(file.read(PAGE.size + META_FIELDS.size))
    file.seek(0)
    return size


def _size_of_pages(content: bytes) -> int:
    """As the first meta page has it, which both have in common; that of Linux where it says something else."""
    if len(content) < PAGE.size + META_FIELDS.size:
        raise Damaged("the database is shorter than its first page -> use another set")
    size = META_FIELDS.unpack_from(content, PAGE.size)[2]
    return size if size and size & (size - 1) == 0 and size <= 1 << 16 else 4096


def _fnv(content: bytes) -> int:
    """FNV-1a, 64 bits."""
    found = FNV_OFFSET
    for byte in content:
        found = (found ^ byte) * FNV_PRIME % 2**64
    return found
