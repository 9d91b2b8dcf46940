"""Rotations of a garden's credentials, and its state in a directory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import (
    gardener_garden_info,
    gardener_garden_operation,
    gardener_garden_state,
)
from operator_stand_in import OPERATION, Operator
from runtime import OPERATOR_API, Runtime

Have = Callable[..., dict[str, Any]]
Run = Callable[..., dict[str, Any]]
MERGE = "application/merge-patch+json"
THREE = ("certificateAuthorities", "serviceAccountKey", "workloadIdentityKey")


@pytest.fixture
def rotate(run: Run) -> Run:
    def rotate(phase: str | None = None, check: bool = False, **more: Any) -> dict[str, Any]:
        given = {"operation": "rotate-credentials", "timeout": 60, **({"phase": phase} if phase else {}), **more}
        return run(gardener_garden_operation, check, **given)

    return rotate


def test_credentials_are_prepared_and_completed(have: Have, rotate: Run, operator: Operator) -> None:
    have()
    first = rotate("prepared")
    assert not first.get("failed"), first
    assert (first["sent"], first["changed"]) == (["rotate-credentials-start"], True)
    assert {first["phases"][one] for one in THREE} == {"Prepared"}
    assert first["phases"]["etcdEncryptionKey"] == "Completed"
    assert rotate("prepared")["changed"] is False
    last = rotate("completed")
    assert last["sent"] == ["rotate-credentials-complete"]
    assert {last["phases"][one] for one in THREE} == {"Completed"}
    assert rotate("completed")["changed"] is False


def test_a_run_that_was_cut_off_goes_on(have: Have, rotate: Run, operator: Operator, runtime: Runtime) -> None:
    have()
    operator.broken = "task waitUntilEtcdsReady failed: etcd is not ready."
    cut = rotate("prepared", timeout=0)
    assert cut["failed"] and cut["sent"] == ["rotate-credentials-start"]
    runtime.told("Error")
    told = rotate("prepared", timeout=0)
    assert told["failed"] and not told["changed"] and "etcd is not ready" in told["msg"]
    operator.broken = ""
    told = rotate("prepared")
    assert (told["changed"], {told["phases"][one] for one in THREE}) == (False, {"Prepared"})


def test_nothing_is_completed_that_was_not_prepared(have: Have, rotate: Run, operator: Operator) -> None:
    have()
    told = rotate("completed")
    assert told["failed"] and "it was not begun" in told["msg"]


def test_what_somebody_else_has_asked_for_is_taken_up_first(
    have: Have, rotate: Run, operator: Operator, runtime: Runtime
) -> None:
    have()
    operator.stop()
    body = {"metadata": {"annotations": {OPERATION: "rotate-ca-start"}}}
    runtime.request(f"{OPERATOR_API}/gardens/garden", "PATCH", body, MERGE)
    told = rotate(operation="rotate-observability-credentials", timeout=0)
    assert told["failed"] and told["sent"] == [] and "rotate-ca-start is waiting" in told["msg"]
    operator.start()
    told = rotate(operation="rotate-observability-credentials")
    assert told["sent"] == ["rotate-observability-credentials"]
    assert told["phases"] == {"certificateAuthorities": "Prepared"}


def test_check_mode_asks_for_nothing(have: Have, rotate: Run, operator: Operator, runtime: Runtime) -> None:
    have()
    told = rotate("prepared", check=True)
    assert (told["sent"], told["changed"]) == (["rotate-credentials-start"], True)
    assert OPERATION not in ((runtime.garden() or {})["metadata"].get("annotations") or {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "phase is missing"),
        ({"operation": "reconcile", "phase": "prepared"}, "goes in one step"),
        ({"phase": "prepared", "since": "yesterday"}, "expected a time with its zone"),
    ],
)
def test_bad_input_is_refused(rotate: Run, given: dict[str, Any], said: str) -> None:
    told = rotate(**given)
    assert told["failed"] and said in told["msg"]


def test_a_reconciliation_is_waited_for(have: Have, rotate: Run, operator: Operator) -> None:
    have()
    before = operator.reconciled
    assert rotate(operation="reconcile")["sent"] == ["reconcile"]
    assert operator.reconciled > before


def test_the_state_is_kept_and_comes_back_to_a_cluster_without_it(
    have: Have, run: Run, rotate: Run, operator: Operator, runtime: Runtime, tmp_path: Path
) -> None:
    have()
    path = tmp_path / "state"
    assert run(gardener_garden_state, True, path=str(path))["changed"] and not path.exists()
    told = run(gardener_garden_state, path=str(path))
    assert not told.get("failed"), told
    assert told["counts"] == {"gardens": 1, "secrets": 14}
    assert {one.stat().st_mode & 0o777 for one in path.iterdir()} == {0o600} and path.stat().st_mode & 0o777 == 0o700
    assert "key-of-the-test" not in str(told)
    assert run(gardener_garden_state, path=str(path))["changed"] is False
    rotate("prepared")
    told = run(gardener_garden_state, path=str(path))
    assert told["changed"] and told["gardens"]["garden"]["rotation"]["certificateAuthorities"] == "Prepared"
    kept = json.loads((path / "secrets.json").read_text())["items"]
    before = {one["metadata"]["name"]: one["data"] for one in kept}
    refused = run(gardener_garden_state, path=str(tmp_path / "none"), state="imported")
    assert refused["failed"] and "cannot be read" in refused["msg"]
    # Nothing differs, so nothing is to be done.
    assert run(gardener_garden_state, path=str(path), state="imported")["changed"] is False
    operator.stop()
    runtime.empty()
    runtime.operator()
    refused = run(gardener_garden_state, path=str(path), state="imported")
    assert refused["failed"] and "runs here with 1 replicas" in refused["msg"] and runtime.garden() is None
    runtime.remove("/apis/apps/v1/namespaces/garden/deployments/gardener-operator")
    assert run(gardener_garden_state, True, path=str(path), state="imported")["changed"] and runtime.garden() is None
    told = run(gardener_garden_state, path=str(path), state="imported")
    assert not told.get("failed") and told["changed"], told
    found = runtime.garden() or {}
    assert found["status"]["credentials"]["rotation"]["certificateAuthorities"]["phase"] == "Prepared"
    assert {name: (runtime.secret(name) or {})["data"] for name in before} == before
    assert run(gardener_garden_state, path=str(path), state="imported")["changed"] is False
    operator.start()
    runtime.operator()
    # Whoever applies it next meets nobody else's fields.
    assert not have().get("failed")


def test_a_garden_is_read(have: Have, run: Run, operator: Operator) -> None:
    assert run(gardener_garden_info)["gardens"] == []
    have()
    told = run(gardener_garden_info)
    (garden,) = told["gardens"]
    assert garden["ready"] and garden["bucket"] == "garden-site-a" and told["operator"] == operator.version
    assert all(one["ready"] for one in told["extensions"]) and len(told["extensions"]) == 5
