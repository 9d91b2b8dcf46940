"""Databases whose volumes go with a node come back by their own backups, or somebody is told what they lack."""

from __future__ import annotations

import time

import pytest
from lost_node import HELD, bring_back, let_go, lose, phases, release, replicas
from one_site import DATABASES, NEVER, PREFIXES, SCHEDULE, Site
from pods import POLL_SECONDS
from scenario import DATABASES as OF
from scenario import also, measured, scenario
from servers import until
from unchanged import everything, pods

pytestmark = pytest.mark.long
NAME = "masterdata-db"


@scenario(
    id="N2",
    title="The volumes of databases are gone with a server",
    initial_cluster="databases that had their volumes there are away until they are restored",
    target_cluster="its machines, addresses or projects cannot be changed while a database is away",
    end_users="none",
    detection="their pods are not ready, and the server does not answer",
    remedy="the same `replace_node`, which holds them before their volumes go, so that no sidecar begins with an empty"
    " one, has each restored from its own backup once that was judged, and compares what came back before anything is"
    " backed up again. What it refuses or finds missing it names, by database and table, and the run ends in failure;"
    " once that is put right, the same command, or `metal_stack`, goes on",
)
def test_databases_of_a_lost_node_are_held_and_nothing_empty_is_ever_started_or_backed_up(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = saved
    before, bucket = {name: site.backups(name) for name in DATABASES}, everything(site)
    told = release(site, monkeypatch, ["pvc-none"], check=True)
    assert not told["held"] and replicas(site) == dict.fromkeys(DATABASES, 1)
    lose(site, monkeypatch)
    time.sleep(10 * POLL_SECONDS)
    assert pods(site) == [] and phases(site) == dict.fromkeys(DATABASES, "Pending")
    assert everything(site) == bucket and let_go(site) == HELD
    # A bucket that lists nothing would have the sidecar begin with an empty database.
    refused = bring_back(site, fails=True, bucket=site.storage.bucket()).output
    assert all(f"{name}: restore, but it has no backup" in refused for name in DATABASES)
    assert pods(site) == [] and replicas(site) == dict.fromkeys(DATABASES, 0) and let_go(site) == HELD

    began = time.monotonic()
    run = bring_back(site)
    measured("N2", "from databases that are held until all rows and tokens are back", time.monotonic() - began, OF)
    assert f"Their own backups bring back: {', '.join(DATABASES)}" in run.output
    assert site.whole() and {name: site.backups(name) for name in DATABASES} == before
    until(lambda: all(site.schedule(name) == SCHEDULE for name in DATABASES), "backups go on")
    assert not any(site.mark(name) for name in DATABASES)
    assert {site.mark(name, "began")["how"] for name in DATABASES} == {"restore"}
    assert let_go(site) == [] and replicas(site) == dict.fromkeys(DATABASES, 1)
    assert bring_back(site, held=()).changed == 0


@also("N2")
def test_one_of_a_lost_node_that_comes_back_with_less_is_named_with_its_table_and_backs_up_nothing(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = saved
    time.sleep(1.1)
    site.ask("delete from projects")
    site.back_up(NAME)
    before = site.backups(NAME)
    lose(site, monkeypatch)
    said = bring_back(site, fails=True).output
    assert f"{NAME}: {PREFIXES[NAME]}: table projects has 0 rows, it had 40; projects lack p-1, " in said
    assert site.schedule(NAME) == NEVER and site.backups(NAME) == before
    # The other one is taken for good by itself.
    assert site.schedule("valkey") == SCHEDULE and not site.mark("valkey")
    # As with the next command, until somebody says that it is well.
    assert "table projects has 0 rows" in bring_back(site, fails=True).output
    bring_back(site, accept=["projects"])
    until(lambda: site.schedule(NAME) == SCHEDULE, "backups go on")
    assert let_go(site) == [] and not site.mark(NAME) and site.backups(NAME) == before
