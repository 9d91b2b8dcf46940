# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When certificates end, read from their DER form, because hosts need not have python3-cryptography."""

from __future__ import annotations

import datetime
import ssl

# Below that somebody has to be told.
FEW_DAYS = 30

SEQUENCE = 0x30
EXPLICIT_VERSION = 0xA0
UTC_TIME = 0x17


def _element(der: bytes, offset: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at offset."""
    tag, length, start = der[offset], der[offset + 1], offset + 2
    if length & 0x80:
        octets = length & 0x7F
        length = int.from_bytes(der[start : start + octets], "big")
        start += octets
    if start + length > len(der):
        raise ValueError("the certificate is cut short")
    return tag, start, start + length


def _time(tag: int, text: str) -> datetime.datetime:
    form = "%y%m%d%H%M%SZ" if tag == UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.UTC)


def not_after(pem: str) -> datetime.datetime:
    """The end of the first certificate in the text; ValueError when there is none."""
    return validity(pem)[1]


def validity(pem: str) -> tuple[datetime.datetime, datetime.datetime]:
    """Beginning and end of the first certificate in the text; ValueError when there is none."""
    begin, end = pem.find(ssl.PEM_HEADER), pem.find(ssl.PEM_FOOTER)
    if begin < 0 or end < 0:
        raise ValueError("no certificate found")
    der = ssl.PEM_cert_to_DER_cert(pem[begin : end + len(ssl.PEM_FOOTER)])
    try:
        _tag, offset, _end = _element(der, 0)
        _tag, offset, _end = _element(der, offset)
        tag, _start, end = _element(der, offset)
        if tag == EXPLICIT_VERSION:
            offset = end
            _tag, _start, end = _element(der, offset)
        # serial number, signature algorithm and issuer come before the validity
        for _field in range(2):
            _tag, _start, end = _element(der, end)
        tag, start, _end = _element(der, end)
        if tag != SEQUENCE:
            raise ValueError("no validity found")
        tag, start, end = _element(der, start)
        begins = _time(tag, der[start:end].decode("ascii"))
        tag, start, end = _element(der, end)
        return begins, _time(tag, der[start:end].decode("ascii"))
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"not a certificate: {error}") from error


def days_left(pem: str, now: datetime.datetime) -> int:
    return (not_after(pem) - now).days
