"""The second object storage: what is copied there is enough to restore from, and nothing bad gets there."""

from __future__ import annotations

import argparse
from typing import Any

import pytest
from backed_up_host import MakeHost, contents, data, last, made, spoil, write
from endpoint import Endpoint

from plugins.module_utils._backup import catalogue, disk, keys, program, results
from plugins.module_utils._backup.copies import Copies
from plugins.module_utils._backup.errors import BackupError, Unreachable
from plugins.module_utils._backup.gate import Record
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site

FIRST, SECOND, THIRD = (f"20261127T0{hour}0000Z" for hour in (6, 7, 8))


@pytest.fixture
def source(make_host: MakeHost, second: Endpoint) -> Site:
    """Return a host with data whose backups are copied."""
    site = make_host(copies_to=second)
    write(site, 8)
    site.belong("L1")
    return site


def packs(source: Site) -> list[str]:
    return source.store.keys(f"{keys.repository(source.settings.site, 'L1')}/data/")


def test_a_set_is_restored_from_the_second_storage_alone(source: Site, make_host: MakeHost) -> None:
    made(source, FIRST)
    copied = program.copied(source)
    assert copied["set"] == FIRST and copied["objects"] > 5 and copied["bytes"] > 0
    before = contents(source)
    for path in data(source).iterdir():
        path.unlink()
    left = source.elsewhere()
    chosen = left.choose()
    assert (chosen["set"], chosen["level"]) == (FIRST, 2)
    Sets(left).restore("accounts", "L1", 1, FIRST, left.begin_restored("L1", FIRST))
    assert contents(left) == before
    Sets(left).confirm()
    assert made(Site(left.settings), SECOND)["made"]
    assert results.read_copy(source.settings)["set"] == FIRST


def test_a_first_storage_that_returns_after_a_restore_from_the_second_is_told_what_it_missed(source: Site) -> None:
    made(source, FIRST)
    program.copied(source)
    left = source.elsewhere()
    Sets(left).restore("accounts", "L1", 1, FIRST, left.begin_restored("L1", FIRST))
    Sets(left).confirm()
    back = Site(source.settings)
    assert back.generations() == {"L1": 1}
    assert (back.belong("L1"), back.belong("L1")) == (True, False)
    assert back.generations() == {"L1": 2}
    assert made(back, SECOND)["made"]
    assert program.copied(back)["set"] == SECOND
    marker = keys.marker(back.settings.site, "L1", 2)
    assert back.store.get(marker) == left.store.get(marker)


def test_a_storage_that_returns_is_not_told_of_what_was_restored_from_it_too(source: Site) -> None:
    made(source, FIRST)
    program.copied(source)
    left = source.elsewhere()
    source.begin(Record("L1", 2), "by somebody else")
    for generation in (2, 3):
        left.begin(Record("L1", generation), FIRST)
    disk.write_record(source.settings.state, Record("L1", 3))
    back = Site(source.settings)
    for write_to in (lambda: back.belong("L1"), back.refuse_foreign):
        with pytest.raises(BackupError, match="restored from both"):
            write_to()
    assert back.generations() == {"L1": 2}


def test_a_storage_that_returns_is_told_nothing_that_waits_to_be_compared(source: Site) -> None:
    made(source, FIRST)
    program.copied(source)
    left = source.elsewhere()
    left.begin_restored("L1", FIRST)
    disk.write_record(source.settings.state, Record("L1", 2))
    with pytest.raises(BackupError, match="not compared"):
        Site(source.settings).refuse_foreign()
    assert Site(source.settings).generations() == {"L1": 1}


def test_a_second_storage_that_is_down_or_knows_nothing_stops_no_backup(
    source: Site, make_host: MakeHost, second: Endpoint
) -> None:
    made(source, FIRST)
    disk.write_record(source.settings.state, Record("L1", 2))
    Site(source.settings).refuse_foreign()
    down = make_host(copies_to=second, second_changes={"endpoint": "https://198.51.100.40:7070"})
    down.refuse_foreign()
    assert down.generations() == {"L1": 1}


