"""Waiting for a shoot through what a control plane does to its clients meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import landscape
import pytest
from garden import Garden, Object
from gardenlet import Shoot
from shoots import Have

Later = Callable[[Callable[[], object], float], None]


@pytest.fixture
def later() -> Iterator[Later]:
    """Do something beside the test, after so many seconds."""
    threads = []

    def begin(what: Callable[[], object], seconds: float) -> None:
        threads.append(threading.Thread(target=lambda: (time.sleep(seconds), what())))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join()


def login(garden: Garden, file: Path, token: str) -> Path:
    config: dict[str, Any] = json.loads(garden.kubeconfig.read_text())
    config["users"][0]["user"]["token"] = token
    file.write_text(json.dumps(config))
    return file


def test_an_api_server_that_goes_away_and_comes_back_is_waited_out(
    garden: Garden, have: Have, ours: Shoot, spec: Object, later: Later
) -> None:
    written = have({**spec, "purpose": "evaluation"}, timeout=0)["written"]
    ours.start()
    ours.succeed()
    garden.stop_gardener()
    away = have(written=written, timeout=1)
    assert away["failed"] and not away["over"] and "the garden answers: seen" in away["msg"] and "503" in away["msg"]
    later(garden.start_gardener, 1)
    try:
        told = have(written=written)
    finally:
        garden.await_served()
    assert not told.get("failed") and told["operation"]["state"] == "Succeeded"


def test_a_login_that_counts_no_more_is_read_anew(
    garden: Garden, have: Have, ours: Shoot, spec: Object, tmp_path: Path, later: Later
) -> None:
    file = login(garden, tmp_path / "kubeconfig", "expired")
    refused = have(kubeconfig=str(file))
    assert refused["failed"] and refused["status"] == 401
    written = {"uid": ours.read()["metadata"]["uid"], "generation": 1}
    later(lambda: login(garden, file, garden.token), 2)
    told = have(kubeconfig=str(file), written=written)
    assert not told.get("failed") and told["waited"] >= 1


def test_what_a_restart_of_gardenlet_has_aborted_is_waited_for(have: Have, ours: Shoot, spec: Object) -> None:
    written = have({**spec, "purpose": "evaluation"}, timeout=0)["written"]
    ours.start()
    ours.write({"lastOperation": {**ours.status["lastOperation"], "state": "Aborted"}})
    told = have(written=written, timeout=0)
    assert told["failed"] and not told["over"] and "Reconcile Aborted" in told["msg"]
    ours.start()
    ours.succeed()
    assert not have(written=written).get("failed")


def test_a_wait_ends_where_it_is_excepted_or_deleted_meanwhile(
    garden: Garden, have: Have, ours: Shoot, spec: Object
) -> None:
    written = have({**spec, "purpose": "evaluation"}, timeout=0)["written"]
    ours.start()
    ours.fail("not yet", "ERR_RETRYABLE_INFRA_DEPENDENCIES")
    ours.annotate({"shoot.gardener.cloud/ignore": "true"})
    told = have(written=written, timeout=600)
    assert told["failed"] and told["over"] and "remove the annotation" in told["msg"] and told["waited"] < 30
    ours.annotate({"shoot.gardener.cloud/ignore": None})
    ours.start()
    ours.succeed()
    ours.annotate({"confirmation.gardener.cloud/deletion": "true"})
    garden.request(ours.path, "DELETE")
    told = have(written=written, timeout=600)
    assert told["failed"] and told["over"] and "it is being deleted since" in told["msg"]


def test_a_wait_ends_with_an_emergency_stop_of_its_seed(garden: Garden, have: Have, ours: Shoot, spec: Object) -> None:
    ours.bind()
    written = have({**spec, "purpose": "evaluation"}, timeout=0)["written"]
    path = f"/apis/{landscape.CORE}/seeds/{landscape.SEED}"
    note = "shoot.gardener.cloud/emergency-stop-reconciliations"
    stop: dict[str, Any] = {"metadata": {"annotations": {note: "true"}}}
    garden.request(path, "PATCH", stop, "application/merge-patch+json")
    told = have(written=written, timeout=600)
    stop["metadata"]["annotations"][note] = None
    garden.request(path, "PATCH", stop, "application/merge-patch+json")
    assert told["failed"] and told["over"] and f"seed {landscape.SEED} has the annotation {note}" in told["msg"]


def test_a_kubeconfig_that_is_none_is_told(have: Have, tmp_path: Path) -> None:
    told = have(kubeconfig=str(tmp_path / "none"))
    assert told["failed"] and "cannot be used" in told["msg"]
