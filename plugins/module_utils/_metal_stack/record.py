# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known in the cluster of each component that was deployed, and what of it is another one now. Pure.

It is kept in one ConfigMap, a key a component. Values of variables are told by a digest with a key that only those know
who may read the secrets, since some of them are secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t

NAME = "metal-stack-control-plane"
# Raise it when what is done around the roles changes, so that all is deployed anew.
FORMAT = 2
# Of an entry that was written before the roles were run, and that stays where these do not come to their end.
UNFINISHED = "unfinished"
# Of an entry whose roles have ended well, until somebody has seen that what they were for has come about.
UNVERIFIED = "unverified"

Entry = dict[str, t.Any]


def entry(
    name: str,
    release: str,
    roles: t.Mapping[str, t.Mapping[str, str]],
    variables: t.Mapping[str, t.Any],
    key: str,
) -> Entry:
    """What is recorded of a component: its release, the roles that it is made of, and its variables.

    name: the component's. roles: C(version) and C(digest) by the name of a role of the release.
    """
    return {
        "format": FORMAT,
        "release": release,
        "roles": {role: f"{one['version']} {one['digest']}" for role, one in sorted(roles.items())},
        "variables": {one: digest(one, value, key) for one, value in sorted(variables.items())},
        "component": name,
    }


def digest(name: str, value: t.Any, key: str) -> str:
    """What tells whether a variable has another value, and not which one."""
    message = json.dumps([name, value], sort_keys=True, default=str).encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:16]


def reasons(before: Entry | None, after: Entry) -> list[str]:
    """Why a component has to be deployed; none where it is as it was deployed last."""
    if not before:
        return ["it was never deployed"]
    found = []
    if before.get(UNFINISHED):
        found.append("its last deployment did not come to its end")
    if before.get(UNVERIFIED):
        found.append("nobody has seen that its leaves took their configuration")
    if before.get("format") != after["format"]:
        found.append("what is done around its roles has changed")
    found += [
        f"role {name}: {_version(before, name)} -> {_version(after, name)}"
        for name in sorted({*before.get("roles", {}), *after["roles"]})
        if before.get("roles", {}).get(name) != after["roles"].get(name)
    ]
    had = before.get("variables", {})
    others = sorted(name for name in {*had, *after["variables"]} if had.get(name) != after["variables"].get(name))
    if others:
        found.append(f"variables: {', '.join(others)}")
    return found


def parse(data: t.Mapping[str, str] | None) -> dict[str, Entry]:
    """The entries of a ConfigMap; one that nobody could have written is none."""
    found = {}
    for name, text in (data or {}).items():
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict):
            found[name] = document
    return found


def encode(entry: Entry) -> str:
    """As a ConfigMap has it."""
    return json.dumps(entry, sort_keys=True)


def shown(entry: Entry | None) -> str:
    """The lines of a diff: versions, and no variables but their names."""
    if not entry:
        return ""
    roles = "".join(f"role {name}: {value.partition(' ')[0]}\n" for name, value in entry.get("roles", {}).items())
    return f"release: {entry.get('release', '')}\n{roles}"


def _version(entry: Entry, name: str) -> str:
    return str(entry.get("roles", {}).get(name, "none")).partition(" ")[0]
