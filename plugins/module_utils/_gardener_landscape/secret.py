# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets of a garden, from texts and from files, so that what they hold need not pass through variables."""

from __future__ import annotations

import base64
import typing as t
from pathlib import Path

from .._gardener import change
from .._gardener.client import Object
from .._gardener.errors import GardenError
from .kinds import SECRET
from .options import texts


def read(what: str, data: t.Mapping[str, t.Any], files: t.Mapping[str, str]) -> dict[str, bytes]:
    """What a Secret shall hold, by its keys. files: a path by each key, read as it is. what: the Secret, for errors.

    Raises GardenError with the keys that are no texts, are there twice, or have no file that can be read.
    """
    found = texts("it", ((f"{what}: data.{key}", value) for key, value in data.items()), shown=False)
    found += [f"{what}: {key} is in data and in data_files -> keep one of them" for key in sorted({*data} & {*files})]
    held = {}
    for key, path in files.items():
        try:
            held[key] = Path(path).read_bytes()
        except OSError as error:
            found.append(f"{what}: data_files.{key}: {path} cannot be read: {error.strerror}")
            continue
        if not held[key].strip():
            found.append(f"{what}: data_files.{key}: {path} is empty")
    if found:
        raise GardenError(f"{'; '.join(found)}. Nothing was changed")
    return {**{key: value.encode() for key, value in data.items()}, **held}


def manifest(namespace: str, name: str, held: t.Mapping[str, bytes], labels: t.Mapping[str, str]) -> Object:
    """A Secret as it is applied."""
    data = {key: base64.b64encode(value).decode() for key, value in held.items()}
    return change.manifest(SECRET, name, namespace, labels=labels, data=data)


def texts_of(held: t.Mapping[str, bytes]) -> set[str]:
    """All that must not be told, as Ansible masks it: what a Secret holds, as it is and as the API has it."""
    plain = {value.decode(errors="replace").strip() for value in held.values()}
    return {text for text in (*plain, *(base64.b64encode(value).decode() for value in held.values())) if text}
