# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SOA record of a zone, and its serial, which is the server's. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, rdata
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import BadRRset, RRset

FIELDS = ("mname", "rname", "serial", "refresh", "retry", "expire", "minimum")
SERIAL = FIELDS.index("serial")
SERIALS = 1 << 32
DEFAULT_TIMERS = "10800 3600 604800 3600"


def make(
    zone: str, given: t.Mapping[str, t.Any] | None, there: RRset | None, nameservers: t.Sequence[str], default_ttl: int
) -> RRset:
    """Fields that are not given stay, or get what the server's own default has; the first NS is the primary."""
    primary = names.target(nameservers[0], zone) if nameservers else f"ns.{zone.lstrip('.')}"
    content = f"{primary} hostmaster.{zone.lstrip('.')} 1 {DEFAULT_TIMERS}"
    fields = dict(zip(FIELDS, (there.all[0] if there else content).split(), strict=True))
    wanted = {name: str(value) for name, value in (given or {}).items() if value is not None}
    ttl = wanted.pop("ttl", there.ttl if there else default_ttl)
    if "@" in wanted.get("rname", ""):
        local, domain = wanted["rname"].split("@", 1)
        wanted["rname"] = local.replace(".", "\\.") + f".{domain.rstrip('.')}."
    fields.update(wanted)
    return RRset(zone, "SOA", rdata.duration(ttl), (" ".join(fields[name] for name in FIELDS),))


def with_serial(content: str, serial: int) -> str:
    fields = content.split()
    if len(fields) > SERIAL:
        fields[SERIAL] = str(serial)
    return " ".join(fields)


def serial_of(content: str) -> int:
    return int(content.split()[SERIAL])


def is_newer(serial: int, than: int) -> bool:
    """Serial number arithmetic (RFC 1982)."""
    return serial != than and (serial - than) % SERIALS < SERIALS // 2


def with_serial_of(wanted: RRset, found: RRset | None) -> RRset:
    """The serial is the server's: a lower one would make it go backwards and every secondary refuse the zone."""
    if wanted.type != "SOA":
        return wanted
    if len(set(wanted.all)) != 1 or wanted.disabled:
        raise BadRRset(f"{wanted.name} has {len(set(wanted.all))} SOA records: expected one")
    wanted = replace(wanted, records=wanted.records[:1])
    if found is None or not found.records:
        return wanted
    return replace(wanted, records=(with_serial(wanted.records[0], serial_of(found.records[0])),))
