"""Snapshots as files in a directory: which are there, which are too many, and how they are listed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPRESSED = ".zip"
COLUMNS = ("Name", "Location", "Size", "Created")


@dataclass(frozen=True)
class Snapshot:
    path: Path
    size: int
    created: int

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def location(self) -> str:
        return f"file://{self.path}"

    @property
    def moment(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.created))


def found(directory: Path) -> list[Snapshot]:
    """The oldest first."""
    files = [(path, path.stat()) for path in directory.rglob("*") if path.is_file()]
    listed = [Snapshot(path, stat.st_size, created(path.name, stat.st_mtime)) for path, stat in files]
    return sorted(listed, key=lambda snapshot: (snapshot.created, snapshot.name))


def created(name: str, modified: float) -> int:
    """By the name, which ends in the time; a file that is named otherwise has its own."""
    last = name.removesuffix(COMPRESSED).rpartition("-")[2]
    return int(last if last.isdecimal() else modified)


def surplus(snapshots: list[Snapshot], prefix: str, retention: int) -> list[Snapshot]:
    """What is beyond the newest ones of a name. Zero keeps all."""
    matching = [snapshot for snapshot in snapshots if snapshot.name.startswith(prefix)]
    newest_first = sorted(matching, key=lambda snapshot: -snapshot.created)
    return newest_first[retention:] if retention > 0 else []


def table(snapshots: list[Snapshot]) -> str:
    rows = [COLUMNS, *((s.name, s.location, str(s.size), s.moment) for s in snapshots)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    padded = [[*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]] for row in rows]
    return "".join(" ".join(row) + "\n" for row in padded)


def listing(snapshots: list[Snapshot], node: str, form: str) -> str:
    if form not in ("json", "yaml"):
        return table(snapshots)
    items = [_item(snapshot, node) for snapshot in snapshots]
    document = {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}
    return yaml.safe_dump(document) if form == "yaml" else json.dumps(document, indent=4) + "\n"


def _item(snapshot: Snapshot, node: str) -> dict[str, Any]:
    labels = {"etcd.k3s.cattle.io/snapshot-storage-node": node}
    return {
        "kind": "ETCDSnapshotFile", "apiVersion": "k3s.cattle.io/v1",
        "metadata": {"name": f"local-{snapshot.name}", "labels": labels},
        "spec": {"snapshotName": snapshot.name, "nodeName": node, "location": snapshot.location},
        "status": {"size": str(snapshot.size), "creationTime": snapshot.moment, "readyToUse": True},
    }  # fmt: skip
