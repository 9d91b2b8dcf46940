# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host tells of the certificates that it asks for by ACME. Pure."""

from __future__ import annotations

import datetime
import typing as t

from .exposition import Sample

PREFIX = "metalstack_acme_certificate"
Validity = tuple[datetime.datetime, datetime.datetime]


def samples(found: t.Mapping[str, tuple[bool, Validity | None]]) -> t.Iterator[Sample]:
    """By name whether the last run had what it wanted, and from when until when the one that is there is valid."""
    for name, (succeeded, validity) in found.items():
        labels = {"name": name}
        yield Sample(f"{PREFIX}_success", succeeded, labels)
        if validity:
            yield Sample(f"{PREFIX}_begin_timestamp_seconds", validity[0].timestamp(), labels)
            yield Sample(f"{PREFIX}_end_timestamp_seconds", validity[1].timestamp(), labels)
