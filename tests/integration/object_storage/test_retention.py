"""Old sets are removed from real object storage, by real restic and the pruner's keys, and no others."""

from __future__ import annotations

import datetime
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from backed_up_host import MakeHost, data, write
from endpoint import Endpoint

from plugins.module_utils._backup import catalogue, keys, program, prune, restic
from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._backup.retention import Policy
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site, now
from plugins.module_utils._backup.store import Forbidden

# Long after all that the tests make now, so that its name alone says how old a set is.
LATER = (now() + datetime.timedelta(days=40)).replace(hour=12, minute=0, second=0, microsecond=0)
# What one run hides the next would else remove.
LONG = Policy(hidden_days=100)
Prune = Callable[..., prune.Plan]


def named(days: float) -> str:
    return (LATER - datetime.timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")


def made(site: Site, *days: float, level: int = 1) -> None:
    for one in days:
        (data(site) / "row0").write_text(f"made {one} days before\n" * 50)
        program.made(site, named(one), ["accounts"], level)


def there(site: Site) -> list[tuple[str, str]]:
    return [(one.lineage, one.name) for one in catalogue.sets(site.listed())]


def packs(site: Site) -> set[str]:
    return set(site.store.keys(f"{keys.repository(site.settings.site, 'L1')}/data/"))


@pytest.fixture
def pruner(host: Site, first: Endpoint) -> Site:
    """Return the site as the account sees it that may remove versions."""
    return prune.by(host.settings, **first.variables["pruner"])


@pytest.fixture
def planned(pruner: Site) -> Prune:
    """Return what tells what there is to do."""

    def plan(policy: Policy = LONG, accept: tuple[str, ...] = ()) -> prune.Plan:
        return prune.plan(pruner, policy, pruner.settings.set_components, accept, LATER)

    return plan


@pytest.fixture
def pruned(pruner: Site, planned: Prune) -> Prune:
    """Return what does it."""

    def do(**more: Any) -> prune.Plan:
        plan = planned(**more)
        prune.run(pruner, plan)
        return plan

    return do


def test_old_sets_go_and_what_stays_is_whole(host: Site, make_host: MakeHost, planned: Prune, pruned: Prune) -> None:
    other = make_host("host2")
    write(other, 8)
    other.belong("L0")
    made(other, 104, 103, 102, 101)
    made(host, 60, 31, 10.4, 10.1)
    made(host, 8, level=0)
    made(host, 2, 1)
    before = there(host)
    # what check mode tells is what is done, and telling it does nothing
    told = planned()
    assert there(host) == before
    assert pruned() == told
    gone = [("L0", named(104)), ("L1", named(60)), ("L1", named(31)), ("L1", named(10.4))]
    assert [(verdict.one.lineage, verdict.one.name) for verdict in told.going] == gone
    assert there(host) == [one for one in before if one not in gone]
    for site in (other, host):
        for lineage, name in there(site):
            if lineage == site.record.lineage:
                assert Sets(site).verify(1, name, "accounts", again=True)["verified"]
        site.restic(site.record.lineage)._run("check", "--read-data")
    assert not [key for key in host.listed() if any(name in key for _lineage, name in gone)]
    assert [len(host.restic(lineage).snapshots()) for lineage in ("L0", "L1")] == [3, 4]
    assert not planned().changes


def test_what_is_hidden_for_long_is_removed_and_nothing_else(
    host: Site, pruner: Site, planned: Prune, pruned: Prune
) -> None:
    made(host, 60, 3, 2, 1)
    pruned()
    prefix = f"{host.settings.site}/"
    current = sorted(host.store.keys(prefix))
    # of its own there is more than what was current: restic's locks, and what was pruned
    assert len(pruner.store.versions(prefix)) > len(current)
    assert pruned(policy=Policy()).versions
    left = pruner.store.versions(prefix)
    assert all(one.latest and not one.marker for one in left)
    assert sorted(one.key for one in left) == sorted(host.store.keys(prefix)) == current
    for days in (3, 2, 1):
        assert Sets(host).verify(1, named(days), "accounts", again=True)["verified"]
    # the verification has written what it found, and restic has locked
    pruned(policy=Policy())
    assert not planned(policy=Policy()).changes


def test_a_suspect_set_stops_everything(host: Site, planned: Prune, pruned: Prune) -> None:
    """G5: nothing is pruned while the newest is suspect."""
    made(host, 60, 59, 58, 57)
    for path in data(host).iterdir():
        path.unlink()
    made(host, 1)
    before = there(host)
    with pytest.raises(BackupError, match=f"set {named(1)} .* suspect"):
        planned()
    assert there(host) == before
    # It takes no place of those that are good.
    assert [verdict.one.name for verdict in pruned(accept=(named(1),)).going] == [named(60)]
    assert [name for _lineage, name in there(host)] == [named(days) for days in (59, 58, 57, 1)]


def test_a_suspect_set_that_was_promoted_stops_nothing_and_goes_with_its_record(host: Site, pruned: Prune) -> None:
    made(host, 60)
    for path in data(host).iterdir():
        path.unlink()
    made(host, 50)
    Sets(host).promote(named(50))
    record = catalogue.sets(host.listed())[1].parts["accounts"].place.promoted()
    assert record in host.listed()
    made(host, 3, 2, 1)
    assert [verdict.one.name for verdict in pruned().going] == [named(60), named(50)]
    assert record not in host.listed()


def test_keys_of_the_hosts_prune_nothing(host: Site, first: Endpoint) -> None:
    """G5: that takes an identity of its own."""
    made(host, 60, 3, 2, 1)
    before = there(host)
    for account in (host, prune.by(host.settings, "nobody", "its-secret")):
        with pytest.raises(Forbidden, match=r"cannot list .* check the keys"):
            prune.plan(account, LONG, ["accounts"], (), LATER)
    reader = prune.by(host.settings, **first.variables["reader"])
    plan = prune.plan(reader, LONG, ["accounts"], (), LATER)
    with pytest.raises(Forbidden, match="cannot write"):
        prune.run(reader, plan)
    assert there(host) == before


@pytest.mark.parametrize("step", ["forget", "prune"])
def test_a_run_that_is_killed_is_finished_by_the_next(
    host: Site, planned: Prune, pruned: Prune, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(host, 60, 59, 3, 2, 1)
    before = packs(host)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(restic.Restic, step, killed)
        with pytest.raises(KeyboardInterrupt):
            pruned()
    assert [name for _lineage, name in there(host)] == [named(days) for days in (3, 2, 1)]
    assert packs(host) == before
    assert pruned().changes
    assert len(host.restic("L1").snapshots()) == 3
    assert packs(host) != before
    host.restic("L1")._run("check", "--read-data")
    assert not planned().changes


def test_a_lock_of_the_dead_keeps_nobody_from_pruning(host: Site, pruned: Prune) -> None:
    made(host, 60, 3, 2, 1)
    one = host.restic("L1")
    command = [*one._command, "backup", "--stdin"]
    dying = subprocess.Popen(command, env=one._environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    locks = f"{keys.repository(host.settings.site, 'L1')}/locks/"
    deadline = time.monotonic() + 60
    while not host.store.keys(locks) and time.monotonic() < deadline:
        time.sleep(0.1)
    dying.send_signal(signal.SIGKILL)
    dying.communicate()
    assert host.store.keys(locks)
    assert len(pruned().going) == 1
    assert not host.store.keys(locks)


def test_what_somebody_has_deleted_is_not_removed_for_good(
    host: Site, first: Endpoint, pruner: Site, planned: Prune
) -> None:
    made(host, 60, 3, 2, 1)
    key = catalogue.sets(host.listed())[-1].parts["accounts"].place.key()
    host.store.delete(key)
    with pytest.raises(BackupError, match=f"somebody has deleted {key}"):
        planned(policy=Policy())
    (marker,) = [one for one in pruner.store.versions(key) if one.marker]
    pruner.store.delete(key, marker.id)
    assert [verdict.one.name for verdict in planned().going] == [named(60)]


def test_a_manifest_that_cannot_be_read_stops_everything(
    host: Site, make_host: MakeHost, first: Endpoint, planned: Prune
) -> None:
    made(host, 60, 3, 2, 1)
    stranger = prune.by(
        make_host("other", password="another-password-altogether").settings, **first.variables["pruner"]
    )
    with pytest.raises(BackupError, match=r"nothing is removed .*another one"):
        prune.plan(stranger, LONG, ["accounts"], (), LATER)
    first.put(catalogue.sets(host.listed())[0].parts["accounts"].place.key(), b"{}")
    with pytest.raises(BackupError, match=r"nothing is removed .*no manifest"):
        planned()
