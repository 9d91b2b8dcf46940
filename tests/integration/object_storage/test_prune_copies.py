"""What retention has removed from the first storage goes from the second, and what stays there can be restored."""

from __future__ import annotations

import datetime

import pytest
from backed_up_host import MakeHost, data, write
from endpoint import Endpoint

from plugins.module_utils._backup import catalogue, keys, program, prune, prune_copies
from plugins.module_utils._backup.errors import Unreachable
from plugins.module_utils._backup.retention import Policy
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site, now

# Long after all that the test makes now, so that its name alone says how old a set is.
LATER = (now() + datetime.timedelta(days=40)).replace(hour=12, minute=0, second=0, microsecond=0)
# What one run hides the next would else remove.
LONG = Policy(hidden_days=100)


def named(days: int) -> str:
    return (LATER - datetime.timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")


def thinned(pruner: Site, check: bool = False) -> prune_copies.Plan:
    arguments = LONG, ["accounts"], (), LATER
    first = prune.plan(pruner, *arguments)
    planned = prune_copies.plan(pruner, *arguments, first)
    if not check:
        prune.run(pruner, first)
        prune_copies.run(pruner, planned)
    return planned


def contents(site: Site) -> list[str]:
    repository = keys.repository(site.settings.site, "L1")
    layers = ("data/", "index/", "snapshots/")
    return sorted(key for layer in layers for key in site.store.keys(f"{repository}/{layer}"))


def test_sets_go_from_the_second_storage_and_what_stays_is_whole(
    make_host: MakeHost, first: Endpoint, second: Endpoint
) -> None:
    host = make_host(copies_to=second)
    write(host, 8)
    host.belong("L1")
    for days in (60, 50, 3, 2, 1):
        (data(host) / "row0").write_text(f"made {days} days before\n" * 50)
        program.made(host, named(days), ["accounts"], 1)
    program.copied(host)
    copy = host.elsewhere()
    before = contents(copy)

    strangers = prune.by(host.settings, **first.variables["pruner"], second=first.variables["pruner"])
    with pytest.raises(Unreachable, match="check the keys"):
        thinned(strangers)
    pruner = prune.by(host.settings, **first.variables["pruner"], second=second.variables["pruner"])
    told = thinned(pruner, check=True)
    assert [verdict.one.name for verdict in told.going] == [named(60), named(50)]
    assert contents(copy) == before

    assert thinned(pruner) == told
    assert [one.name for one in catalogue.sets(copy.listed())] == [named(days) for days in (3, 2, 1)]
    # As the copies are made object by object, the next one has nothing to bring.
    assert contents(copy) == contents(host) != before
    assert program.copied(host)["objects"] == 0
    for days in (3, 2, 1):
        assert Sets(copy).verify(1, named(days), "accounts", again=True)["verified"]
    copy.restic("L1")._run("check", "--read-data", "--no-cache")
    assert not thinned(pruner, check=True).changes
