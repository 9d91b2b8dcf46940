# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is due of Debian's packages. Pure; the facts are those of apt.py."""

from __future__ import annotations

import typing as t

from .exposition import Sample


def of_host(unfinished: t.Sequence[str], reboot: t.Sequence[str]) -> t.Iterator[Sample]:
    yield Sample("metalstack_packages_unfinished", len(unfinished))
    yield Sample("metalstack_reboot_required", bool(reboot))


def of_updates(found: t.Mapping[str, t.Any], now: float) -> t.Iterator[Sample]:
    security = sum(bool(package["security"]) for package in found["packages"])
    yield Sample("metalstack_updates_pending", security, {"kind": "security"})
    yield Sample("metalstack_updates_pending", len(found["packages"]) - security, {"kind": "other"})
    if found["lists_age"] >= 0:
        yield Sample("metalstack_package_lists_timestamp_seconds", now - found["lists_age"])
