from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import catalogue, keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place

BOTH = ("k3s", "powerdns")


def at(hour, minute=0):
    return f"20261127T{hour:02}{minute:02}00Z"


def part(component, name, level=None, lineage="L1", generation=1):
    place = Place("s", component, lineage, generation, name)
    return [place.key(), *([place.verified(level)] if level is not None else [])]


def damaged(component, name):
    return [Place("s", component, "L1", 1, name).damaged()]


def whole(name, level=1, **where):
    return [key for component in BOTH for key in part(component, name, level, **where)]


def chosen(listed, **wanted):
    arguments = {"components": BOTH, "level": 1, **wanted}
    one = catalogue.choose(catalogue.sets(listed), **arguments)
    return one.generation, one.name


@pytest.mark.parametrize(
    ("listed", "wanted", "expected"),
    [
        (whole(at(6)), {}, (1, at(6))),
        (whole(at(6)) + whole(at(7)), {}, (1, at(7))),
        ("half made", {}, (1, at(6))),
        (whole(at(6), 2) + whole(at(7), 1), {"level": 2}, (1, at(6))),
        (whole(at(6)) + whole(at(7)), {"suspect": {at(7)}}, (1, at(6))),
        # a restore began generation 2: what the older one wrote later came from a server that should have stopped
        (whole(at(9)) + whole(at(8), generation=2), {}, (2, at(8))),
        (whole(at(6)) + whole(at(7), lineage="L2"), {"lineage": "L1"}, (1, at(6))),
        (whole(at(6)) + whole(at(7)), {"name": at(6)}, (1, at(6))),
        # whoever names a set knows what it is worth
        (whole(at(6), None), {"name": at(6)}, (1, at(6))),
        (part("k3s", at(7), 1) + whole(at(6)), {"components": ("k3s",)}, (1, at(7))),
        (whole(at(6)) + whole(at(7)) + damaged("k3s", at(7)), {}, (1, at(6))),
        (whole(at(6)) + whole(at(7), 3) + damaged("k3s", at(7)), {"level": 1}, (1, at(6))),
        # what is not asked for does not matter, and whoever names a set knows what it is worth
        (whole(at(6)) + whole(at(7)) + damaged("k3s", at(7)), {"components": ("powerdns",)}, (1, at(7))),
        (whole(at(6)) + whole(at(7)) + damaged("k3s", at(7)), {"name": at(7)}, (1, at(7))),
        # a mark without a set, and that of the same name in another generation
        (whole(at(6)) + damaged("k3s", at(7)), {}, (1, at(6))),
        (whole(at(6)) + whole(at(6), generation=2) + damaged("k3s", at(6)), {}, (2, at(6))),
    ],
)
def test_the_newest_set_that_is_fit_is_restored(listed, wanted, expected):
    if listed == "half made":
        listed = whole(at(6)) + part("k3s", at(7), 1)
    assert chosen(listed, **wanted) == expected


@pytest.mark.parametrize(
    ("listed", "wanted", "complaint"),
    [
        ([], {}, "there is no set to restore"),
        (["s/catalogue/rubbish"], {}, "there is no set to restore"),
        (whole(at(6)), {"lineage": "L2"}, "of lineage L2"),
        (whole(at(6)) + whole(at(7), lineage="L2"), {}, "2 lineages: L1, L2"),
        (whole(at(6), None), {}, r"verified to level 1 .*newest is .* \(level 0\)"),
        (part("k3s", at(6), 1), {}, r"\(level -1\)"),
        (whole(at(6)), {"suspect": {at(6)}}, "free of suspicion"),
        (whole(at(6)) + damaged("powerdns", at(6)), {}, r"and damage; the newest is .* \(level 1, damaged\)"),
        (whole(at(6)), {"name": at(9)}, f"no set {at(9)}; the newest are {at(6)}"),
        (part("k3s", at(6), 1), {"name": at(6)}, "lacks powerdns"),
    ],
)
def test_nothing_is_restored_where_nothing_is_fit(listed, wanted, complaint):
    with pytest.raises(BackupError, match=complaint):
        chosen(listed, **wanted)


def test_the_level_of_a_set_is_that_of_its_worst_part():
    (one,) = catalogue.sets(part("k3s", at(6), 2) + part("powerdns", at(6), 1))
    assert (one.level(BOTH), one.level(("k3s",)), one.level((*BOTH, "ca"))) == (1, 2, -1)


def test_a_verification_of_nothing_is_no_set():
    assert catalogue.sets([Place("s", "k3s", "L1", 1, at(6)).verified(2)]) == []


def test_the_newest_generation_of_each_lineage_counts():
    markers = [keys.marker("s", "L1", 1), keys.marker("s", "L1", 12), keys.marker("s", "L2", 3), "s/lineages/x"]
    assert catalogue.generations(markers) == {"L1": 12, "L2": 3}
