# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline check 67: what the inventory has backed up beside the site's own components."""

from __future__ import annotations

import posixpath
import re
import typing as t

from .._backup.keys import COMPONENT
from .finding import Finding, shown
from .inputs import nearest
from .model import STANDBY, Site

VARIABLE = "site_backup_components"
STORAGE = "site_object_storage"
REQUIRED = ("name", "hosts", "paths")
FIELDS = (*REQUIRED, "pre_command", "post_check", "units")
HIDDEN = "(not shown)"
TAKEN = re.compile(r"k3s|powerdns|victoria_metrics|garden|acme_ca|(metrics|registry)(_.*)?")
UNIT = re.compile(r"[\w@:.\\-]+\.(service|socket|timer|path|target)")
# What the site's own components have, or what the backups themselves go by.
PLACES = (
    *("/etc/rancher", "/var/lib/rancher", "/etc/powerdns", "/var/lib/powerdns", "/var/lib/victoria-metrics"),
    *("/etc/metalstack", "/var/lib/metalstack", "/etc/metalstack-registry", "/var/lib/metalstack-registry"),
)

Entry = t.Mapping[str, t.Any]


def names(site: Site) -> list[str]:
    """The names of those that are well enough formed to have one; nothing where nothing is backed up."""
    if not site.value(STORAGE):
        return []
    named = [one["name"] for one in site.value(VARIABLE) if isinstance(one, t.Mapping) and "name" in one]
    return [name for name in named if isinstance(name, str)] + registries(site)


def registries(site: Site) -> list[str]:
    """The components of hosts that keep images on their disks, each its own; as the playbooks name them."""
    if not site.value(STORAGE) or site.value("site_registry_storage"):
        return []
    backed_up = {host.name for host in (*site.servers, *site.dns_servers)}
    kept = [host.name for host in site.registry_servers if host.name in backed_up]
    return [f"registry_{re.sub('[^a-z0-9]', '_', name)}" for name in kept]


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the components of the inventory's own."""
    given = site.value(VARIABLE)
    if given and not site.value(STORAGE):
        yield _finding("", f"{len(given)} of them", f"{STORAGE}, where they go", "Give one, or leave this out.")
    # One that waits in the other location has them after the site has moved there.
    hosts = {host.name for host in (*site.servers, *site.dns_servers, *site.standby)}
    seen: set[str] = set()
    for number, entry in enumerate(given):
        if isinstance(entry, t.Mapping):
            yield from _entry(f"[{number}]", entry, hosts, seen)
        else:
            yield _finding(f"[{number}]", entry, f"a mapping of {', '.join(FIELDS)}", "Write its fields.")
    yield from _apart(given)


def _apart(given: t.Sequence[t.Any]) -> t.Iterator[Finding]:
    """A restore of one would take back what another one has on the same host."""
    places: list[tuple[int, str, str]] = []
    for number, entry in enumerate(given):
        own = [(number, host, path) for host in _texts(entry, "hosts") for path in _texts(entry, "paths")]
        for _number, host, path in own:
            other = next((at for at, there, one in places if there == host and _overlap(one, path)), None)
            if other is not None:
                expected = f"nothing that [{other}] has on {host}, or above it"
                yield _finding(f"[{number}].paths", path, expected, "Have one component hold it.")
                break
        places += own


def _texts(entry: t.Any, field: str) -> list[str]:
    found = entry.get(field) if isinstance(entry, t.Mapping) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _entry(where: str, entry: Entry, hosts: t.Collection[str], seen: set[str]) -> t.Iterator[Finding]:
    for field in sorted(map(str, entry.keys() - set(FIELDS))):
        # It may be meant for a command.
        yield _finding(f"{where}.{field}", HIDDEN, f"one of {', '.join(FIELDS)}", nearest(field, FIELDS))
    name = str(entry.get("name") or "")
    if not COMPONENT.fullmatch(name) or TAKEN.fullmatch(name) or name in seen:
        expected = "small letters, digits and underscores, and a name that no other component has"
        yield _finding(f"{where}.name", name, expected, "Rename it.")
    seen.add(name)
    asked = entry.get("hosts")
    strangers = [one for one in asked if str(one) not in hosts] if isinstance(asked, list) else [asked]
    if strangers or not asked:
        expected = f"a list of k3s_servers, dns_servers or {STANDBY}, one at least"
        yield _finding(f"{where}.hosts", ", ".join(map(str, strangers)) if asked else "", expected, "Name them.")
    yield from _paths(f"{where}.paths", entry.get("paths"))
    for field in ("pre_command", "post_check"):
        yield from _command(f"{where}.{field}", entry.get(field, []))
    units = entry.get("units", [])
    if not isinstance(units, list) or not all(isinstance(one, str) and UNIT.fullmatch(one) for one in units):
        yield _finding(f"{where}.units", units, "a list of units with their suffix, such as db.service", "Correct it.")


def _paths(where: str, paths: t.Any) -> t.Iterator[Finding]:
    if not isinstance(paths, list) or not paths:
        yield _finding(where, paths, "a list of absolute paths, one at least", "Name what is backed up and put back.")
        return
    for path in paths:
        if not isinstance(path, str) or not path.startswith("/") or posixpath.normpath(path) != path or path == "/":
            yield _finding(where, path, "absolute paths without . and .. or a slash at their end", "Correct it.")
        elif place := next((one for one in PLACES if _overlap(one, path)), ""):
            yield _finding(where, path, f"nothing in {place} or above it, which the site has itself", "Take it out.")
        # Each is put back by itself: what was restored once would be replaced again.
        elif paths.count(path) > 1 or any(_below(path, str(other)) for other in paths):
            yield _finding(where, path, "each path once, and none inside of another one", "Take it out.")


def _command(where: str, words: t.Any) -> t.Iterator[Finding]:
    good = isinstance(words, list) and all(isinstance(word, str) for word in words)
    if not good or (words and not words[0].startswith("/")):
        fix = "Write it word by word; no shell reads it."
        yield _finding(where, HIDDEN, "a list of words, of which the first is the path of a program", fix)


def _overlap(one: str, other: str) -> bool:
    return one == other or _below(one, other) or _below(other, one)


def _below(path: str, above: str) -> bool:
    return path.startswith(f"{above}/")


def _finding(where: str, value: t.Any, expected: str, fix: str) -> Finding:
    return Finding("V67", f"{VARIABLE}{where}", shown(value), expected, fix)
