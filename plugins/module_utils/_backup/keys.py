# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: of sets, and of what lies in the object storage. Pure.

    <site>/lineages/<lineage>/<generation>.json              a generation was begun, by whom and from what
    <site>/lineages/<lineage>/<generation>.unconfirmed.json  there until what was restored is compared with the set; and
    <site>/lineages/<lineage>/<generation>.unconfirmed-<component>.json      the same of a component
    <site>/catalogue/<component>/<lineage>/<generation>/<set>.json           manifest of one component of a set
    <site>/catalogue/<component>/<lineage>/<generation>/<set>.verified-<level>.json
    <site>/catalogue/<component>/<lineage>/<generation>/<set>.promoted.json  it was suspect, and somebody knows why
    <site>/catalogue/<component>/<lineage>/<generation>/<set>.damaged.json   there while it is known to be damaged
    <site>/restic/<lineage>/                                 the restic repository that holds the contents
    <site>/pruning/<lineage>.json                            there while old sets are removed

A name always ends in a slash or in a file's suffix, so that no prefix of one site or lineage matches another's.
"""

from __future__ import annotations

import datetime
import re
import typing as t

SET = re.compile(r"[0-9]{8}T[0-9]{6}Z(?:-[a-z0-9][a-z0-9-]{0,30})?")
# Of a set that was made of a component just before it was replaced.
BEFORE_RESTORE = "-before-restore"
_TIME = "%Y%m%dT%H%M%SZ"
COMPONENT = re.compile(r"[a-z][a-z0-9_]*")
LINEAGE = re.compile(r"[A-Za-z0-9-]+")
_NAME = r"[a-z0-9][a-z0-9-]*"
_MARKER = re.compile(rf"(?P<site>{_NAME})/lineages/(?P<lineage>[A-Za-z0-9-]+)/(?P<generation>[0-9]{{6}})\.json")
_UNCONFIRMED = re.compile(
    rf"{_NAME}/lineages/(?P<lineage>[A-Za-z0-9-]+)/(?P<generation>[0-9]{{6}})\.unconfirmed"
    r"(?:-(?P<component>[a-z][a-z0-9_]*))?\.json"
)
_PART = re.compile(
    rf"(?P<site>{_NAME})/catalogue/(?P<component>[a-z][a-z0-9_]*)/(?P<lineage>[A-Za-z0-9-]+)/(?P<generation>[0-9]{{6}})/"
    rf"(?P<set>{SET.pattern})(?:\.verified-(?P<level>[0-3])|\.(?P<mark>promoted|damaged))?\.json"
)
# What of a restic repository is needed to restore; not its locks.
_CONTENT = re.compile(rf"{_NAME}/restic/[A-Za-z0-9-]+/(?:config|(?:keys|data|index|snapshots)/.+)")


class Place(t.NamedTuple):
    """Where the manifest of one component of a set lies."""

    site: str
    component: str
    lineage: str
    generation: int
    set: str

    def key(self) -> str:
        return f"{catalogue(self.site)}{self.component}/{self.lineage}/{self.generation:06d}/{self.set}.json"

    def verified(self, level: int) -> str:
        return f"{self.key().removesuffix('.json')}.verified-{level}.json"

    def promoted(self) -> str:
        return f"{self.key().removesuffix('.json')}.promoted.json"

    def damaged(self) -> str:
        return f"{self.key().removesuffix('.json')}.damaged.json"


def catalogue(site: str) -> str:
    return f"{site}/catalogue/"


def lineages(site: str) -> str:
    return f"{site}/lineages/"


def marker(site: str, lineage: str, generation: int) -> str:
    return f"{lineages(site)}{lineage}/{generation:06d}.json"


def unconfirmed(site: str, lineage: str, generation: int, component: str = "") -> str:
    mark = marker(site, lineage, generation).removesuffix(".json")
    return f"{mark}.unconfirmed{component and '-'}{component}.json"


def repository(site: str, lineage: str) -> str:
    return f"{site}/restic/{lineage}"


def pruning(site: str, lineage: str) -> str:
    return f"{site}/pruning/{lineage}.json"


def parse_marker(key: str) -> tuple[str, int] | None:
    """Lineage and generation of a marker's key; None for a key that is no marker's."""
    match = _MARKER.fullmatch(key)
    return (match["lineage"], int(match["generation"])) if match else None


def parse_unconfirmed(key: str) -> tuple[str, int, str] | None:
    """Lineage, generation and component of what is not confirmed yet, without a component all of the generation."""
    match = _UNCONFIRMED.fullmatch(key)
    return (match["lineage"], int(match["generation"]), match["component"] or "") if match else None


def parse_part(key: str) -> tuple[Place, int | None] | None:
    """The place that a key of the catalogue is about, and the level for a record of a verification."""
    match = _PART.fullmatch(key)
    if not match or match["mark"]:
        return None
    return _place(match), int(match["level"]) if match["level"] else None


def parse_promoted(key: str) -> Place | None:
    """The place of a part that was suspect, and is not any more."""
    return _marked(key, "promoted")


def parse_damaged(key: str) -> Place | None:
    """The place of a part that is known to be damaged."""
    return _marked(key, "damaged")


def _marked(key: str, mark: str) -> Place | None:
    match = _PART.fullmatch(key)
    return _place(match) if match and match["mark"] == mark else None


def _place(match: re.Match[str]) -> Place:
    return Place(match["site"], match["component"], match["lineage"], int(match["generation"]), match["set"])


def record_of(key: str) -> Place | None:
    """The part that a key is a record of: verified, promoted or damaged. None for a manifest and all else."""
    parsed = parse_part(key)
    if parsed:
        return parsed[0] if parsed[1] is not None else None
    return parse_promoted(key) or parse_damaged(key)


def restores(key: str) -> bool:
    """Whether a restore needs the object: contents, manifests and what is known of them, generations."""
    return bool(_CONTENT.fullmatch(key) or _PART.fullmatch(key) or _MARKER.fullmatch(key))


def snapshot(site: str, lineage: str, identity: str) -> str:
    return f"{repository(site, lineage)}/snapshots/{identity}"


def slot(now: datetime.datetime, interval: int) -> str:
    """The set that a timer's run belongs to: runs on several hosts in one interval (seconds) make one set together."""
    begun = int(now.timestamp()) // interval * interval
    return datetime.datetime.fromtimestamp(begun, datetime.UTC).strftime(_TIME)


def made(name: str) -> datetime.datetime:
    return datetime.datetime.strptime(name[:16], _TIME).replace(tzinfo=datetime.UTC)
