"""Another password for repositories in real object storage, by real restic."""

from __future__ import annotations

from typing import Any

import pytest
from backed_up_host import MakeHost, contents, data, made, write
from endpoint import Endpoint

from plugins.module_utils._backup import keys, manifest, program, rekey
from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._backup.rekey import Rekey
from plugins.module_utils._backup.restic import Restic
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site

FIRST, SECOND, THIRD = (f"20261127T0{hour}0000Z" for hour in (6, 7, 8))
FORMER, NEXT = "the-password-of-the-site", "another-password-altogether"


@pytest.fixture
def hosts(make_host: MakeHost, second: Endpoint) -> list[Site]:
    """Return two hosts of a site whose backups are copied; the first has made a set."""
    found = [make_host(name, copies_to=second) for name in ("host1", "host2")]
    for site in found:
        write(site, 8)
        site.belong("L1")
    made(found[0], FIRST)
    program.copied(found[0])
    return found


@pytest.fixture
def pruners(first: Endpoint, second: Endpoint, hosts: list[Site]) -> rekey.Pruners:
    """Return the accounts that may remove versions."""
    storages = (hosts[0].settings.storage, hosts[0].settings.second)
    return {
        storage.where: storage.by(**endpoint.variables["pruner"])
        for storage, endpoint in zip(storages, (first, second), strict=True)
        if storage
    }


def fresh(site: Site) -> Site:
    return Site(site.settings)


def key_files(site: Site) -> list[str]:
    return site.store.keys(f"{keys.repository(site.settings.site, 'L1')}/keys/")


def opens(make_host: MakeHost, second: Endpoint, password: str) -> list[bool]:
    """Tell whether a stranger with this password opens the repository of each storage."""
    stranger = make_host("stranger", password=password, copies_to=second)
    return [site.restic("L1").opens() for site in (stranger, stranger.elsewhere())]


@pytest.mark.long
def test_an_older_set_and_a_newer_one_are_restored_with_the_other_password_and_neither_with_the_former(
    hosts: list[Site], make_host: MakeHost, first: Endpoint, second: Endpoint, pruners: rekey.Pruners
) -> None:
    before = contents(hosts[0])
    for site in hosts:
        assert rekey.offer(site.settings, NEXT)
    assert len(Rekey(hosts[0]).add()) == 2
    assert Rekey(hosts[0]).add() == []
    # Backups go on while one host works with the one password and one with the other.
    assert rekey.switch(hosts[1].settings, NEXT)
    assert made(fresh(hosts[1]), SECOND)["made"]
    program.copied(fresh(hosts[1]))
    assert Sets(fresh(hosts[0])).verify(2, SECOND, "accounts", again=True)["verified"]
    rekey.switch(hosts[0].settings, NEXT)
    assert opens(make_host, second, FORMER) == opens(make_host, second, NEXT) == [True, True]

    told = [Rekey(fresh(site)).remove(pruners) for site in hosts]
    assert [(one["removed"], one["refused"], one["hidden"], one["others"]) for one in told] == [
        (2, 1, {}, {}),
        (0, 1, {}, {}),
    ]
    assert opens(make_host, second, FORMER) == [False, False]
    assert opens(make_host, second, NEXT) == [True, True]
    assert {one["set"] for one in Rekey(fresh(hosts[0])).prove()} == {SECOND}
    for site in hosts:
        assert rekey.forget(site.settings)
        assert not (site.settings.state / rekey.PLACE).exists()

    (data(hosts[0]) / "row9").write_text("made later")
    assert made(fresh(hosts[0]), THIRD)["made"]
    program.copied(fresh(hosts[0]))
    left = fresh(hosts[0]).elsewhere()
    for source in (fresh(hosts[0]), left):
        for name in (FIRST, SECOND, THIRD):
            assert Sets(source).fetch(source_place(source, name), source.settings.state / "scratch", 1)
    Sets(left).restore("accounts", "L1", 1, FIRST, left.begin_restored("L1", FIRST))
    assert contents(left) == before
    # For good: no version of a former key can be had by anybody.
    for endpoint, site in ((first, hosts[0]), (second, hosts[0].elsewhere())):
        prefix = f"{keys.repository(site.settings.site, 'L1')}/keys/"
        listed = endpoint.client("reader").list_object_versions(Bucket=endpoint.bucket, Prefix=prefix)
        assert [one["Key"] for one in listed["Versions"]] == key_files(site) and "DeleteMarkers" not in listed