def test_that_a_set_was_promoted_is_known_in_the_second_storage_too(source: Site) -> None:
    made(source, FIRST)
    for path in data(source).iterdir():
        path.unlink()
    (data(source) / "row0").write_text("all that is left")
    made(source, SECOND)
    program.copied(source)
    assert source.elsewhere().choose()["set"] == FIRST
    Sets(source).promote(SECOND)
    assert program.copied(source)["objects"] == 1
    assert source.elsewhere().choose()["set"] == SECOND


def test_what_is_there_is_not_copied_again(source: Site) -> None:
    made(source, FIRST)
    assert program.copied(source)["objects"] > 0
    assert program.copied(source)["objects"] == 0
    write(source, 9)
    made(source, SECOND)
    # One pack of data, one of trees, an index, a snapshot, a manifest, a verification: no more than what is new.
    assert 0 < program.copied(source)["objects"] <= 8
    assert source.elsewhere().choose()["set"] == SECOND


def test_a_set_that_was_not_verified_is_not_copied(source: Site) -> None:
    made(source, FIRST)
    program.made(source, SECOND, ["accounts"], 0)
    program.copied(source)
    assert [one.name for one in catalogue.sets(source.elsewhere().listed())] == [FIRST]
    Sets(source).verify(2, SECOND, "accounts")
    program.copied(source)
    assert [one.name for one in catalogue.sets(source.elsewhere().listed())] == [FIRST, SECOND]


def there(source: Site) -> list[str]:
    return [one.name for one in catalogue.sets(source.elsewhere().listed())]


@pytest.mark.long
def test_a_damaged_pack_keeps_only_the_sets_that_need_it(source: Site, first: Endpoint) -> None:
    made(source, FIRST)
    program.copied(source)
    known = set(packs(source))
    write(source, 9)
    made(source, SECOND)
    damaged = set(packs(source)) - known
    (data(source) / "row8").unlink()
    (data(source) / "row9").write_text("needs nothing of the set before" * 50)
    made(source, THIRD)
    spoil(first, damaged)
    with pytest.raises(BackupError, match=r"is damaged in .* and was not copied") as told:
        program.copied(source)
    assert all(pack in str(told.value) for pack in damaged)
    assert f"set {SECOND}, accounts, was not copied" in str(told.value) and THIRD not in str(told.value)
    assert there(source) == [FIRST, THIRD]
    kept = results.read_copy(source.settings)
    assert (kept["success"], kept["set"]) == (False, THIRD)
    Sets(source.elsewhere()).verify(2, THIRD, "accounts", again=True)
    assert not list((source.settings.state / "copied").iterdir())
    # Brought back, it is made up for.
    spoil(first, damaged)
    assert program.copied(source)["objects"] > 0
    assert there(source) == [FIRST, SECOND, THIRD]
    left = source.elsewhere()
    Sets(left).restore("accounts", "L1", 1, SECOND, left.begin_restored("L1", SECOND))


@pytest.mark.long
def test_a_set_that_opens_still_is_not_announced_where_a_file_of_it_is_missing(source: Site, first: Endpoint) -> None:
    """restic reads what it needs of a pack, which is copied whole or not at all."""
    made(source, FIRST)
    spoil(first, set(packs(source)), last)
    assert Sets(source).verify(2, FIRST, "accounts", again=True)["verified"]
    with pytest.raises(BackupError, match=f"set {FIRST}, accounts, was not copied"):
        program.copied(source)
    assert there(source) == []
    assert results.read_copy(source.settings)["set"] == ""


def test_damage_that_comes_later_does_not_reach_what_was_copied(source: Site, first: Endpoint) -> None:
    made(source, FIRST)
    program.copied(source)
    for pack in packs(source):
        first.put(pack, b"overwritten by somebody")
    assert program.copied(source)["objects"] == 0
    left = source.elsewhere()
    Sets(left).restore("accounts", "L1", 1, FIRST, left.begin_restored("L1", FIRST))


