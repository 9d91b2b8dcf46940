"""A set that real restic finds damaged in real object storage is marked there, and nobody counts on it any more."""

from __future__ import annotations

import datetime

import pytest
from backed_up_host import MakeHost, contents, data, made, spoil, write
from endpoint import Endpoint

from plugins.module_utils._backup import catalogue, keys, program, prune
from plugins.module_utils._backup.errors import BackupError, Damaged
from plugins.module_utils._backup.retention import Policy
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site, now

FIRST, SECOND, THIRD = (f"20261127T0{hour}0000Z" for hour in (6, 7, 8))


def packs(host: Site) -> set[str]:
    return set(host.store.keys(f"{keys.repository(host.settings.site, 'L1')}/data/"))


def marked(site: Site) -> list[str]:
    return [part.place.set for one in catalogue.sets(site.listed()) for part in one.parts.values() if part.damaged]


def test_a_damaged_set_gives_way_to_the_one_before_until_it_is_whole_again(
    host: Site, make_host: MakeHost, first: Endpoint
) -> None:
    made(host, FIRST)
    known = packs(host)
    (data(host) / "row0").write_text("only the second has this" * 50)
    made(host, SECOND)
    own = packs(host) - known
    assert own and host.choose()["set"] == SECOND
    spoil(first, own)

    # What keeps a host from reading is no damage.
    before = host.store.keys(f"{host.settings.site}/catalogue/")
    others = [
        make_host("host2", endpoint="https://198.51.100.40:7070"),
        make_host("host3", password="another-password-altogether"),
        make_host("host4", secret_key="revoked"),
    ]
    for other in others:
        other.__dict__["record"] = host.record
        with pytest.raises(BackupError) as raised:
            Sets(other).verify(1, SECOND, "accounts", again=True)
        assert not isinstance(raised.value, Damaged)
    with pytest.raises(BackupError, match="does not open it"):
        others[1].restic("L1").restore("a" * 64, others[1].settings.state)
    assert host.store.keys(f"{host.settings.site}/catalogue/") == before and marked(host) == []

    with pytest.raises(BackupError, match="ciphertext verification failed"):
        program.verified(host, 1, "", [], again=True)
    assert marked(host) == [SECOND] and host.choose()["set"] == FIRST
    with pytest.raises(Damaged):
        Sets(host).fetch(catalogue.sets(host.listed())[1].parts["accounts"].place, host.settings.state / "scratch", 1)
    pruner = prune.by(host.settings, **first.variables["pruner"])
    later = now() + datetime.timedelta(days=40)
    with pytest.raises(BackupError, match=f"set {SECOND} .* damaged"):
        prune.plan(pruner, Policy(), ["accounts"], (), later)
    assert all(verdict.stays for verdict in prune.plan(pruner, Policy(), ["accounts"], (SECOND,), later).verdicts)

    # By its name it is restored as far as it goes, and what is there stays where it does not.
    assert host.choose(name=SECOND)["set"] == SECOND
    held = contents(host)
    with pytest.raises(Damaged):
        Sets(host).restore("accounts", "L1", 1, SECOND, 2)
    assert contents(host) == held
    spoil(first, own)
    program.verified(host, 1, "", [], again=True)
    assert marked(host) == [] and host.choose()["set"] == SECOND


@pytest.mark.long
@pytest.mark.parametrize("layer", ["index", "snapshots"])
def test_what_leads_to_the_contents_may_be_damaged_too(host: Site, first: Endpoint, layer: str) -> None:
    made(host, FIRST)
    spoil(first, host.store.keys(f"{keys.repository(host.settings.site, 'L1')}/{layer}/"))
    with pytest.raises(BackupError):
        program.verified(host, 1, "", [], again=True)
    assert marked(host) == [FIRST]


@pytest.mark.long
def test_damage_in_the_second_storage_is_marked_there_alone(make_host: MakeHost, second: Endpoint) -> None:
    site = make_host(copies_to=second)
    write(site, 8)
    site.belong("L1")
    made(site, FIRST)
    program.copied(site)
    spoil(second, packs(site))
    with pytest.raises(BackupError):
        program.verified_copies(site, 1, [])
    assert marked(site) == [] and marked(site.elsewhere()) == [FIRST]
    with pytest.raises(BackupError, match="free of suspicion and damage"):
        site.elsewhere().choose()
    assert site.choose()["set"] == FIRST


@pytest.mark.long
def test_a_set_that_is_damaged_from_the_start_was_never_verified(host: Site, first: Endpoint) -> None:
    """What is shared with a set before is not sent once more, so that its damage is that of the new set, too."""
    made(host, FIRST)
    spoil(first, packs(host))
    with pytest.raises(BackupError):
        made(host, SECOND)
    assert marked(host) == [SECOND] and host.choose()["set"] == FIRST
