# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A packed role or vector, read without trusting what is in it: nothing leaves the directory it is unpacked into.

The standard library's filter for this is missing in the Python of Debian 12.
"""

from __future__ import annotations

import contextlib
import tarfile
import typing as t
from pathlib import Path, PurePosixPath

from .errors import ReleaseError

# metal-roles has a thousand files and 5 MB; a packed bomb has more.
MOST_FILES = 50_000
MOST_BYTES = 512 << 20


def place(name: str) -> PurePosixPath | None:
    """Where a member goes, below the directory; None for the directory itself. Raises if it would leave it."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ReleaseError(f"it has a member {name!r}, which lies outside; expected paths below its own directory")
    return path if path.parts else None


def unpack(archive: Path, directory: Path) -> None:
    """Unpack a tar file, plain or gzip, into an empty directory: files, directories and links, and nothing else."""
    links: list[tuple[PurePosixPath, str]] = []
    try:
        with tarfile.open(archive, "r:*") as tar:
            count = size = 0
            for member in tar:
                count, size = count + 1, size + member.size
                if count > MOST_FILES or size > MOST_BYTES:
                    raise ReleaseError(f"it unpacks to more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB")
                path = place(member.name)
                if path is not None:
                    _put(tar, member, path, directory, links)
        # Last, so that no file is written through a link.
        _link(links, directory)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ReleaseError(f"it can't be unpacked: {error}; expected a whole tar file, plain or gzip") from error


def read_member(archive: Path, name: str) -> bytes:
    """One file of an archive, at its top."""
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                if str(PurePosixPath(member.name)) == name and member.isreg():
                    return _content(tar, member)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ReleaseError(f"it can't be unpacked: {error}; expected a whole tar file, plain or gzip") from error
    raise ReleaseError(f"it has no file {name}")


def _put(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: PurePosixPath, directory: Path, links: list[t.Any]
) -> None:
    target = directory / path
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
    elif member.issym():
        links.append((path, member.linkname))
    elif member.isreg():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_content(tar, member))
        target.chmod(0o755 if member.mode & 0o100 else 0o644)
    else:
        raise ReleaseError(f"it has a member {member.name!r} that is no file, directory or symbolic link")


def _link(links: list[tuple[PurePosixPath, str]], directory: Path) -> None:
    """Make the links, and see where they lead once all are there, for one may lead through another."""
    names = {path for path, _target in links}
    for path, target in links:
        if names & set(path.parents):
            raise ReleaseError(f"it has a member {str(path)!r} below a link")
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).symlink_to(target)
    for path, target in links:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            # Links that lead to one another end here, with an OSError.
            (directory / path).stat()
        top = (directory / path.parts[0]).resolve()
        if not (directory / path).resolve().is_relative_to(top) or len(path.parts) == 1:
            raise ReleaseError(f"it has a link {str(path)!r} to {target!r}, which lies outside of its directory")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > MOST_BYTES:
        raise ReleaseError(f"its file {member.name} has more than {MOST_BYTES >> 20} MiB")
    source = tar.extractfile(member)
    if source is None:
        raise ReleaseError(f"its member {member.name} is no file")
    with source:
        return source.read()
