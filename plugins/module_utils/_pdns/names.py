# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of zones and records: relative or absolute in, lower-case with a final dot out. Pure."""

from __future__ import annotations

import re

PLAIN = re.compile(r"(?:[a-z0-9_*/-]{1,63}\.)+")
LABEL = re.compile(r"(?:[^.\\]|\\[0-9]{3}|\\[^0-9])+")


class BadName(ValueError):
    """What is no domain name, or one outside of the zone."""


def zone_name(text: str) -> str:
    """``Example.COM`` and ``example.com.`` are the zone ``example.com.``."""
    bare = text.strip()
    if bare != "." and not bare.rstrip("."):
        raise BadName(f"{text!r} is no name of a zone")
    return _checked(_lower(bare if bare.endswith(".") else f"{bare}."), text)


def zone_id(zone: str) -> str:
    """The zone's name as the API writes it in a URL: ``/`` and the like as ``=2F``."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda match: f"={ord(match[0]):02X}", zone)


def owner(text: str, zone: str) -> str:
    """The name of a record: ``@``, relative, or absolute with or without its final dot; it lies in the zone."""
    if text.endswith(zone) and PLAIN.fullmatch(text) and _inside(text, zone):
        return text
    name = _lower(text.strip())
    if name in ("@", ""):
        return zone
    if not name.endswith(".") or name.endswith("\\."):
        bare = zone.rstrip(".")
        inside = name == bare or name.endswith(f".{bare}")
        name = f"{name}." if inside and bare else _join(name, zone)
    if not _inside(name, zone):
        raise BadName(f"{text!r} lies outside of the zone {zone!r}")
    return _checked(name, text)


def target(text: str, zone: str) -> str:
    """A name inside record data: relative to the zone unless it ends in a dot or in the zone's own name."""
    bare = zone.rstrip(".")
    inside = bool(bare) and (text.lower() == bare or text.lower().endswith(f".{bare}"))
    return qualified(f"{text}." if inside else text, zone)


def qualified(text: str, origin: str) -> str:
    """A name in a zone file: relative to the origin unless it ends in a dot (RFC 1035, 5.1); its case is kept."""
    name = _idna(text)
    if name == "@":
        return origin
    if name == ".":
        return name
    if not name.endswith(".") or name.endswith("\\."):
        name = _join(name, origin)
    return _checked(name, text)


def pattern(text: str, zone: str) -> str:
    """A pattern of names, made relative to the zone."""
    name = _lower(text.strip())
    bare = zone.rstrip(".")
    if name in (zone, bare):
        return "@"
    if name.endswith((f".{zone}", f".{bare}")):
        return name.removesuffix(".").removesuffix(f".{bare}")
    if name.endswith("."):
        raise BadName(f"{text!r} matches nothing inside of the zone {zone!r}")
    return name


def relative(name: str, zone: str) -> str:
    """The shortest form, for a reader: ``@`` or the name without its zone."""
    if name == zone:
        return "@"
    return name.removesuffix(f".{zone}") if zone != "." else name


def _join(name: str, zone: str) -> str:
    return f"{name}." if zone == "." else f"{name}.{zone}"


def _inside(name: str, zone: str) -> bool:
    return zone == "." or name == zone or name.endswith(f".{zone}")


def _lower(text: str) -> str:
    return _idna(text).lower()


def _idna(text: str) -> str:
    """Labels with letters beyond ASCII in their A-label form, the only one that the server takes."""
    if text.isascii():
        return text
    try:
        return ".".join(label if label.isascii() else label.encode("idna").decode() for label in text.split("."))
    except UnicodeError as error:
        raise BadName(f"{text!r} is no domain name: {error}") from error


def _checked(name: str, text: str) -> str:
    if name == "." or PLAIN.fullmatch(name):
        labels = name.split(".")[:-1]
    else:
        labels = LABEL.findall(name)
        if ".".join(labels) + "." != name or re.search(r"[\s\"]", name):
            raise BadName(f"{text!r} is no domain name: an empty label, a blank or a quote in it")
    sizes = [len(re.sub(r"\\[0-9]{3}|\\.", "x", label)) for label in labels]
    if any(size > 63 for size in sizes) or sum(sizes) + len(sizes) + 1 > 255:
        raise BadName(f"{text!r} is no domain name: a label has at most 63 octets, a name 255")
    return name
