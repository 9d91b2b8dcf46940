from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import manifest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError

WHOLE = dict.fromkeys(manifest.REQUIRED, "x") | {"bytes": 5, "facts": {"counts": {}}}
SEALED = manifest.seal(WHOLE, "password-1")


def changed(**fields):
    return json.dumps({**json.loads(SEALED), **fields}).encode()


def test_what_was_sealed_is_read_again():
    assert WHOLE.items() <= manifest.unseal("k", SEALED, "password-1").items()


def test_sealed_twice_either_password_opens_it_and_sealed_again_one_alone():
    twice = manifest.seal(WHOLE, "password-1", "password-2")
    for password in ("password-1", "password-2"):
        assert WHOLE.items() <= manifest.unseal("k", twice, password).items()
    assert WHOLE.items() <= manifest.unseal("k", SEALED, "password-3", "password-1").items()
    assert manifest.seal(manifest.unseal("k", twice, "password-2"), "password-1") == SEALED
    with pytest.raises(BackupError, match="backup password"):
        manifest.unseal("k", twice, "password-3")
    with pytest.raises(BackupError, match="backup password"):
        manifest.unseal("k", json.dumps({**json.loads(twice), "bytes": 6}).encode(), "password-1", "password-2")


@pytest.mark.parametrize(
    ("content", "password", "complaint"),
    [
        (SEALED, "password-2", "backup password"),
        (changed(bytes=6), "password-1", "backup password"),
        (changed(seal="0"), "password-1", "backup password"),
        (changed(format=2), "password-1", "has format 2, expected 1"),
        (SEALED[: len(SEALED) // 2], "password-1", "half written"),
        (b"", "password-1", "half written"),
        (b"[]", "password-1", "half written"),
        (b"\xff\xfe", "password-1", "half written"),
        (manifest.seal({"site": "x"}, "password-1"), "password-1", "lacks component, lineage"),
    ],
)
def test_what_is_not_ours_or_not_whole_is_refused(content, password, complaint):
    with pytest.raises(BackupError, match=complaint):
        manifest.unseal("k", content, password)


@pytest.mark.parametrize(
    ("counts", "before", "suspicious"),
    [
        ({"rows": 100}, [], []),
        ({"rows": 100}, [{"rows": 100}] * 3, []),
        ({"rows": 51}, [{"rows": 100}] * 3, []),
        ({"rows": 49}, [{"rows": 100}] * 3, ["rows"]),
        ({}, [{"rows": 100}], ["rows"]),
        ({"rows": 1000, "zones": 0}, [{"rows": 10, "zones": 4}], ["zones"]),
        # of a few, half may go on any day
        ({"rows": 100, "zones": 1}, [{"rows": 100, "zones": 3}] * 3, []),
        # one that was empty by mistake does not make the next empty one usual
        ({"rows": 0}, [{"rows": 100}, {"rows": 100}, {"rows": 0}], ["rows"]),
        ({"new": 5}, [{"rows": 0}], []),
        # what users have goes by fifths
        ({"machines": 80, "ips": 81}, [{"machines": 100, "ips": 100}] * 3, []),
        ({"machines": 79, "ips": 81}, [{"machines": 100, "ips": 100}] * 3, ["machines"]),
        ({"ips": 79}, [{"ips": 100}] * 3, ["ips"]),
        ({"shoots.core.gardener.cloud": 7}, [{"shoots.core.gardener.cloud": 9}] * 3, ["shoots.core.gardener.cloud"]),
        ({"machineclasses.machine.sapcloud.io": 79}, [{"machineclasses.machine.sapcloud.io": 100}], []),
        ({"shoots.core.gardener.cloud": 2}, [{"shoots.core.gardener.cloud": 3}] * 3, []),
        # of some there may be one alone, which does not go by itself
        ({}, [{"gardens.operator.gardener.cloud": 1}], ["gardens.operator.gardener.cloud"]),
        ({"zones": 0, "machines": 0}, [{"zones": 3, "machines": 1}] * 3, ["machines", "zones"]),
        ({"zones": 1, "rows": 0}, [{"zones": 3, "rows": 3}] * 3, []),
        ({"zones": 0}, [{"zones": 0}, {"zones": 0}, {"zones": 1}], []),
    ],
)
def test_a_drop_is_suspicious_where_it_is_more_than_a_day_explains(counts, before, suspicious):
    """G6: an emptied database is told."""
    assert [text.split()[0] for text in manifest.drops(counts, before)] == suspicious


@pytest.mark.parametrize(
    ("unlisted", "suspicious"),
    [
        ([], ["rows", "widgets.example.org", "widgets.of.example.org"]),
        (["widgets.example.org"], ["rows", "widgets.of.example.org"]),
        (["example.org"], ["rows", "widgets.of.example.org"]),
        (["of.example.org", "widgets"], ["rows", "widgets.example.org"]),
    ],
)
def test_what_could_not_be_listed_has_not_dropped(unlisted, suspicious):
    """G6: what nobody has counted is not none."""
    before = [dict.fromkeys(("widgets.example.org", "widgets.of.example.org", "rows"), 9)]
    assert [text.split()[0] for text in manifest.drops({"rows": 1}, before, unlisted)] == suspicious


def made(revisions, generation=2, name="s1"):
    return {"generation": generation, "set": name, "facts": {"revisions": revisions} if revisions else {}}


@pytest.mark.parametrize(
    ("revisions", "before", "told"),
    [
        ([500, 510], [], False),
        ([500, 510], [made([400, 410]), made([300, 310])], False),
        ([500, 510], [made([600, 610])], True),
        # not the newest by its name, but made last
        ([500, 510], [made([400, 410]), made([600, 610])], True),
        # by another server at the same time
        ([500, 510], [made([505, 507])], False),
        ([500, 510], [made([510, 600])], False),
        # nothing happened in between
        ([500, 500], [made([500, 500])], False),
        # restored: those of before do not count
        ([500, 510], [made([600, 610], generation=1)], False),
        ([500, 510], [made(None)], False),
        (None, [made([600, 610])], False),
    ],
)
def test_data_that_are_older_than_a_set_of_their_generation_are_told(revisions, before, told):
    """G1: a disk that was put back to a former moment is not backed up as the newest."""
    facts = {"revisions": revisions} if revisions else {}
    found = manifest.older(facts, before, 2)
    assert found == (["the revision of the data is 510, set s1 of the same generation holds 600: they are older"]
                     if told else [])  # fmt: skip


def test_a_fingerprint_tells_secrets_apart_and_is_bound_to_the_lineage():
    one = manifest.fingerprint("secret", "a")
    assert one == manifest.fingerprint("secret", "a")
    assert len({one, manifest.fingerprint("secret", "b"), manifest.fingerprint("other", "a")}) == 3
