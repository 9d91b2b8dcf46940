# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What chronyd says of itself, as data. Pure. Fields are those of ``chronyc -c`` (chronyc(1), 4.3 to 4.9)."""

from __future__ import annotations

import typing as t

MODES = {"^": "server", "=": "peer", "#": "refclock"}
STATES = {
    "*": "selected",
    "+": "combined",
    "-": "not combined",
    "?": "unusable",
    "x": "falseticker",
    "~": "too variable",
}
LOCAL_REFID = "7F7F0101"
# A source of which no authentication is known, such as a clock.
OPEN = {"authentication": "", "cookies": 0}


class BadAnswer(ValueError):
    """What chronyc printed is not what its manual promises."""


def tracking(line: str) -> dict[str, t.Any]:
    """Of ``tracking``: where the time comes from and how far the clock is from it; offsets in seconds."""
    fields = line.strip().split(",")
    if len(fields) < 14:
        raise BadAnswer(f"chronyc tracking: expected 14 fields, found {line.strip()!r}")
    leap = fields[13]
    return {
        "refid": fields[0],
        "source": "" if fields[0] in ("00000000", LOCAL_REFID) else fields[1],
        "stratum": int(fields[2]),
        "offset": float(fields[4]),
        "root_delay": float(fields[10]),
        "root_dispersion": float(fields[11]),
        "leap": leap,
        "synchronised": leap != "Not synchronised",
        "orphan": fields[0] == LOCAL_REFID,
    }


def sources(text: str) -> list[dict[str, t.Any]]:
    """Of ``sources``: one a line; ``reach`` counts the answers to the last eight questions."""
    found = []
    for line in text.splitlines():
        fields = line.strip().split(",")
        if len(fields) < 10:
            raise BadAnswer(f"chronyc sources: expected 10 fields, found {line.strip()!r}")
        found.append(
            {
                "mode": MODES.get(fields[0], fields[0]),
                "state": STATES.get(fields[1], fields[1]),
                "name": fields[2],
                "stratum": int(fields[3]),
                "reach": int(fields[5], 8).bit_count(),
                "offset": float(fields[8]),
                "error": float(fields[9]),
            }
        )
    return found


def authentication(text: str) -> dict[str, dict[str, t.Any]]:
    """Of ``authdata``, by source: how its answers are authenticated, and how many questions it lets be asked of it."""
    found = {}
    for line in text.splitlines():
        fields = line.strip().split(",")
        if len(fields) < 10:
            raise BadAnswer(f"chronyc authdata: expected 10 fields, found {line.strip()!r}")
        found[fields[0]] = {"authentication": fields[1].strip("-"), "cookies": int(fields[8])}
    return found


def without_keys(found: t.Mapping[str, t.Any]) -> list[str]:
    """Sources that cannot be asked: NTS is wanted of them, and they have given no keys, or none any more."""
    return [one["name"] for one in found["sources"] if one["authentication"] == "NTS" and not one["cookies"]]


def doubts(found: t.Mapping[str, t.Any], wanted: t.Sequence[str], outside: t.Sequence[str]) -> list[str]:
    """What is not known of wanted sources: those that are mute, and those outside of the mesh that are not used yet.

    In a mesh without an outside nearly all are of no use to each other, and that is as it should be.
    """
    locked = without_keys(found)
    said = []
    for source in found["sources"]:
        name = source["name"]
        if name in wanted and not source["reach"]:
            why = "gives no NTS keys: it serves no NTS, or its certificate is not trusted here"
            said.append(f"source {name} {why if name in locked else 'does not answer'}")
        elif name in outside and source["state"] == "unusable":
            said.append(f"source {name} answers, but is of no use so far")
    heard = [source["stratum"] for source in found["sources"] if source["name"] in outside and source["reach"]]
    stratum = found["tracking"]["stratum"]
    # One further down than a source, or than a server of the mesh that follows it.
    if heard and stratum > min(heard) + 2:
        said.append(f"sources outside answer, but the time is not theirs (stratum {stratum})")
    return said


def problems(found: t.Mapping[str, t.Any], wanted: t.Sequence[str], max_offset: float) -> list[str]:
    """What is not as it should be: no time, too far from it, sources that are missing, mute or lying."""
    now = found["tracking"]
    said = []
    if not now["synchronised"]:
        said.append("not synchronised")
    elif abs(now["offset"]) > max_offset:
        said.append(f"the clock is {now['offset']:+.3f} s off, allowed are {max_offset:g} s")
    by_name = {source["name"]: source for source in found["sources"]}
    for name in wanted:
        source = by_name.get(name)
        if source is None:
            said.append(f"source {name} is not in use")
        elif source["state"] == "falseticker":
            # As chronyc has it, a source is behind when its offset is positive.
            where = "behind" if source["offset"] > 0 else "ahead"
            said.append(f"source {name} tells a time of its own, {abs(source['offset']):.3f} s {where}")
    if wanted and not any(source["reach"] for source in found["sources"]):
        said.append("no source answers")
    return said
