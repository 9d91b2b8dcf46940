"""Sets of backups in real object storage, by real restic: the guards that no good backup is lost by."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from backed_up_host import MakeHost, contents, data, made, write
from endpoint import Endpoint

from plugins.module_utils._backup import catalogue, disk, files, keys, newest, program, prune, restic, results
from plugins.module_utils._backup.errors import BackupError, Unreachable
from plugins.module_utils._backup.gate import Local, Record
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site, now

FIRST, SECOND, THIRD = (f"20261127T0{hour}0000Z" for hour in (6, 7, 8))


def restored(site: Site, name: str, generation: int = 1) -> None:
    into = site.begin_restored("L1", name)
    Sets(site).restore("accounts", "L1", generation, name, into)


def test_what_was_backed_up_comes_back_and_is_a_new_generation(host: Site, make_host: MakeHost) -> None:
    """G8: no host backs up between a restore and its confirmation, which stands for keys that only read."""
    outcome = made(host, FIRST)
    assert outcome["made"] and outcome["level"] == 2 and outcome["suspect"] == []
    before = contents(host)
    (data(host) / "row1").unlink()
    (data(host) / "later").write_text("made after the set")
    restored(host, FIRST)
    assert contents(host) == before
    assert disk.read_record(host.settings.state) == Record("L1", 2)
    other = make_host("host2")
    write(other, 8)
    disk.write_record(other.settings.state, Record("L1", 2))
    for site in (Site(host.settings), other):
        with pytest.raises(BackupError, match="not confirmed"):
            made(site, SECOND)
        with pytest.raises(BackupError, match="not confirmed"):
            program.verified(site, 2, FIRST, [], again=True)
    assert [one["component"] for one in Sets(host).confirm()] == ["accounts"]
    assert made(other, SECOND)["made"]
    assert [(one.generation, one.name) for one in catalogue.sets(host.listed())] == [(1, FIRST), (2, SECOND)]


@pytest.mark.long
def test_a_component_is_fetched_beside_what_runs(host: Site, make_host: MakeHost, tmp_path: Path) -> None:
    """Another host looks at it; neither of them has anything to confirm."""
    made(host, FIRST)
    before = contents(host)
    other = make_host("host2")
    write(other, 2)
    other.belong("L1")
    own, directory = contents(other), tmp_path / "fetched"
    assert Sets(other).fetch_alone("accounts", "L1", 1, FIRST, directory)["set"] == FIRST
    found = {path.name: path.read_text() for path in directory.rglob("row*")}
    assert found == before and stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert contents(other) == own and Sets(other).restoring() == []
    with pytest.raises(BackupError):
        Sets(other).fetch_alone("accounts", "L1", 1, SECOND, tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_hosts_that_make_a_set_at_once_make_it_once(host: Site, make_host: MakeHost) -> None:
    hosts = [host, make_host("host2"), make_host("host3")]
    for other in hosts[1:]:
        write(other, 8)
        other.belong("L1")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda one: made(one, FIRST), hosts))
    assert sorted(one["made"] for one in outcomes) == [False, False, True]
    (winner,) = [one["host"] for one in outcomes if one["made"]]
    (part,) = catalogue.sets(host.listed())[0].parts.values()
    assert host.manifest(part.place)["host"] == winner


def test_a_backup_waits_for_whatever_else_the_host_does_with_its_backups(host: Site) -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with disk.alone(host.settings.state):
            waits = [pool.submit(made, host, FIRST), pool.submit(Sets(host).verify, 1, "", "accounts")]
            time.sleep(2)
            assert not any(one.done() for one in waits) and host.listed() == []
        assert waits[0].result(60)["made"]


def test_a_restore_leaves_what_it_reads_as_it_is(host: Site, first: Endpoint) -> None:
    """G10: whatever becomes of a restore, the set is there as it was, and may be restored again."""

    pruner = prune.by(host.settings, **first.variables["pruner"])

    def kept() -> set[tuple[str, str]]:
        whole = pruner.store.versions(f"{host.settings.site}/")
        assert not [one for one in whole if one.marker and "/locks/" not in one.key]
        return {(one.key, one.id) for one in whole if "/locks/" not in one.key}

    made(host, FIRST)
    before = kept()
    restored(host, FIRST)
    assert before <= kept()
    # All that is new says that a generation was begun, and that it is not confirmed.
    site = host.settings.site
    marks = {keys.unconfirmed(site, "L1", 2), keys.unconfirmed(site, "L1", 2, "accounts")}
    assert {key for key, _ in kept() - before} == {keys.marker(site, "L1", 2), *marks}
    Sets(host).confirm()
    restored(host, FIRST)


def test_a_lineage_is_begun_once(make_host: MakeHost) -> None:
    """G2: two that begin it are one beginning."""
    first, second = make_host("host1"), make_host("host2")
    assert (first.belong("L1"), second.belong("L1"), second.belong("L1")) == (True, True, False)
    assert first.generations() == {"L1": 1}
    with pytest.raises(BackupError, match="founded anew"):
        second.belong("L2")
    assert first.generations() == {"L1": 1}


def test_data_that_were_made_anew_are_not_backed_up_beside_the_old_ones(host: Site, make_host: MakeHost) -> None:
    made(host, FIRST)
    before = host.store.keys(f"{host.settings.site}/")
    with pytest.raises(BackupError, match="holds backups of L1"):
        make_host("rebuilt").belong("L2")
    assert host.store.keys(f"{host.settings.site}/") == before
    # What is of another kind has an identity of its own.
    other = make_host("other")
    (component,) = other.settings.components
    of_another_kind = {**component, "name": "registry"}
    assert Site(dataclasses.replace(other.settings, components=(of_another_kind,))).belong("L3")


def test_only_one_restore_begins_a_generation(host: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """G2: the second of two at once is refused."""
    made(host, FIRST)
    stale = host.generations()
    assert host.begin_restored("L1", FIRST) == 2
    monkeypatch.setattr(host, "generations", lambda: stale)
    with pytest.raises(BackupError, match="begun by somebody else"):
        host.begin_restored("L1", FIRST)


def test_files_that_come_while_they_are_backed_up_are_no_damage(host: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link is no file, to restic either."""
    collect = files.Files.collect

    def then_written_to(self: files.Files, *arguments: Any) -> Any:
        found = collect(self, *arguments)
        (data(host) / "meanwhile").write_text("written since the command before has run")
        (data(host) / "below").mkdir()
        (data(host) / "below" / "link").symlink_to("/etc/hostname")
        return found

    monkeypatch.setattr(files.Files, "collect", then_written_to)
    assert made(host, FIRST)["level"] == 2
    assert host.choose()["components"]["accounts"]["facts"]["counts"] == {"files": 9}


