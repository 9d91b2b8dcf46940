# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One set of records, or single records of it."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, plan, rrset, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.plan import Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import BadRRset, RRset
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.zone import Found, Outcome, Zone

DEFAULT_TTL = 3600


def converge(zone: Zone, parameters: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """Bring it about unless ``check``; the module's result."""
    state = parameters["state"]
    key = (names.owner(parameters["name"], zone.name), parameters["type"].upper())
    found = zone.read_name(key[0])
    if found.settings["kind"] in settings.FED:
        raise BadRRset(f"{zone.name} gets its records from {', '.join(found.settings['masters'])}: change them there")
    if key[1] == "SOA":
        raise BadRRset("the SOA is set by pdns_zone, which keeps the serial from going backwards")
    there = found.rrsets.get(key)
    wanted = None if state == "absent" else _wanted(zone, parameters, there)
    work = _plan(zone, state, key, wanted, found)
    serial = found.serial
    if work and not check:
        singly = _singly(zone, state, wanted, work, there)
        serial = zone.write(Outcome(plan=work), found, parameters["notify"], singly).serial
    after = next((one for one in work.put if one.key == key), None if key in work.delete else there)
    return {
        "changed": bool(work),
        "records": list(after.records) if after else [],
        "serial": serial,
        "diff": [{"before_header": "records", "after_header": "records", **work.diff()}] if work else [],
    }


def _wanted(zone: Zone, parameters: t.Mapping[str, t.Any], there: RRset | None) -> RRset:
    if not parameters["records"]:
        raise BadRRset(f"state {parameters['state']} needs records")
    ttl = parameters["ttl"] if parameters["ttl"] is not None else (there.ttl if there else DEFAULT_TTL)
    given = {name: parameters[name] for name in ("name", "type", "records")}
    return zone.canonical(rrset.from_input({**given, "ttl": ttl}, zone.name, DEFAULT_TTL))


def _plan(zone: Zone, state: str, key: rrset.Key, wanted: RRset | None, found: Found) -> Plan:
    there = found.rrsets.get(key)
    if wanted is None:
        return Plan(delete=[key], before={key: there}) if there and there.all else Plan()
    if state in ("added", "removed"):
        known = zone.canonical(there) if there else replace(wanted, records=())
        ours, theirs = _by_key(zone, wanted), _by_key(zone, known)
        if state == "added":
            kept = {**theirs, **{one: text for one, text in ours.items() if one not in theirs}}
        else:
            kept = {one: text for one, text in theirs.items() if one not in ours}
            if not kept and not known.disabled:
                return _plan(zone, "absent", key, None, found)
        if kept.keys() == theirs.keys() and wanted.ttl == known.ttl:
            return Plan()
        wanted = _beside(zone, replace(known, ttl=wanted.ttl, records=tuple(kept.values()), comments=None), known)
    elif there:
        wanted = _beside(zone, wanted, there)
    work = plan.make([wanted], found.rrsets, zone.name, exact=False, ignore=(), ask=zone.ask)
    if state == "added" and work.delete:
        names_of = ", ".join(rtype for name, rtype in work.delete)
        raise BadRRset(f"{key[0]} has {names_of} records, beside which {key[1]} cannot stand: remove them first")
    return work


def _beside(zone: Zone, wanted: RRset, there: RRset) -> RRset:
    """Disabled records stay, but for those that are wanted."""
    ours = set(rrset.keys(wanted.type, wanted.records, zone.name))
    kept = [one for one in there.disabled if rrset.keys(wanted.type, [one], zone.name)[0] not in ours]
    return replace(wanted, disabled=tuple(kept))


def _singly(zone: Zone, state: str, wanted: RRset | None, work: Plan, there: RRset | None) -> list[dict[str, t.Any]]:
    """One change a record, so that what somebody else adds at the same time stays; not every server has them."""
    if state not in ("added", "removed") or wanted is None or there is None or not zone.extends:
        return []
    if there.disabled:
        return []  # the server would throw the disabled ones away
    if work.delete or any(one.ttl != there.ttl for one in work.put):
        return []
    known = _by_key(zone, there)
    touched = [text for key, text in _by_key(zone, wanted).items() if (key in known) == (state == "removed")]
    change = "EXTEND" if state == "added" else "PRUNE"
    return [{**rrset.to_api(replace(wanted, records=(text,))), "changetype": change} for text in touched]


def _by_key(zone: Zone, one: RRset) -> dict[str, str]:
    return dict(zip(rrset.keys(one.type, one.records, zone.name), one.records, strict=True))