@pytest.mark.parametrize("written", [0, 3, 7])
def test_cut_off_anywhere_it_leaves_whole_sets_only_and_goes_on(
    source: Site, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(source, FIRST)
    copies, count = Copies(source), 0
    put = copies._put

    def cut_off(*arguments: Any) -> int:
        nonlocal count
        count += 1
        if count > written:
            raise KeyboardInterrupt
        return put(*arguments)

    monkeypatch.setattr(copies, "_put", cut_off)
    with pytest.raises(KeyboardInterrupt):
        copies.copy()
    left = source.elsewhere()
    for one in catalogue.sets(left.listed()):
        Sets(left).fetch(one.parts["accounts"].place, source.settings.state / "scratch", 1)
    program.copied(source)
    assert left.choose()["set"] == FIRST


def test_no_cache_stands_in_for_what_is_damaged_in_the_second_storage(source: Site, second: Endpoint) -> None:
    """restic keeps the index of a repository, by an identity that its copy has, too."""
    made(source, FIRST)
    program.copied(source)
    for index in source.store.keys(f"{keys.repository(source.settings.site, 'L1')}/index/"):
        second.put(index, b"overwritten by somebody")
    with pytest.raises(BackupError):
        program.verified_copies(source, 2, [])


@pytest.mark.long
def test_damage_in_the_second_storage_is_found_and_told_apart(source: Site, second: Endpoint) -> None:
    made(source, FIRST)
    program.copied(source)
    arguments = argparse.Namespace(level=2, set="", component=[], rehearse=False)
    assert [one["verified"] for one in program.verify(source, arguments)] == [True, True]
    for pack in packs(source):
        second.put(pack, b"overwritten by somebody")
    with pytest.raises(BackupError):
        program.verify(source, arguments)
    assert results.read(source.settings.state)["accounts"]["verified"]
    assert results.read_copy(source.settings)["verified"]["accounts"]


def test_another_repository_in_its_place_is_refused(source: Site) -> None:
    made(source, FIRST)
    left = source.elsewhere()
    left.restic("L1").create()
    before = left.store.keys(f"{source.settings.site}/")
    with pytest.raises(BackupError, match="another repository"):
        program.copied(source)
    assert left.store.keys(f"{source.settings.site}/") == before


def test_a_storage_that_was_restored_from_is_no_copy_any_more(source: Site) -> None:
    made(source, FIRST)
    program.copied(source)
    source.elsewhere().begin_restored("L1", FIRST)
    made(source, SECOND)
    with pytest.raises(BackupError, match="make it the first one"):
        program.copied(source)


def test_data_from_before_a_restore_are_not_copied(source: Site) -> None:
    made(source, FIRST)
    source.begin_restored("L1", FIRST)
    with pytest.raises(BackupError, match="before a restore"):
        program.copied(source)
    disk.write_record(source.settings.state, Record("L1", 2))
    with pytest.raises(BackupError, match="not confirmed"):
        program.copied(Site(source.settings))
    source.confirm(Record("L1", 2), "accounts")
    assert program.copied(Site(source.settings))["objects"] > 0


def test_a_manifest_that_was_changed_is_left_out_and_told(source: Site, first: Endpoint) -> None:
    made(source, FIRST)
    made(source, SECOND)
    broken = catalogue.sets(source.listed())[0].parts["accounts"].place
    first.put(broken.key(), b"{}")
    with pytest.raises(BackupError, match="no manifest"):
        program.copied(source)
    assert [one.name for one in catalogue.sets(source.elsewhere().listed())] == [SECOND]


def test_a_second_storage_that_is_down_keeps_nobody_from_backing_up(make_host: MakeHost, second: Endpoint) -> None:
    site = make_host(copies_to=second, second_changes={"endpoint": "https://198.51.100.40:7070"})
    write(site, 8)
    site.belong("L1")
    assert made(site, FIRST)["made"]
    with pytest.raises(Unreachable):
        program.copied(site)
    assert "198.51.100.40" in results.read_copy(site.settings)["error"]


def test_a_revoked_key_of_the_second_storage_is_named(make_host: MakeHost, second: Endpoint) -> None:
    site = make_host(copies_to=second, second_changes={"secret_key": "revoked"})
    write(site, 8)
    site.belong("L1")
    made(site, FIRST)
    with pytest.raises(Unreachable, match="check the keys"):
        program.copied(site)
