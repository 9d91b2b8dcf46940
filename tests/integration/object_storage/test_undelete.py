"""What was deleted with a host's keys in real object storage comes back by the pruner's, and is whole."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest
from backed_up_host import data
from endpoint import Endpoint

from plugins.module_utils._backup import catalogue, keys, program, prune, undelete
from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._backup.restic import WrongPassword
from plugins.module_utils._backup.retention import Policy
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site, now
from plugins.module_utils._backup.store import Forbidden

# Long after all that the test makes now, so that its name alone says how old a set is.
LATER = (now() + datetime.timedelta(days=40)).replace(hour=12, minute=0, second=0, microsecond=0)
LONG = Policy(hidden_days=100)


def named(days: int) -> str:
    return (LATER - datetime.timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")


def there(site: Site) -> list[str]:
    return [key for key in site.store.keys(f"{site.settings.site}/") if "/locks/" not in key]


def planned(site: Site) -> undelete.Plan:
    return undelete.plan(site, LONG, ["accounts"], LATER)


def test_all_that_was_deleted_comes_back_but_for_what_was_pruned(host: Site, first: Endpoint, tmp_path: Path) -> None:
    for days in (60, 50, 3, 2, 1):
        (data(host) / "row0").write_text(f"made {days} days before\n" * 50)
        program.made(host, named(days), ["accounts"], 1)
    pruner = prune.by(host.settings, **first.variables["pruner"])
    assert len(there(pruner)) > 20
    prune.run(pruner, prune.plan(pruner, LONG, ["accounts"], (), LATER))
    # A password that is not the site's any more.
    restic = host.restic("L1")
    (tmp_path / "former").write_text("a-former-password")
    restic.add_key(tmp_path / "former")
    (former,) = [one["id"] for one in restic.list_keys() if not one["current"]]
    restic.remove_key(former)
    before = there(host)
    assert planned(pruner).back == []
    time.sleep(3)

    for key in host.store.keys(f"{host.settings.site}/"):
        host.store.delete(key)
    with pytest.raises(BackupError, match="does not know the data on this host"):
        program.made(host, named(0), ["accounts"], 1)
    with pytest.raises(BackupError, match=r"somebody has deleted .*backup_undelete"):
        prune.plan(pruner, LONG, ["accounts"], (), LATER)
    with pytest.raises(Forbidden, match="check the keys"):
        planned(host)
    told = planned(pruner)
    assert there(host) == [] and told.sets == [named(days) for days in (3, 2, 1)]
    assert told.pruned and not any(former in one.key for one in told.back)

    undelete.run(pruner, told)
    assert there(host) == before
    assert [one.name for one in catalogue.sets(host.listed())] == told.sets
    for days in (3, 2, 1):
        assert Sets(host).verify(1, named(days), "accounts", again=True)["verified"]
    host.restic("L1")._run("check", "--read-data", "--no-cache")
    host.settings.password_file.write_text("a-former-password")
    with pytest.raises(WrongPassword):
        host.restic("L1")._run("cat", "config")
    host.settings.password_file.write_text("the-password-of-the-site")
    assert planned(pruner).back == []
    assert not prune.plan(pruner, LONG, ["accounts"], (), LATER).going
    assert program.made(host, named(0), ["accounts"], 1)[0]["made"]


@pytest.mark.long
def test_a_pack_that_was_deleted_comes_back(host: Site, first: Endpoint) -> None:
    program.made(host, named(1), ["accounts"], 1)
    pruner = prune.by(host.settings, **first.variables["pruner"])
    pack = host.store.keys(f"{keys.repository(host.settings.site, 'L1')}/data/")[0]
    for _again in range(2):
        host.store.delete(pack)
    told = planned(pruner)
    assert [one.key for one in told.back] == [pack] and len(told.back[0].markers) == 2
    undelete.run(pruner, told)
    assert Sets(host).verify(1, named(1), "accounts", again=True)["verified"]
    assert planned(pruner) == ([], [])
