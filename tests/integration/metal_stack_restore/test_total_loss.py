"""From the first deployment to the loss of the whole cluster and back."""

from __future__ import annotations

from one_site import DATABASES, NEVER, SCHEDULE, Site
from servers import until


def test_a_lost_cluster_gets_every_row_back(site: Site) -> None:
    first = site.play("fresh")
    assert first.deployed() == ["prepare", *DATABASES]
    assert {site.schedule(name) for name in DATABASES} == {SCHEDULE}
    site.write()
    site.back_up()
    assert not any(site.sentinels(name) for name in DATABASES)
    saving = site.play("fresh")
    assert saving.changed == 1 and saving.deployed() == []
    counted = {name: site.sentinels(name)[-1] for name in DATABASES}
    assert counted["masterdata-db"]["tables"] == {"projects": 40, "tenants": 1}
    assert counted["masterdata-db"]["lists"]["tenants"] == ["metal-stack"]
    assert counted["valkey"]["tables"] == {"db0/tokenstore_/string": 30}
    assert site.play("fresh").changed == 0

    site.escrow()
    site.lose_cluster()
    before = {name: site.backups(name) for name in DATABASES}
    refused = site.play("fresh", fails=True)
    assert "masterdata-db: fresh, but it has backups" in refused.output
    restored = site.play("restore")
    assert site.whole()
    assert {name: site.backups(name) for name in DATABASES} == before
    until(lambda: all(site.schedule(name) == SCHEDULE for name in DATABASES), "backups go on")
    assert not any(site.mark(name) for name in DATABASES)
    assert {site.mark(name, "began")["how"] for name in DATABASES} == {"restore"}
    assert NEVER not in str(site.stage("keep").record())
    assert "masterdata-db" in restored.deployed()
    assert site.play("keep").changed == 0
