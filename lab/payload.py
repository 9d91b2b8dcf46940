"""What hosts see as /opt/lab: programs that the lab itself runs on them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lab import build


def provide(name: str, cache: Path, payload: Path) -> None:
    """Show hosts a build by its version, after making it if need be."""
    recipe = build.BUILDS[name]
    link_tree(build.ensure(name, cache), payload / (recipe.product or name) / recipe.called)


def link_tree(source: Path, target: Path) -> None:
    """Make `target` hold hard links to the files of `source`, all at once."""
    wanted = {file.name: file.stat().st_ino for file in source.iterdir()}
    if target.is_dir() and wanted == {file.name: file.stat().st_ino for file in target.iterdir()}:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as work:
        fresh, stale = Path(work) / "fresh", Path(work) / "stale"
        fresh.mkdir()
        for file in source.iterdir():
            (fresh / file.name).hardlink_to(file)
        if target.exists():
            target.rename(stale)
        fresh.rename(target)
