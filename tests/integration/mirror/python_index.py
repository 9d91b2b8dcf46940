"""An index of Python's packages on loopback, and pip configured with it alone."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from archive import Archive

# What each version of a package needs.
PACKAGES = {("drill_tool", "2.0"): "drill-lib>=1", ("drill_lib", "1.0"): "", ("drill_lib", "1.5"): ""}


def wheel(directory: Path, name: str, version: str, needs: str) -> Path:
    """A package with one module."""
    info = f"{name}-{version}.dist-info"
    texts = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: drill\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    file = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as packed:
        for path, text in texts.items():
            packed.writestr(path, text)
        packed.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*texts, f"{info}/RECORD"]))
    return file


class Index:
    """Files beside a page that lists them with their checksums, as PyPI has it; to be opened by a password."""

    def __init__(self, archive: Archive, patch: pytest.MonkeyPatch) -> None:
        self.place = archive.root / "wheels"
        self.place.mkdir()
        for (name, version), needs in PACKAGES.items():
            wheel(self.place, name, version, needs)
        self.publish()
        for variable in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
            patch.delenv(variable, raising=False)
        settings = {"CONFIG_FILE": "/dev/null", "NO_INDEX": "1", "NO_CACHE_DIR": "1", "RETRIES": "0"}
        page = f"{archive.url.replace('//', '//drill:swordfish@')}/wheels/index.html"
        for name, value in {**settings, "FIND_LINKS": page}.items():
            patch.setenv(f"PIP_{name}", value)

    def publish(self) -> None:
        """List what is there."""
        links = [
            f'<a href="{file.name}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>'
            for file in sorted(self.place.glob("*.whl"))
        ]
        (self.place / "index.html").write_text("<!DOCTYPE html><body>" + "".join(links))
