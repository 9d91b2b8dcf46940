# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that stand in an inventory's files without encryption."""

from __future__ import annotations

import os
import re
import typing as t

import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.variables import CONCEALED

DIRECTORIES = ("group_vars", "host_vars")
SUFFIXES = (".yml", ".yaml", ".json", ".ini", "")
# a vaulted file, a file of sops
ENCRYPTED = re.compile(r"\A(\$ANSIBLE_VAULT;|.*^sops:$)", re.MULTILINE | re.DOTALL)
TEMPLATE = "{{"


class _Loader(yaml.SafeLoader):
    """Reads any tag, such as !vault, as something that is no plain string."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


def scan(sources: t.Iterable[str], secrets: t.Collection[str]) -> dict[str, str]:
    """Return the file in which each secret stands that is neither encrypted nor a template."""
    found: dict[str, str] = {}
    for path in _files(sources):
        try:
            with open(path, encoding="utf-8") as stream:
                text = stream.read()
        except (OSError, UnicodeDecodeError):
            continue
        for name in named_in(text, secrets):
            found.setdefault(name, path)
    return found


def named_in(text: str, secrets: t.Collection[str]) -> list[str]:
    """Return the secrets that a file's text gives in the clear."""
    if ENCRYPTED.match(text) or not any(name in text for name in secrets):
        return []
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError:
        document = None
    pairs = list(_pairs(document)) if isinstance(document, (dict, list)) else _ini_pairs(text)
    return sorted({name for name, value in pairs if name in secrets and value and TEMPLATE not in value})


def _concealed(name: str, clients: t.Any) -> t.Iterator[tuple[str, str]]:
    """Of a mapping of clients, the fields with secrets, under the name of the mapping."""
    entries = clients.values() if isinstance(clients, dict) else []
    for entry in entries:
        value = entry.get(CONCEALED[name]) if isinstance(entry, dict) else entry
        if isinstance(value, (str, int)):
            yield name, str(value)


def _files(sources: t.Iterable[str]) -> t.Iterator[str]:
    for source in sources:
        base = source if os.path.isdir(source) else os.path.dirname(source)
        if os.path.isfile(source) and not os.access(source, os.X_OK):
            yield source
        elif os.path.isdir(source):
            yield from (path for path in _listing(source) if not os.access(path, os.X_OK))
        for directory in DIRECTORIES:
            for parent, _directories, names in os.walk(os.path.join(base, directory)):
                yield from (os.path.join(parent, name) for name in sorted(names) if _is_data(name))


def _listing(directory: str) -> list[str]:
    paths = [os.path.join(directory, name) for name in sorted(os.listdir(directory)) if _is_data(name)]
    return [path for path in paths if os.path.isfile(path)]


def _is_data(name: str) -> bool:
    return os.path.splitext(name)[1] in SUFFIXES and not name.startswith(".")


def _pairs(document: t.Any) -> t.Iterator[tuple[str, str]]:
    if isinstance(document, dict):
        for key, value in document.items():
            if isinstance(value, (str, int)):
                yield str(key), str(value)
            elif key in CONCEALED:
                yield from _concealed(key, value)
            else:
                yield from _pairs(value)
    elif isinstance(document, list):
        for entry in document:
            yield from _pairs(entry)


def _ini_pairs(text: str) -> list[tuple[str, str]]:
    return re.findall(r"(\w+)\s*=\s*(\S+)", text)