def test_another_password_opens_nothing(host: Site, make_host: MakeHost) -> None:
    made(host, FIRST)
    stranger = make_host("stranger", password="another-password-altogether")
    with pytest.raises(BackupError, match="not sealed with this site's backup password"):
        stranger.choose()
    with pytest.raises(BackupError, match="the backup password does not open it"):
        stranger.restic("L1")._run("cat", "config")


def test_contents_without_a_manifest_are_no_set(host: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made(host, FIRST)
    monkeypatch.setattr(host.store, "put_new", lambda *_: (_ for _ in ()).throw(Unreachable("cut off")))
    with pytest.raises(BackupError, match="cut off"):
        made(host, SECOND)
    monkeypatch.undo()
    assert [one.name for one in catalogue.sets(host.listed())] == [FIRST]
    assert host.choose()["set"] == FIRST
    assert not list((host.settings.state / "stage").iterdir())


def test_a_key_that_is_revoked_in_the_middle_makes_no_set(
    host: Site, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked = make_host("host1", secret_key="revoked-in-the-meantime")
    monkeypatch.setattr(host, "restic", revoked.restic)
    with pytest.raises(BackupError, match="refuses the key"):
        made(host, FIRST)
    assert host.listed() == []


@pytest.mark.parametrize("known", [{}, {"L2": 4}], ids=["emptied", "somebody else's"])
def test_a_storage_that_does_not_know_the_data_gets_no_backup(
    host: Site, known: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "generations", lambda: known)
    with pytest.raises(BackupError, match="does not know the data on this host"):
        made(host, FIRST)
    monkeypatch.undo()
    assert host.listed() == []


def test_data_from_before_a_restore_neither_start_nor_are_backed_up(host: Site, make_host: MakeHost) -> None:
    """G9: a lower generation than the storage has is refused."""
    made(host, FIRST)
    make_host("new-host").begin_restored("L1", FIRST)
    assert not host.may_start(Local(True)).allowed
    with pytest.raises(BackupError, match="before a restore"):
        made(host, SECOND)
    with pytest.raises(BackupError, match="before a restore"):
        host.belong("L1")


def test_an_unreachable_storage_keeps_no_data_from_starting(host: Site, make_host: MakeHost) -> None:
    cut_off = make_host("host1", endpoint="https://198.51.100.40:7070")
    answer = cut_off.may_start(Local(True))
    assert answer.allowed and answer.alarm and "gives no answer" in answer.reason


def test_an_empty_database_is_not_restored_by_itself(host: Site) -> None:
    """G6: what is suspect is not promoted by itself."""
    made(host, FIRST)
    for path in data(host).iterdir():
        path.unlink()
    (data(host) / "row0").write_text("a fresh database")
    assert made(host, SECOND)["suspect"]
    # However often it is backed up: what is suspect itself is no measure.
    assert made(host, THIRD)["suspect"]
    assert host.choose()["set"] == FIRST
    assert host.choose(name=SECOND)["set"] == SECOND
    fourth = "20261127T090000Z"
    assert not program.made(host, fourth, ["accounts"], 2, accept_drop=True)[0]["suspect"]
    assert host.choose()["set"] == fourth
    # What was accepted once is the measure from then on.
    fifth = "20261127T100000Z"
    assert not made(host, fifth)["suspect"]
    assert host.choose()["set"] == fifth


@pytest.mark.long
def test_a_database_of_machines_is_judged_by_what_its_command_counts(host: Site) -> None:
    """G6: machines do not vanish by a fifth, whatever the size of the dump."""

    def counting(machines: int) -> Site:
        command = ["sh", "-c", f"echo '{{\"machines\": {machines}}}' > $BACKUP_STAGE/counts.json"]
        component = {**host.settings.components[0], "pre_command": command}
        return Site(dataclasses.replace(host.settings, components=(component,)))

    assert not made(counting(10), FIRST)["suspect"]
    assert made(counting(7), SECOND)["suspect"] == ["machines is 7, the median of the last 1 sets is 10"]
    assert made(counting(0), THIRD)["suspect"] and host.choose()["set"] == FIRST
    assert not made(counting(8), "20261127T090000Z")["suspect"]


def test_a_suspect_set_counts_as_good_once_it_was_promoted(host: Site) -> None:
    made(host, FIRST)
    for path in data(host).iterdir():
        path.unlink()
    (data(host) / "row0").write_text("all that is left, as everybody knows")
    assert made(host, SECOND)["suspect"] and host.choose()["set"] == FIRST
    with pytest.raises(BackupError, match=f"no set {THIRD}; the newest are {FIRST}, {SECOND}"):
        Sets(host).promote(THIRD)
    (outcome,) = Sets(host).promote(SECOND)
    assert outcome["component"] == "accounts" and outcome["accepted"]
    results.note_promoted(host, SECOND)
    assert results.read(host.settings.state)["accounts"]["suspect"] == []
    assert host.choose()["set"] == SECOND and host.choose()["level"] == 2
    # It is the measure from then on.
    assert made(host, THIRD)["suspect"] == [] and host.choose()["set"] == THIRD
    assert Sets(host).promote(SECOND) == [] and Sets(host).promote(FIRST) == []


def test_a_broken_manifest_keeps_nobody_from_backing_up_or_restoring(host: Site, first: Endpoint) -> None:
    made(host, FIRST)
    made(host, SECOND)
    broken = catalogue.sets(host.listed())[1].parts["accounts"].place
    first.put(broken.key(), b"{}")
    assert host.choose()["set"] == FIRST
    assert made(host, THIRD)["made"]
    assert host.choose()["set"] == THIRD
    assert host.choose(name=FIRST)["set"] == FIRST
    with pytest.raises(BackupError, match="no manifest"):
        host.choose(name=SECOND)


def test_an_answer_that_was_lost_is_no_other_writer(host: Site) -> None:
    key = f"{host.settings.site}/lost"
    assert host.store.put_new(key, b"ours")
    assert host.store.put_new(key, b"ours")
    assert not host.store.put_new(key, b"theirs")


def test_what_nobody_foresaw_is_a_failure_too(host: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "contents", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(BackupError, match="No space left on device"):
        made(host, FIRST)
    assert results.read(host.settings.state)["accounts"]["success"] is False


def test_a_restore_that_was_cut_off_counts_as_no_data_and_starts_over(
    host: Site, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G7: what is half in place is marked, and counts for nothing."""
    made(host, FIRST)
    before = contents(host)
    into = host.begin_restored("L1", FIRST)

    def cut_off(self: files.Files, *_: Any) -> None:
        (data(host) / "row0").write_text("half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(files.Files, "restore", cut_off)
        with pytest.raises(KeyboardInterrupt):
            Sets(host).restore("accounts", "L1", 1, FIRST, into)
    assert Sets(host).holding() == {"accounts": False}
    with pytest.raises(BackupError, match="not confirmed"):
        made(host, SECOND)
    Sets(host).restore("accounts", "L1", 1, FIRST, host.begin_restored("L1", FIRST))
    assert contents(host) == before
    assert Sets(host).holding() == {"accounts": True}


def test_a_damaged_pack_is_found_and_changes_nothing(host: Site, first: Endpoint) -> None:
    """G7: a set is fetched and checked beside the data before they are touched."""
    made(host, FIRST)
    packs = host.store.keys(f"{keys.repository(host.settings.site, 'L1')}/data/")
    for pack in packs:
        content = bytearray(first.get("writer", pack))
        content[len(content) // 2] ^= 1
        first.put(pack, bytes(content))
    before = contents(host)
    with pytest.raises(BackupError):
        Sets(host).fetch_ahead("accounts", "L1", 1, FIRST)
    assert [place.set for place in Sets(host).marked()] == [FIRST]
    assert host.generations() == {"L1": 1}
    with pytest.raises(BackupError):
        restored(host, FIRST)
    assert contents(host) == before
    assert not (host.settings.state / "restoring-accounts.json").exists()
    # Versions that were there before can still be had by whoever may read them.
    versions = first.client("reader").list_object_versions(Bucket=first.bucket, Prefix=packs[0])["Versions"]
    assert len(versions) == 2


def test_what_was_fetched_ahead_is_put_back_without_the_storage(host: Site, first: Endpoint) -> None:
    made(host, FIRST)
    before = contents(host)
    Sets(host).fetch_ahead("accounts", "L1", 1, FIRST)
    for pack in host.store.keys(f"{keys.repository(host.settings.site, 'L1')}/data/"):
        first.client("writer").delete_object(Bucket=first.bucket, Key=pack)
    write(host, 9)
    restored(host, FIRST)
    assert contents(host) == before


def test_another_sets_manifest_in_its_place_is_refused(host: Site, first: Endpoint) -> None:
    made(host, FIRST)
    write(host, 9)
    made(host, SECOND)
    one, other = (one.parts["accounts"].place for one in catalogue.sets(host.listed()))
    first.put(other.key(), first.get("writer", one.key()))
    with pytest.raises(BackupError, match="manifest of another part"):
        Sets(host).fetch(other, host.settings.state / "scratch", 1)


def test_a_wrong_authority_is_named(host: Site, make_host: MakeHost, second: Endpoint) -> None:
    stranger = make_host("host1", ca_file=str(second.ca))
    with pytest.raises(Unreachable, match=r"(?i)certificate"):
        stranger.generations()
    with pytest.raises(Unreachable, match="x509"):
        restic.Restic(stranger.settings, "L1")._run("cat", "config")


def test_a_third_set_is_verified_where_it_was_not(host: Site) -> None:
    program.made(host, THIRD, ["accounts"], 0)
    assert catalogue.sets(host.listed())[0].level(["accounts"]) == 0
    assert Sets(host).verify(2, "", "accounts")["verified"]
    assert catalogue.sets(host.listed())[0].level(["accounts"]) == 2
    assert not Sets(host).verify(2, "", "accounts")["verified"]


def test_the_catalogue_tells_how_a_backup_has_grown_and_was_verified(host: Site) -> None:
    made(host, FIRST)
    Sets(host).rehearse("accounts", 0)
    write(host, 12)
    made(host, SECOND)
    found = newest.tell(host, catalogue.sets(host.listed()), ["accounts", "k3s"])
    assert set(found) == {"accounts"} and found["accounts"]["set"] == SECOND
    assert found["accounts"]["bytes"] == sum(len(text) for text in contents(host).values())
    assert found["accounts"]["change"] == pytest.approx(12 / 8 - 1, abs=0.05)
    verified, rehearsal = found["accounts"]["verified"], found["accounts"]["rehearsal"]
    assert (verified["set"], verified["level"], verified["host"]) == (SECOND, 2, "host1")
    assert rehearsal["set"] == FIRST and 0 < rehearsal["seconds"] < 60 and 0 <= rehearsal["age"] < 60


def test_a_restore_is_rehearsed_once_in_a_while(host: Site) -> None:
    lately = now().strftime("%Y%m%dT%H%M%SZ")
    made(host, FIRST)
    made(host, lately)
    day = 24 * 3600
    first = Sets(host).rehearse("accounts", 6 * day)
    assert (first["set"], first["verified"]) == (lately, True)
    assert catalogue.sets(host.listed())[-1].level(["accounts"]) == 3
    assert not Sets(host).rehearse("accounts", 6 * day)["verified"]
    assert Sets(host).rehearse("accounts", 0)["verified"]
