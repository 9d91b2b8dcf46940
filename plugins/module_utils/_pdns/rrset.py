# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of records: from a task's parameters, from a file, from the API; and what one differs in from another. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, rdata

Key = tuple[str, str]

TYPE = re.compile(r"[A-Z0-9]{1,16}")
# Made by the server, or only in messages: never stored as a record of the zone.
MADE_BY_SERVER = {"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM"}
NO_RECORDS = {"OPT", "TSIG", "TKEY", "ANY", "AXFR", "IXFR", *MADE_BY_SERVER}
# Fields of the API's own answer, so that what was read can be given back.
FIELDS = {"name", "type", "ttl", "records", "comments"}
# These may stand beside a CNAME (RFC 2181, 10.1; RFC 4034).
BESIDE_CNAME = {"CNAME", "RRSIG", "NSEC", "KEY", "LUA"}


class BadRRset(ValueError):
    """A set of records that no zone can hold."""


@dataclass(frozen=True, slots=True)
class RRset:
    """Records of one name and type. ``comments`` is ``None`` when they are not to be managed."""

    name: str
    type: str
    ttl: int
    records: tuple[str, ...]
    disabled: tuple[str, ...] = ()
    comments: tuple[tuple[str, str], ...] | None = None

    @property
    def key(self) -> Key:
        return self.name, self.type

    @property
    def all(self) -> tuple[str, ...]:
        return self.records + self.disabled


def from_input(given: t.Mapping[str, t.Any], zone: str, default_ttl: int) -> RRset:
    """``{name, type, ttl, records, comments}``; a record is its data, or ``{content, disabled}`` as in the API."""
    unknown = sorted(set(given) - FIELDS)
    if unknown:
        raise BadRRset(f"{given.get('name')!r}: {', '.join(map(str, unknown))} is no field of a set of records")
    rtype = str(given.get("type") or "").upper()
    if not TYPE.fullmatch(rtype) or rtype in NO_RECORDS:
        raise BadRRset(f"{given.get('name')!r}: type {given.get('type')!r} is no type of records that a zone holds")
    if not isinstance(given.get("name", "@"), str):
        raise BadRRset(f"a name is a text, found {given['name']!r}")
    name = names.owner(given.get("name", "@"), zone)
    where = f"{name} {rtype}"
    records = given.get("records")
    if not isinstance(records, (list, tuple)) or not records:
        raise BadRRset(f"{where}: expected a list of records, found {records!r}")
    ttl = given.get("ttl")
    shown: list[str] = []
    hidden: list[str] = []
    for record in records:
        if isinstance(record, str):
            shown.append(record)
        elif isinstance(record, t.Mapping) and isinstance(record.get("content"), str):
            if not isinstance(record.get("disabled", False), bool):
                raise BadRRset(f"{where}: disabled is true or false, found {record['disabled']!r}")
            (hidden if record.get("disabled") else shown).append(record["content"])
        else:
            raise BadRRset(f"{where}: a record is a text or has a content, found {record!r}")
    seconds = rdata.duration(default_ttl if ttl is None else ttl)
    return RRset(name, rtype, seconds, tuple(shown), tuple(hidden), _comments(given.get("comments"), where))


def _comments(given: t.Any, where: str) -> tuple[tuple[str, str], ...] | None:
    if given is None:
        return None
    if not all(isinstance(one, t.Mapping) and isinstance(one.get("content"), str) for one in given):
        raise BadRRset(f"{where}: a comment has a content, found {given!r}")
    return tuple(dict.fromkeys((one["content"], one.get("account") or "") for one in given))


def from_api(found: t.Mapping[str, t.Any]) -> RRset:
    """One of the ``rrsets`` of ``GET /zones/ID``."""
    records = found["records"]
    return RRset(
        found["name"].lower(),
        found["type"],
        int(found["ttl"]),
        tuple([record["content"] for record in records if not record.get("disabled")]),
        tuple([record["content"] for record in records if record.get("disabled")]),
        tuple([(one["content"], one.get("account") or "") for one in found.get("comments") or ()]),
    )


def to_api(rrset: RRset) -> dict[str, t.Any]:
    """The change that puts the set in the place of what is there."""
    change: dict[str, t.Any] = {
        "name": rrset.name,
        "type": rrset.type,
        "ttl": rrset.ttl,
        "changetype": "REPLACE",
        "records": [
            *({"content": content, "disabled": False} for content in rrset.records),
            *({"content": content, "disabled": True} for content in rrset.disabled),
        ],
    }
    if rrset.comments is not None:
        change["comments"] = [{"content": content, "account": account} for content, account in rrset.comments]
    return change


def delete(key: Key) -> dict[str, t.Any]:
    return {"name": key[0], "type": key[1], "changetype": "DELETE"}


def canonical(rrset: RRset, zone: str, ask: t.Callable[[str, str, str], str]) -> RRset:
    """All records in the server's form, each once; ``ask`` gives it for types that only the server knows."""

    def forms(contents: tuple[str, ...]) -> tuple[str, ...]:
        forms: dict[str, str] = {}
        for content in contents:
            form = rdata.canonical(rrset.type, content, zone)
            if form is None:
                text = ask(rrset.name, rrset.type, rdata.to_ask(rrset.type, content, zone) or content)
                form = rdata.Rdata(text, text.lower())
            forms.setdefault(form.key, form.text)
        return tuple(forms.values())

    try:
        return replace(rrset, records=forms(rrset.records), disabled=forms(rrset.disabled))
    except ValueError as error:
        raise BadRRset(f"{rrset.name} {rrset.type}: {error}") from error


def has_to_be_asked(one: RRset, zone: str) -> bool:
    """Whether only the server knows the form of one of the records."""
    return any(rdata.to_ask(one.type, content, zone) is not None for content in one.all)


def same(wanted: RRset, found: RRset, zone: str) -> bool:
    """Whether ``found`` is what ``wanted``, in canonical form, asks for."""
    if wanted.ttl != found.ttl:
        return False
    if wanted.comments is not None and sorted(wanted.comments) != sorted(found.comments or ()):
        return False
    pairs = ((wanted.records, found.records), (wanted.disabled, found.disabled))
    return all(_same_records(wanted.type, ours, theirs, zone) for ours, theirs in pairs)


def _same_records(rtype: str, ours: tuple[str, ...], theirs: tuple[str, ...], zone: str) -> bool:
    if ours == theirs or sorted(ours) == sorted(theirs):
        return True
    return len(ours) == len(theirs) and sorted(keys(rtype, ours, zone)) == sorted(keys(rtype, theirs, zone))


def keys(rtype: str, contents: t.Sequence[str], zone: str) -> list[str]:
    """What tells the records apart, in their order."""
    return [_key(rtype, content, zone) for content in contents]


def _key(rtype: str, content: str, zone: str) -> str:
    try:
        form = rdata.canonical(rtype, content, zone)
    except ValueError:
        form = None  # what others stored need not follow our rules
    return form.key if form else content.lower()


def lines(rrset: RRset) -> t.Iterator[str]:
    """The set as lines of a zone file; disabled records are comments, as the server does not serve them."""
    for content in sorted(rrset.records):
        yield f"{rrset.name}\t{rrset.ttl}\tIN\t{rrset.type}\t{content}"
    for content in sorted(rrset.disabled):
        yield f"; disabled: {rrset.name}\t{rrset.ttl}\tIN\t{rrset.type}\t{content}"
    for content, account in rrset.comments or ():
        yield f"; {rrset.name} {rrset.type}: {content}{f' ({account})' if account else ''}"
