# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private keys of signed zones as one text, and whether they are those that a zone is signed with. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
import typing as t

Metadata = dict[str, list[str]]
# What a primary signs by and does not transfer.
METADATA = ("NSEC3PARAM", "NSEC3NARROW", "PUBLISH-CDNSKEY", "PUBLISH-CDS", "SIGNALING-ZONE", "SOA-EDIT")
# Records that a primary makes itself; the others only where its metadata or its keys say so.
MADE = ("RRSIG", "NSEC", "NSEC3", "NSEC3PARAM")
MADE_BY = {"PUBLISH-CDNSKEY": "CDNSKEY", "PUBLISH-CDS": "CDS"}
FIELD = re.compile(r"^([A-Za-z0-9-]+):[ \t]*(\S+)", re.MULTILINE)
PUBLIC_FIELDS = ("Private-key-format", "Algorithm", "PublicExponent", "Modulus", "Created", "Publish", "Activate")


class BadSigningKeys(ValueError):
    """Keys that cannot be read, or that are not the zone's. Its text never has anything of a key."""


class Key(t.NamedTuple):
    """``content`` is the private key in ISC form."""

    flags: int
    active: bool
    published: bool
    content: str


class Signing(t.NamedTuple):
    """What a zone is signed by."""

    keys: tuple[Key, ...]
    metadata: Metadata


Zones = dict[str, Signing]
# The DNSKEY record of a private key and its flags.
Derive = t.Callable[[int, str], str]


def render(zones: t.Mapping[str, Signing]) -> str:
    """In base64, for Ansible takes a text that looks like JSON for what it describes."""
    document = {
        name: {"keys": [key._asdict() for key in one.keys], "metadata": one.metadata} for name, one in zones.items()
    }
    return base64.b64encode(json.dumps({"zones": document}, sort_keys=True).encode()).decode()


def parse(text: str) -> Zones:
    try:
        document = json.loads(base64.b64decode(text, validate=True))["zones"]
        return {
            str(name): Signing(
                tuple(
                    Key(int(key["flags"]), bool(key["active"]), bool(key["published"]), str(key["content"]))
                    for key in one["keys"]
                ),
                {
                    str(kind): [str(value) for value in values]
                    for kind, values in one["metadata"].items()
                    if kind in METADATA
                },
            )
            for name, one in document.items()
        }
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        # Nothing of it is repeated here.
        raise BadSigningKeys("signing_keys: expected what pdns_signing_keys returns, found something else") from None


def fields(content: str) -> dict[str, str]:
    """Those of a private key in ISC form."""
    return dict(FIELD.findall(content))


def secrets(zones: t.Mapping[str, Signing]) -> set[str]:
    """Every word that must not be seen in any output."""
    contents = [key.content for one in zones.values() for key in one.keys]
    words = {word for content in contents for name, word in fields(content).items() if name not in PUBLIC_FIELDS}
    return {*contents, *words}


def normal(dnskey: str) -> str:
    """A DNSKEY record in the one form: a key may be written with blanks in it."""
    flags, protocol, algorithm, *key = dnskey.split()
    return " ".join((flags, protocol, algorithm, "".join(key)))


def refusal(zone: str, signing: Signing, served: t.Collection[str], derive: Derive) -> str:
    """Why a zone cannot be signed by these keys without becoming bogus; nothing if it can.

    served: the DNSKEY records that were transferred from the primary, in their normal form.
    """
    dnskeys = {derive(key.flags, key.content): key for key in signing.keys}
    if not any(key.active for key in signing.keys):
        return f"none of the keys given of {zone} is active"
    signers = [record for record, key in dnskeys.items() if key.active and key.published]
    if foreign := [record for record in signers if record not in served]:
        return f"a key given of {zone} is not among those that the former primary has published: {_short(foreign)}"
    if missing := [record for record in served if record not in dnskeys]:
        return f"{zone} is signed with keys that were not given: {_short(missing)}"
    return ""


def made(metadata: Metadata) -> tuple[str, ...]:
    """Types of the records that the primary made itself, beside the DNSKEY of its keys."""
    return (*MADE, *(rtype for kind, rtype in MADE_BY.items() if metadata.get(kind)))


def _short(dnskeys: t.Iterable[str]) -> str:
    return ", ".join(f"DNSKEY {record[:24]}..." for record in sorted(dnskeys))
