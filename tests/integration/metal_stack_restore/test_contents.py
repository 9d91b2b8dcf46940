"""Drills of metal-stack's databases whose backups, or what they have in memory, are not what they were."""

from __future__ import annotations

import time

import pytest
from one_site import NEVER, PREFIXES, TOKENS, WHOLE, Site
from operating import backups, choose, give_up
from pods import NAMESPACE
from scenario import DATABASES as OF
from scenario import measured, scenario
from servers import until

pytestmark = pytest.mark.long
NAME, STORE = "masterdata-db", "valkey"
KEY = f"{PREFIXES[NAME]}/db.tar.gz"
ALONE = {NAME: "restore", STORE: "keep"}
SINCE = "p-since {}"


def later() -> None:
    """Versions are told apart by the second in which they were made."""
    time.sleep(1.1)


def damaged(content: bytes) -> bytes:
    """As many bytes, of which some in the middle are others."""
    middle = len(content) // 2
    return content[:middle] + bytes(one ^ 0xFF for one in content[middle : middle + 4096]) + content[middle + 4096 :]


@scenario(
    id="B5",
    title="The newest backup of a database is damaged, or nobody can decrypt it",
    initial_cluster="none while the database lives; one that has to be restored does not start",
    target_cluster="its machines, addresses or projects cannot be changed while that database is away",
    end_users="none",
    detection="only a restore: one without the key is refused before anything is touched. Of a damaged one the sidecar"
    " starts anew in the midst, which the run tells together with what the sidecar has said; nothing is backed up, and"
    " no run takes a part for the whole. One of half the usual size is told by each run before (`suspect`)",
    remedy="`metal_database_backups_info` lists what there is, `metal_database_backups` has the one before be the"
    " newest; then the playbook `metal_stack` with its version and `discard: true` in the entry of that database. Rows"
    " since that one are gone",
)
def test_a_damaged_backup_is_refused_and_the_one_before_is_restored_by_choice(saved: Site) -> None:
    site = saved
    store = site.storage.store(site.bucket)
    site.ask("insert into projects values ('p-since', '{}')")
    later()
    site.back_up(NAME)
    good = site.backups(NAME)[0]
    later()
    site.ask("insert into projects values ('p-lost', '{}')")
    content = store.get(KEY)
    encrypted = store.put(f"{KEY}.aes", content).version
    site.lose_volumes(NAME)
    assert "its newest backup is encrypted -> give the sidecar the key" in site.play(ALONE, fails=True).output
    assert NAME not in str(site.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/pods")["items"])
    store.delete(f"{KEY}.aes", encrypted)

    store.put(KEY, damaged(content))
    broken = site.backups(NAME)
    began = time.monotonic()
    said = site.play(ALONE, fails=True).output
    measured("B5", "until a restore of it is refused", time.monotonic() - began, OF)
    assert "times anew since it began to restore, and said" in said and "and said 'nothing'" not in said
    assert "have an older one be the newest with metal_database_backups" in said
    assert site.schedule(NAME) == NEVER and site.backups(NAME) == broken and site.mark(NAME)["version"] == broken[0]
    assert not site.answers(NAME) and site.tokens() == TOKENS

    began = time.monotonic()
    assert [one["version"] for one in backups(site, NAME)["backups"][:2]] == [broken[0], good]
    version = choose(site, NAME, good)
    assert site.backups(NAME) == [version, *broken]
    # Whoever only says it again is told that another backup was chosen.
    assert "name its version and say discard" in site.play(ALONE, fails=True).output
    site.play(ALONE, version=version, discard=True)
    measured("B5", "from the choice until all rows of the one before are back", time.monotonic() - began, OF)
    assert site.rows() == {*WHOLE, SINCE} and site.tokens() == TOKENS and not site.mark(NAME)
    assert site.backups(NAME) == [version, *broken] and site.play("keep").changed == 0
    site.ask("delete from projects where id = 'p-since'")


@scenario(
    id="B3",
    title="A database that was emptied is backed up",
    initial_cluster="what was emptied is gone until it is restored. Older backups stay for 14 days and 480 versions",
    target_cluster="as far as it depends on what was emptied",
    end_users="none",
    detection="a server counts every night, each run of the playbook `metal_stack` or `bootstrap` as well: what holds"
    " less than with the last good backup is told, by `status` too, and nothing is saved of it. A restore of such a"
    " backup is refused by the same",
    remedy="stop what empties it; have `metal_database_backups` make the last good backup the newest, after"
    " StatefulSet and claim were deleted, so that no newer one is made; then the playbook `metal_stack` with `intent:"
    " restore` and its version in the entry of that database. Where it is known why there is less: `accept` in its"
    " entry",
)
def test_an_emptied_database_gets_back_the_last_backup_that_was_good(saved: Site) -> None:
    site = saved
    site.back_up(NAME)
    site.play("keep")
    good, sentinels = site.backups(NAME)[0], site.sentinels(NAME)
    later()
    site.ask("delete from projects")
    site.back_up(NAME)
    began = time.monotonic()
    warned = site.play("keep").output
    measured("B3", "until a run has warned of it", time.monotonic() - began, OF)
    assert f"{PREFIXES[NAME]}: table projects has 0 rows, it had 40" in warned and "Nothing was saved" in warned
    assert site.sentinels(NAME) == sentinels
    emptied = backups(site, NAME)
    assert emptied["newest"]["version"] != good and emptied["sentinels"]["tables"]["projects"] == 40

    began = time.monotonic()
    version = choose(site, NAME, good, gives_up=True)
    assert f"{NAME}: keep, but its volume has no data -> say restore" in site.play("keep", fails=True).output
    site.play(ALONE, version=version)
    measured("B3", "from the remedy's first command until all rows are back", time.monotonic() - began, OF)
    assert site.whole() and not site.mark(NAME)
    assert site.sentinels(NAME)[-1]["version"] == version and site.play("keep").changed == 0


@scenario(
    id="C9",
    title="metal-stack's store of API tokens is lost, and the keys with it that sign them (Valkey)",
    initial_cluster="the v2 API refuses every token, those of its own components among them; the v1 API, which"
    " Gardener uses, goes on, and so do all rows in the other databases",
    target_cluster="none: its machines and clusters go by the v1 API",
    end_users="none; who uses the v2 API has to wait, or to log in anew",
    detection="whoever uses the v2 API; each run of the playbook `metal_stack` or `bootstrap`, which warns that"
    " `db0/tokenstore_` is gone, and what a server counts every night, by `status`. Its sidecar backs up the empty"
    " store by its schedule, older backups stay",
    remedy="none where its pod was lost as a whole or ended: its sidecar restores the newest backup by itself, and"
    " tokens since are gone. Where it alone was ended, as by the kernel, it comes back empty: delete StatefulSet and"
    " claim, then the playbook `metal_stack` with `intent: restore` in its entry, and where the empty store was backed"
    " up, the one before by `metal_database_backups`. Who has a token that is gone logs in anew. Nothing is to be"
    " restored where all may go: `accept` in its entry, and new ones are made",
)
def test_a_lost_store_of_tokens_comes_back_token_by_token_and_costs_nothing_else(saved: Site) -> None:
    site = saved
    assert site.tokens() == TOKENS
    site.back_up(STORE)
    site.play("keep")
    assert list((site.pods.volumes[f"{STORE}-{STORE}-0"]).iterdir()) == []
    # Ended by whatever moves pods. A backup takes the file of the data away, so its sidecar finds an empty directory.
    site.give({"tokenstore_user:young": "secret-young"})
    before = site.pod(STORE).uid
    site.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/pods/{STORE}-0", "DELETE")
    until(lambda: site.pods.running.get(f"{STORE}-0") and site.pod(STORE).uid != before, "another pod")
    until(lambda: site.answers(STORE), "it answers")
    assert site.tokens() == TOKENS
    # Lost together with its sidecar, as with a node that goes out of power.
    site.back_up(STORE)
    restarts = site.sidecar(STORE).restarts
    for one in site.pod(STORE).containers.values():
        one.kill()
    until(lambda: site.sidecar(STORE).restarts > restarts and site.answers(STORE), "it answers")
    assert site.tokens() == TOKENS

    # It alone: its sidecar says that all is done, and it begins with nothing.
    site.back_up(STORE)
    good, restarts = site.backups(STORE)[0], site.database(STORE).restarts
    site.database(STORE).kill()
    until(lambda: site.database(STORE).restarts > restarts and site.answers(STORE), "it answers")
    assert site.tokens() == {} and site.rows() == WHOLE
    later()
    site.back_up(STORE)
    began = time.monotonic()
    warned = site.play("keep").output
    measured("C9", "until a run has warned of it", time.monotonic() - began, OF)
    assert f"{PREFIXES[STORE]}: table db0/tokenstore_/string is gone" in warned and "Nothing was saved" in warned

    began = time.monotonic()
    version = choose(site, STORE, good, gives_up=True)
    site.play({NAME: "keep", STORE: "restore"}, version=version)
    measured("C9", "from the remedy's first command until all tokens are back", time.monotonic() - began, OF)
    assert site.tokens() == TOKENS and site.rows() == WHOLE and not site.mark(STORE)

    # Or they may all go.
    give_up(site, STORE)
    assert site.rows() == WHOLE
    refused = site.play({NAME: "keep", STORE: "fresh"}, fails=True).output
    assert f"{STORE}: fresh, but it has backups: an empty database would be backed up over them" in refused
