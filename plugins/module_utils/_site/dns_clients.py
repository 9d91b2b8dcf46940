# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 50, 51 and 61: who may use the DNS by its API or by updates, or write metrics. No value is shown."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.keys import ALGORITHMS

from . import zones
from .finding import Finding
from .inputs import nearest
from .model import Site, parse_address, parse_network
from .secrets import FIX, is_base64, weakness
from .variables import CONCEALED

HIDDEN = "(not shown)"
CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Shape:
    """What a mapping of clients consists of: its row, its fields beside the secret, and those it can't do without."""

    row: str
    fields: t.Mapping[str, str]
    required: tuple[str, ...] = ()


SHAPES = {
    "site_dns_api_clients": Shape("V50", {"sources": "list", "zones": "list", "read_only": "boolean"}),
    "site_dns_update_keys": Shape("V51", {"algorithm": "text", "sources": "list", "zones": "list"}, ("zones",)),
    "site_monitoring_writers": Shape("V61", {}),
}
KINDS: dict[str, type | tuple[type, ...]] = {"list": (list, tuple), "boolean": bool, "text": str}


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the clients of the API and with the keys for updates."""
    ours = set(zones.names_of(site))
    for variable, shape in SHAPES.items():
        secrets = [str(site.value("site_dns_api_key") or ""), str(site.value("site_dns_transfer_secret") or "")]
        for name, entry in site.value(variable).items():
            where = f"{variable}.{name}"
            for field, expected, fix in _problems(shape, CONCEALED[variable], str(name), entry, ours, secrets):
                yield Finding(shape.row, f"{where}{field}", HIDDEN, expected, fix)
            if isinstance(entry, t.Mapping):
                secrets.append(str(entry.get(CONCEALED[variable]) or ""))


def _problems(
    shape: Shape, secret: str, name: str, entry: t.Any, ours: t.Collection[str], others: t.Collection[str]
) -> t.Iterator[tuple[str, str, str]]:
    """Yield the field that is wrong, what was expected, and the fix."""
    known = (secret, *shape.fields)
    if not _is_name(shape, name):
        yield "", "a name of letters, digits, hyphens; for a key, a domain name", "Rename it."
    if not isinstance(entry, t.Mapping):
        yield "", f"a mapping of {', '.join(known)}", "Write its fields below its name."
        return
    for field in sorted(map(str, entry.keys() - set(known))):
        yield f".{field}", f"one of {', '.join(known)}", nearest(field, known)
    value = entry.get(secret)
    text = value if isinstance(value, str) else ""
    problem = weakness(text) or ("base64" if secret == "secret" and not is_base64(text) else "")
    if not problem and text in others:
        problem = "a secret of its own: one that leaks is taken from one client alone"
    if problem:
        yield f".{secret}", problem, FIX
    for field, kind in shape.fields.items():
        given = entry.get(field)
        if given is not None and not isinstance(given, KINDS[kind]):
            yield f".{field}", kind, f"Write a {kind}."
        elif given:
            yield from _contents(field, given, ours)
        elif field in shape.required:
            yield f".{field}", f"a {kind}: without, it is good for nothing", "Name them."


def _contents(field: str, given: t.Any, ours: t.Collection[str]) -> t.Iterator[tuple[str, str, str]]:
    if field == "algorithm" and given not in ALGORITHMS:
        yield ".algorithm", f"one of {', '.join(ALGORITHMS)}", nearest(str(given), ALGORITHMS)
    if field == "sources":
        for number, source in enumerate(given):
            if parse_address(source) is None and parse_network(source) is None:
                yield f".sources[{number}]", "an address, or a network without host bits", "Correct it."
    if field == "zones":
        for number, zone in enumerate(given):
            if _canonical(zone) not in ours:
                expected = f"a zone of the site: {', '.join(sorted(ours)) or '(none)'}"
                yield f".zones[{number}]", expected, "Correct it, or add the zone to site_dns_zones."


def _is_name(shape: Shape, name: str) -> bool:
    return bool(_canonical(name)) if shape.row == "V51" else bool(CLIENT.fullmatch(name))


def _canonical(name: t.Any) -> str:
    try:
        return names.zone_name(str(name))
    except names.BadName:
        return ""
