# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's own code as one file that a host runs without Ansible."""

from __future__ import annotations

import io
import pathlib
import typing as t
import zipfile

UTILS = pathlib.Path(__file__).resolve().parents[2] / "module_utils"
# The code imports itself by this name, or relatively.
PLACE = ("ansible_collections", "metalstack", "autonomous", "plugins", "module_utils")
EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(main: str, packages: t.Iterable[str], utils: pathlib.Path = UTILS) -> bytes:
    """Packages of module_utils, C(main) of a module in them first; the same sources always give the same bytes."""
    module = ".".join((*PLACE, main))
    sources = {"__main__.py": f"import sys\n\nfrom {module} import main\n\nsys.exit(main())\n"}
    for depth in range(len(PLACE)):
        sources[f"{'/'.join(PLACE[: depth + 1])}/__init__.py"] = ""
    for package in packages:
        for path in sorted((utils / package).glob("*.py")):
            sources[f"{'/'.join(PLACE)}/{package}/{path.name}"] = path.read_text(encoding="utf-8")
    packed = io.BytesIO()
    packed.write(b"#!/usr/bin/env -S python3 -I\n")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(sources.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