def source_place(site: Site, name: str) -> keys.Place:
    return keys.Place(site.settings.site, "accounts", "L1", 1, name)


def test_without_the_pruners_account_it_is_said_that_former_keys_are_only_hidden(
    hosts: list[Site], make_host: MakeHost, second: Endpoint
) -> None:
    rotated(hosts)
    told = Rekey(fresh(hosts[0])).remove({})
    assert opens(make_host, second, FORMER) == [False, False]
    assert set(told["hidden"].values()) == {"no account was given that may remove versions"}
    assert len(told["hidden"]) == 2


def rotated(hosts: list[Site]) -> None:
    for site in hosts:
        rekey.offer(site.settings, NEXT)
    Rekey(hosts[0]).add()
    for site in hosts:
        rekey.switch(site.settings, NEXT)


@pytest.mark.long
def test_a_copy_that_had_begun_before_brings_no_key_back(
    hosts: list[Site], make_host: MakeHost, second: Endpoint
) -> None:
    (former,) = key_files(hosts[0])
    content = hosts[0].store.get(former)
    rotated(hosts)
    Rekey(fresh(hosts[0])).remove({})
    # What the second host has read before and writes now.
    hosts[1].elsewhere().store.put(former, content)
    assert opens(make_host, second, FORMER) == [False, True]
    assert Rekey(fresh(hosts[1])).remove({})["removed"] == 1
    assert opens(make_host, second, FORMER) == [False, False]
    assert opens(make_host, second, NEXT) == [True, True]


@pytest.mark.parametrize("dies", ["add_key", "remove_key"])
def test_cut_off_it_goes_on(
    hosts: list[Site], make_host: MakeHost, second: Endpoint, dies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = getattr(Restic, dies)

    def dying(self: Restic, *arguments: Any) -> None:
        done(self, *arguments)
        raise KeyboardInterrupt

    for site in hosts:
        rekey.offer(site.settings, NEXT)
    with monkeypatch.context() as patched:
        patched.setattr(Restic, dies, dying)
        with pytest.raises(KeyboardInterrupt):
            Rekey(hosts[0]).add()
            for site in hosts:
                rekey.switch(site.settings, NEXT)
            Rekey(fresh(hosts[0])).remove({})
    for site in hosts:
        assert made(fresh(site), SECOND if site is hosts[0] else THIRD)["made"]
    Rekey(fresh(hosts[0])).add()
    for site in hosts:
        rekey.switch(site.settings, NEXT)
    Rekey(fresh(hosts[0])).remove({})
    assert opens(make_host, second, FORMER) == [False, False]
    assert [len(site.restic("L1").list_keys()) for site in both(make_host, second)] == [1, 1]
    assert Sets(make_host("left", password=NEXT)).fetch(source_place(hosts[0], FIRST), hosts[0].settings.state / "x", 1)


def both(make_host: MakeHost, second: Endpoint) -> list[Site]:
    site = make_host("owner", password=NEXT, copies_to=second)
    return [site, site.elsewhere()]


def test_manifests_are_opened_by_one_password_alone_in_the_end(hosts: list[Site]) -> None:
    rotated(hosts)
    place = source_place(hosts[0], FIRST)
    twice = hosts[0].store.get(place.key())
    for password in (FORMER, NEXT):
        manifest.unseal("k", twice, password)
    Rekey(fresh(hosts[0])).remove({})
    for site in (hosts[0], hosts[0].elsewhere()):
        manifest.unseal("k", site.store.get(place.key()), NEXT)
        with pytest.raises(BackupError, match="backup password"):
            manifest.unseal("k", site.store.get(place.key()), FORMER)
