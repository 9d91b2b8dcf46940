# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the second stage may not share with the initial one: its name, identity, buckets and domains. Pure.

A name of a stage that begins another one gets the other's backups, gardens of one identity take each other's DNS
records for their own, a shared bucket is restored from by the wrong one, and below a shared domain either overwrites
what the other has published.
"""

from __future__ import annotations

import typing as t

from .._backup.settings import BUCKET
from .._metal_databases import stages
from .options import GARDENER, METAL_STACK, Given

Side = t.Mapping[str, t.Any]


def complaints(given: Given) -> list[str]:
    """given: as C(options.TARGET) has it."""
    initial, second = given["initial"], given["second"]
    return [
        *_missing(given, initial, second),
        *_stages(initial, second),
        *_identities(initial, second),
        *_buckets(initial, second),
        *_domains(initial, second),
    ]


def _missing(given: Given, initial: Side, second: Side) -> list[str]:
    """What is told of one side has to be told of the other, or there is nothing to compare it with."""
    carried = {part for one in given["shoots"] for part in one["carries"]}
    needed = {"stage": METAL_STACK, "cluster_identity": GARDENER}
    found = [
        f"second.{name} is missing, expected that of the {part} that a shoot carries"
        for name, part in needed.items()
        if part in carried and not second[name]
    ]
    if carried & {METAL_STACK, GARDENER}:
        found += [
            f"second.{name} is missing, expected those of what the shoots carry"
            for name in ("domains", "buckets")
            if not second[name]
        ]
    return found + [
        f"initial.{name} is missing, expected that of the initial cluster, which second.{name} may not share"
        for name in ("stage", "cluster_identity", "domains", "buckets")
        if second[name] and not initial[name]
    ]


def _stages(initial: Side, second: Side) -> list[str]:
    if not (initial["stage"] and second["stage"]):
        return []
    # Buckets are compared apart from them, since there may be several of each.
    ours, other = (stages.Stage(one["stage"], "", side) for one, side in ((second, "second"), (initial, "initial")))
    return stages.complaints(ours, [other])


def _identities(initial: Side, second: Side) -> list[str]:
    mine = second["cluster_identity"]
    if not mine or mine != initial["cluster_identity"]:
        return []
    return [f"cluster_identity {mine} is that of both stages -> give each its own; it can never be changed"]


def _buckets(initial: Side, second: Side) -> list[str]:
    found = []
    for side, given in (("initial", initial), ("second", second)):
        found += [
            f"{side}.buckets: {one['bucket']!r} is no bucket, expected 3 to 63 small letters, digits, dots and dashes"
            for one in given["buckets"]
            if not BUCKET.fullmatch(_bare(one))
        ]
    return found + [
        f"bucket {_bare(one)} at {one['endpoint'] or 'the same storage'} is that of both stages -> give each its own;"
        " another prefix in it is not enough"
        for one in second["buckets"]
        if any(_same(one, other) for other in initial["buckets"])
    ]


def _same(one: Side, other: Side) -> bool:
    """Where nobody says which storage one is in, it may be that of the other."""
    if _bare(one) != _bare(other):
        return False
    places = [stages.place(each["endpoint"], _bare(each)) for each in (one, other)]
    return places[0] == places[1] or not (one["endpoint"] and other["endpoint"])


def _bare(bucket: Side) -> str:
    """Without the prefix that Gardener takes behind the name of a bucket."""
    return str(bucket["bucket"]).partition("/")[0]


def _domains(initial: Side, second: Side) -> list[str]:
    found = []
    for mine in map(_plain, second["domains"]):
        for other in map(_plain, initial["domains"]):
            if mine == other:
                found.append(f"domain {mine} is that of both stages -> give each its own")
            elif mine.endswith(f".{other}") or other.endswith(f".{mine}"):
                inner, outer = sorted((mine, other), key=len, reverse=True)
                found.append(
                    f"domain {inner} is below {outer} of the other stage, whose wildcard answers for it -> have them"
                    " beside each other"
                )
    return found


def _plain(domain: str) -> str:
    return domain.lower().rstrip(".").removeprefix("*.")
