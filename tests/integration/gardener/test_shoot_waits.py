"""Waiting for a shoot through what a control plane does to its clients meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


def test_a_kubeconfig_that_is_none_is_told(have: Have, tmp_path: Path) -> None:
    told = have(kubeconfig=str(tmp_path / "none"))
    assert told["failed"] and "cannot be used" in told["msg"]
