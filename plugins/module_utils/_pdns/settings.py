# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings and metadata of a zone in the form in which the API reports them. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names

Settings = dict[str, t.Any]

KINDS = {
    "native": "Native",
    "primary": "Master",
    "master": "Master",
    "secondary": "Slave",
    "slave": "Slave",
    "producer": "Producer",
    "consumer": "Consumer",
}
NSEC3PARAM = re.compile(r"1 [01] [0-9]{1,4} (?:-|(?:[0-9a-fA-F]{2})+)")
FED = {"Slave", "Consumer"}  # get their records from another server
ANNOUNCING = {"Master", "Producer"}  # tell others of a change

# The API refuses these as metadata, some in all versions and some in one: they are settings.
SETTINGS_OF = {
    "API-RECTIFY": "api_rectify",
    "AXFR-MASTER-TSIG": "slave_tsig_key_ids",
    "NSEC3NARROW": "nsec3narrow",
    "NSEC3PARAM": "nsec3param",
    "SOA-EDIT": "soa_edit",
    "SOA-EDIT-API": "soa_edit_api",
    "TSIG-ALLOW-AXFR": "master_tsig_key_ids",
}
REFUSED = {"PRESIGNED", "LUA-AXFR-SCRIPT"}


class BadSettings(ValueError):
    """Settings that no zone can have."""


def canonical(given: t.Mapping[str, t.Any]) -> Settings:
    """Those that are given, as the server reports them: its kinds, addresses without port 53, names with a dot."""
    settings = {name: value for name, value in given.items() if value is not None}
    for name, form in FORMS.items():
        if name in settings:
            settings[name] = form(settings[name])
    if settings.get("kind") in FED and "masters" in settings and not settings["masters"]:
        raise BadSettings(f"a zone of kind {settings['kind']} needs masters")
    return settings


def differences(found: t.Mapping[str, t.Any], wanted: Settings) -> Settings:
    """Those of the wanted settings that differ; lists without order are compared as sets."""
    different = {
        name: value for name, value in wanted.items() if _comparable(name, found.get(name)) != _comparable(name, value)
    }
    if "nsec3narrow" in different:
        # The server reads it together with the parameters alone.
        parameters = wanted.get("nsec3param", found.get("nsec3param"))
        if not parameters:
            raise BadSettings("nsec3narrow needs nsec3param: the zone has none")
        different["nsec3param"] = parameters
    return different


def metadata(given: t.Mapping[str, t.Sequence[str]] | None) -> dict[str, list[str]]:
    """By kind; what has an option of its own is refused with its name."""
    for kind, values in (given or {}).items():
        if not isinstance(values, (list, tuple)) or not all(isinstance(value, (str, int)) for value in values):
            raise BadSettings(f"metadata {kind}: expected a list of texts, found {values!r}")
    kinds = {kind.upper(): [str(value) for value in values] for kind, values in (given or {}).items()}
    for kind in kinds:
        if kind in SETTINGS_OF:
            raise BadSettings(f"metadata {kind}: set the option {SETTINGS_OF[kind]} instead")
        if kind in REFUSED:
            raise BadSettings(f"metadata {kind}: the API does not set it")
    return kinds


def metadata_differences(
    found: t.Mapping[str, t.Sequence[str]], wanted: t.Mapping[str, t.Sequence[str]]
) -> dict[str, list[str]]:
    return {kind: list(values) for kind, values in wanted.items() if sorted(values) != sorted(found.get(kind, []))}


def kind(text: str) -> str:
    """The server takes an unknown kind for Native, in silence."""
    if text.lower() not in KINDS:
        raise BadSettings(f"kind {text!r}: expected one of {', '.join(sorted(KINDS))}")
    return KINDS[text.lower()]


def address(text: str) -> str:
    """``192.0.2.1:53`` and ``[2001:db8::1]:53`` without the port, other ports kept."""
    host, port = text.strip(), ""
    if host.startswith("["):
        host, port = (*host[1:].split("]", 1), "")[:2]
        port = port.removeprefix(":")
    elif host.count(":") == 1:
        host, port = host.split(":")
    try:
        found = ipaddress.ip_address(host)
    except ValueError as error:
        raise BadSettings(f"{text!r} is no address of a server: {error}") from error
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        raise BadSettings(f"{text!r}: {port!r} is no port")
    if port in ("", "53"):
        return found.compressed
    return f"[{found.compressed}]:{port}" if found.version == 6 else f"{found.compressed}:{port}"


def nsec3param(text: str) -> str:
    """``1 FLAGS ITERATIONS SALT`` (RFC 5155, 4.2), or nothing for NSEC; the server keeps half of what is wrong."""
    if text and not NSEC3PARAM.fullmatch(text):
        raise BadSettings(f"nsec3param {text!r}: expected a form such as '1 0 0 -'")
    return text.lower()


FORMS: dict[str, t.Callable[[t.Any], t.Any]] = {
    "kind": kind,
    "masters": lambda addresses: [address(one) for one in addresses],
    "catalog": lambda name: names.zone_name(name) if name else "",
    "nsec3param": nsec3param,
    "soa_edit": str.upper,
    "soa_edit_api": str.upper,
    "master_tsig_key_ids": lambda ids: [names.zone_name(one) for one in ids],
    "slave_tsig_key_ids": lambda ids: [names.zone_name(one) for one in ids],
}
UNORDERED = ("masters", "master_tsig_key_ids", "slave_tsig_key_ids")


def _comparable(name: str, value: t.Any) -> t.Any:
    if name in UNORDERED:
        return sorted(value or [])
    return value.upper() if name in ("soa_edit", "soa_edit_api") and value else value
