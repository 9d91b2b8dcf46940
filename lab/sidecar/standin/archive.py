"""Archives: a tar whose only top is the directory `files`."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path
from typing import Literal

from lab.sidecar.standin.errors import Failure

EXTENSIONS = {"tar": ".tar", "targz": ".tar.gz"}


def extension(method: str) -> str:
    if method not in EXTENSIONS:
        raise Failure(f"unsupported compression method: {method}")
    return EXTENSIONS[method]


def pack(directory: Path, target: Path) -> None:
    def but_itself(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if member.name == f"{directory.name}/{target.name}" else member

    mode: Literal["w:gz", "w"] = "w:gz" if target.suffix == ".gz" else "w"
    with tarfile.open(target, mode, format=tarfile.GNU_FORMAT) as archive:
        archive.add(directory, directory.name, filter=but_itself)


def unpack(file: Path, directory: Path) -> None:
    try:
        with tarfile.open(file) as archive:
            archive.extractall(directory)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise Failure(f"unable to uncompress backup: {error}") from error
