"""Which set is restored when none is named: the one that was made last, which need not be named last."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import unprepared
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place

BOTH = ("k3s", "powerdns")
GIVEN = {
    "site": "s", "storage": None, "password": "", "components": [], "set_components": BOTH, "interval": 3600,
    "state": "/nonexistent",
}  # fmt: skip


def at(hours):
    """A time of the day, as names and manifests have it."""
    clock = f"{int(hours):02}:{round(hours % 1 * 60):02}:00"
    return f"20261130T{clock.replace(':', '')}Z", f"2026-11-30T{clock}+00:00"


TIMERS, DEMAND, BEFORE = at(6)[0], f"{at(6.2)[0]}-after-bootstrap", at(5)[0]


def chosen(sets, interval=3600, **wanted):
    """sets: by name and generation when each part was made; a text instead is why its manifest cannot be read."""
    parts = {
        Place("s", component, "L1", generation, name): moment
        for (name, generation), moments in sets.items()
        for component, moment in zip(BOTH, moments, strict=True)
    }
    read = []

    def manifest(place):
        read.append(place.set)
        if isinstance(parts[place], str):
            raise BackupError(parts[place])
        return {"made": at(parts[place])[1], "suspect": [], "host": "h", "bytes": 1, "facts": {}}

    site = unprepared.site({**GIVEN, "interval": interval})
    site.listed = lambda: [key for place in parts for key in (place.key(), place.verified(1))]
    site.manifest = manifest
    return site.choose(**wanted)["set"], read


@pytest.mark.parametrize(
    ("sets", "interval", "expected"),
    [
        ({(TIMERS, 1): (6.1, 6.1), (DEMAND, 1): (6.3, 6.3)}, 3600, DEMAND),
        ({(TIMERS, 1): (6.7, 6.7), (DEMAND, 1): (6.3, 6.3)}, 3600, TIMERS),
        ({(TIMERS, 1): (6.1, 6.7), (DEMAND, 1): (6.3, 6.3)}, 3600, DEMAND),
        ({(TIMERS, 1): (6.3, 6.3), (DEMAND, 1): (6.3, 6.3)}, 3600, DEMAND),
        ({(TIMERS, 1): (6.7, 6.7), (DEMAND, 2): (6.3, 6.3)}, 3600, DEMAND),
        ({(BEFORE, 1): (6.7, 6.7), (DEMAND, 1): (6.3, 6.3)}, 3600, DEMAND),
        ({(BEFORE, 1): (6.7, 6.7), (DEMAND, 1): (6.3, 6.3)}, 86400, BEFORE),
        ({(TIMERS, 1): ("half written", 6.7), (DEMAND, 1): (6.3, 6.3)}, 3600, DEMAND),
        ({(TIMERS, 1): (6.7, 6.7), (DEMAND, 1): ("half written", 6.3)}, 3600, TIMERS),
    ],
    ids=[
        "in time", "tried again", "one part tried again", "at once", "of a former generation", "of another interval",
        "of a long interval", "not to be read", "alone to be read",
    ],
)  # fmt: skip
def test_it_is_the_one_that_was_made_last(sets, interval, expected):
    assert chosen(sets, interval)[0] == expected


def test_no_manifest_of_another_interval_is_read_for_it():
    sets = {(at(hour)[0], 1): (hour, hour) for hour in (3, 4, 5)}
    assert chosen(sets) == (at(5)[0], [at(5)[0]] * 2)


def test_a_set_that_is_named_is_taken():
    sets = {(TIMERS, 1): (6.7, 6.7), (DEMAND, 1): (6.3, 6.3)}
    assert chosen(sets, name=DEMAND) == (DEMAND, [DEMAND] * 2)


def test_none_that_can_be_read_is_said():
    with pytest.raises(BackupError, match="half written"):
        chosen({(TIMERS, 1): ("half written", 6.7)})
