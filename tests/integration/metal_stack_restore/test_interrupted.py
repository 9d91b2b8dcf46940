"""A restore that does not come to its end: nothing of it is backed up, and the next run begins it anew or goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from one_site import DATABASES, NEVER, PREFIXES, SCHEDULE, WHOLE, Site
from playing import command, environment, playbook
from pods import NAMESPACE
from scenario import DATABASES as OF
from scenario import also, measured, scenario
from servers import until

pytestmark = pytest.mark.long
NAME = "masterdata-db"
POD = f"/api/v1/namespaces/{NAMESPACE}/pods/{NAME}-0"


@contextmanager
def restoring(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """A run that restores, beside the test."""
    site.say()
    path = playbook(site.directory, [site.stage("restore")])
    with (site.directory / "output").open("wb") as output:
        run = subprocess.Popen(
            command(path), env=environment(site.directory), stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield run
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()


def directory(site: Site) -> Path:
    return site.pods.volumes.get(f"{NAME}-{NAME}-0", Path("/none")) / "postgres"


def begun(site: Site, run: subprocess.Popen[bytes]) -> bool:
    """Whether its directory has something."""
    assert run.poll() is None, (site.directory / "output").read_text()
    return f"{NAME}-0" in site.pods.running and directory(site).is_dir() and any(directory(site).iterdir())


@scenario(
    id="B9",
    title="A restore of a database is killed in its midst",
    initial_cluster="that database stays away; its sidecar, which takes a part for the whole, backs up nothing of it",
    target_cluster="its machines, addresses or projects cannot be changed while that database is away",
    end_users="none",
    detection="the run ended without a word of success; each run of the playbook `metal_stack` or `bootstrap` that"
    " says `keep` is refused: a restore was begun and not confirmed",
    remedy="the same command again. What was restored in one go is compared and confirmed; what no database can have"
    " run on is discarded and restored anew. Where somebody may have written to it, whether it answers now or not, the"
    " run says so, and `discard: true` in the entry of that database has it restored anew",
)
def test_a_run_that_is_killed_is_begun_anew_by_the_next(saved: Site) -> None:
    site = saved
    before = {name: site.backups(name) for name in DATABASES}
    site.lose_volumes(*DATABASES)
    with restoring(site) as run:
        until(lambda: begun(site, run), "the restore has begun")
        with site.sidecar(NAME).frozen():
            part = len(list(directory(site).rglob("*")))
            os.killpg(run.pid, signal.SIGKILL)
            site.sidecar(NAME).kill()
    until(lambda: site.sidecar(NAME).restarts, "the sidecar starts anew")
    until(lambda: "does not need to be restored" in site.sidecar(NAME).log, "it takes the part for the whole")
    assert site.schedule(NAME) == NEVER and len(list(directory(site).rglob("*"))) >= part > 0
    assert site.mark(NAME)["version"] == before[NAME][0]

    refused = site.play("keep", fails=True)
    assert f"{NAME}: a restore was begun and not confirmed" in refused.output
    assert "say restore, which goes on where it was never cut short" in refused.output
    volume = directory(site).parent
    told = site.play("restore", options=("--check", "--diff"))
    assert '"PersistentVolumeClaim": "masterdata-db-masterdata-db-0"' in told.output and volume.exists()
    began = time.monotonic()
    site.play("restore")
    measured("B9", "from the same command until all rows are back", time.monotonic() - began, OF)
    assert site.whole() and directory(site).parent != volume
    assert {name: site.backups(name) for name in DATABASES} == before
    until(lambda: all(site.schedule(name) == SCHEDULE for name in DATABASES), "backups go on")
    assert not any(site.mark(name) for name in DATABASES)
    assert site.play("keep").changed == 0


@also("B9")
def test_a_pod_that_takes_the_place_of_the_one_that_restores_is_noticed(saved: Site) -> None:
    site = saved
    before = site.backups(NAME)
    site.lose_volumes(NAME)
    with restoring(site) as run:
        first = until(lambda: site.mark(NAME).get("pod"), "the pod is noted")
        until(lambda: "initializer done" in site.sidecar(NAME).log, "it is restored")
        site.cluster.request(POD, "DELETE")
        until(lambda: site.pods.running.get(f"{NAME}-0") and site.pod(NAME).uid != first, "another pod")
        assert run.wait(180) != 0
    said = (site.directory / "output").read_text()
    assert f"its sidecar has started 0 times anew in pod {site.pod(NAME).uid}, and {first} began the restore" in said
    assert site.schedule(NAME) == NEVER and site.mark(NAME)["pod"] == first
    assert site.backups(NAME) == before
    # It answers, so that somebody may have written to it.
    assert f"{NAME}: a restore was begun and not confirmed, its sidecar or its pod is another one since" in (
        site.play("restore", fails=True).output
    )
    site.play("restore", discard=True)
    assert site.whole() and site.backups(NAME) == before and not site.mark(NAME)


@also("B9")
def test_what_was_written_to_a_database_that_is_whole_stays_when_its_restore_is_confirmed_later(saved: Site) -> None:
    site = saved
    before = site.backups(NAME)
    site.lose_volumes(*DATABASES)
    with restoring(site) as run:
        until(lambda: begun(site, run), "the restore has begun")
        until(lambda: site.answers(NAME) and site.mark(NAME).get("pod"), "it answers, and its pod is noted")
        os.killpg(run.pid, signal.SIGKILL)
    assert site.mark(NAME)["pod"] == site.pod(NAME).uid and site.schedule(NAME) == NEVER and site.rows() == WHOLE
    site.ask("insert into projects values ('p-since', '{}')")
    volume = directory(site).parent
    site.play("restore")
    assert directory(site).parent == volume and not site.mark(NAME)
    assert site.ask("delete from projects where id = 'p-since' returning id") == "p-since" and site.whole()
    until(lambda: site.schedule(NAME) == SCHEDULE, "backups go on")
    assert site.backups(NAME) == before


@also("B9")
def test_what_was_in_use_is_not_discarded_while_it_is_silent_but_by_a_word(saved: Site) -> None:
    """Its sidecar is another one since it was restored, it was written to, and its node hangs when it is looked at."""
    site = saved
    before = site.backups(NAME)
    site.lose_volumes(NAME)
    with restoring(site) as run:
        until(lambda: begun(site, run), "the restore has begun")
        until(lambda: site.answers(NAME) and site.mark(NAME).get("pod"), "it answers, and its pod is noted")
        os.killpg(run.pid, signal.SIGKILL)
    site.ask("insert into projects values ('p-since', '{}')")
    site.sidecar(NAME).kill()
    until(lambda: site.sidecar(NAME).restarts, "its sidecar starts anew")
    volume = directory(site)
    with away(site):
        said = site.play("restore", fails=True).output
    assert f"{NAME}: a restore was begun and not confirmed" in said and "it does not answer now" in said
    assert directory(site) == volume and site.mark(NAME)
    until(lambda: site.answers(NAME), "it answers")
    assert site.rows() == {*WHOLE, "p-since {}"}
    assert "somebody may have written to it" in site.play("restore", fails=True).output
    site.play("restore", discard=True)
    assert site.whole() and site.backups(NAME) == before and not site.mark(NAME)


@contextmanager
def away(site: Site) -> Iterator[None]:
    """PostgreSQL has ended in its container, and is not started again for now."""
    container = site.database(NAME)
    waiting, container.keep_running = container.keep_running, lambda: None  # type: ignore[method-assign]
    container.tell(signal.SIGTERM)
    until(lambda: not container.running, "it has ended")
    try:
        yield
    finally:
        container.keep_running = waiting  # type: ignore[method-assign]


def test_what_somebody_has_gone_on_with_is_not_discarded(saved: Site) -> None:
    """A backup that was made since tells that; the mark may have come back with the cluster's own backup."""
    site = saved
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    uid = site.cluster.request("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    mark = {"begun": "2026-11-29T12:00:00+00:00", "version": site.backups(NAME)[0], "cluster": uid}
    name = f"metal-database-restore-{NAME}"
    site.cluster.request(path, "POST", {"metadata": {"name": name}, "data": {**mark, "claim": "", "pod": ""}})
    time.sleep(1.1)
    site.back_up(NAME)
    volume = directory(site).parent
    said = site.play("restore", fails=True).output
    assert "not of what is its newest backup now" in said and f"delete StatefulSet {NAME}" in said
    assert directory(site).parent == volume and site.whole()
    site.cluster.request(f"{path}/{name}", "DELETE")
    assert site.play("restore").changed == 0


def test_one_that_was_restored_is_kept_when_restore_is_said_again(saved: Site) -> None:
    again = saved.play("restore")
    assert again.changed == 0 and saved.whole()
    assert f"{NAME}: restore, but it was restored here and confirmed" in again.output
    assert f"{PREFIXES[NAME]}" in str(saved.mark(NAME, "began"))
