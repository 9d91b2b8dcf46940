"""Whether a shoot is held, beside a garden and a seed that have it."""

from __future__ import annotations

import base64
import copy
from typing import Any, ClassVar

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._target import held, holding
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot_hold

PEM = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n"
IGNORE, OPERATION = "shoot.gardener.cloud/ignore", "gardener.cloud/operation"


class Garden:
    """One shoot, its authority and its ShootState."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.written = 0
        metadata = {"namespace": "garden-a", "name": "fra", "uid": "u", "annotations": {}}
        state = {"spec": {"gardener": [{"labels": held.AUTHORITY}]}}
        self.there: dict[str, Any] = {
            "Shoot": {"metadata": metadata, "spec": {}, "status": {"technicalID": "shoot--a--fra"}},
            "ConfigMap": {"data": {"ca.crt": PEM}}, "ShootState": state,
        }  # fmt: skip

    @property
    def annotations(self) -> dict[str, str]:
        return dict(self.there["Shoot"]["metadata"]["annotations"])

    def get(self, kind: Any, *_: str) -> Any:
        return copy.deepcopy(self.there.get(kind.name))

    def patch(self, _kind: Any, _namespace: str, _name: str, change: Any) -> None:
        self.written += 1
        there = self.there["Shoot"]["metadata"]["annotations"]
        there |= change["metadata"]["annotations"]
        self.there["Shoot"]["metadata"]["annotations"] = {key: one for key, one in there.items() if one is not None}


class Seed:
    """What it has is the same of all tests but where one says otherwise."""

    secrets: ClassVar[list[Any]] = [{"data": {"ca.crt": base64.b64encode(PEM.encode()).decode()}}]
    asked: ClassVar[list[str]] = []

    def __init__(self, _kubeconfig: str) -> None:
        pass

    def listed(self, path: str) -> Any:
        self.asked.append(path)
        return self.secrets

    def get(self, *_: str) -> Any:
        return {"data": {"url": "https://api.initial.example.org:6443"}}


@pytest.fixture
def garden(monkeypatch):
    made = Garden()
    monkeypatch.setattr(options, "opened", lambda _given: made)
    monkeypatch.setattr(holding, "Cluster", Seed)
    return made


@pytest.fixture
def hold(answer, garden):
    def hold(state: str = "held", check: bool = False, **more: Any) -> Any:
        place = {"kubeconfig": "/none", "namespace": "garden-a", "name": "fra", "state": state}
        return answer(gardener_shoot_hold, check, **{"seed_kubeconfig": "/seed", **place, **more})

    return hold


def test_a_shoot_is_held_once(hold, garden):
    assert hold(check=True)["changed"] and IGNORE not in garden.annotations
    assert hold()["changed"] and garden.annotations == {IGNORE: "true"}
    assert not hold()["changed"]


def test_it_is_let_go_once_its_authority_is_back(hold, garden):
    hold()
    assert hold("released", check=True)["changed"] and IGNORE in garden.annotations
    found = hold("released")
    assert found["changed"] and not found["held"] and found["shoot_state"] and IGNORE not in garden.annotations
    assert (
        "/api/v1/namespaces/shoot--a--fra/secrets?labelSelector=name%3Dca%2Cmanaged-by%3Dsecrets-manager" in Seed.asked
    )
    assert not hold("released")["changed"]


@pytest.mark.parametrize(
    ("state", "asked", "expected"),
    [
        ("Succeeded", "", "reconcile"), ("Processing", "", "reconcile"), ("Failed", "", "retry"),
        ("Succeeded", "rotate-ssh-keypair", "rotate-ssh-keypair;reconcile"), ("Succeeded", "reconcile", "reconcile"),
    ],
)  # fmt: skip
def test_it_is_let_go_and_has_to_be_reconciled_by_one_write(hold, garden, state, asked, expected):
    """A run that ended between two would leave a shoot that nobody reconciles."""
    hold()
    garden.written = 0
    shoot = garden.there["Shoot"]
    shoot["status"]["lastOperation"] = {"type": "Reconcile", "state": state}
    shoot["metadata"]["annotations"] |= {OPERATION: asked} if asked else {}
    hold("released")
    assert garden.annotations == {OPERATION: expected} and garden.written == 1


def test_it_stays_held_while_something_is_missing(hold, garden, monkeypatch):
    hold()
    monkeypatch.setattr(Seed, "secrets", [])
    garden.there.pop("ShootState")
    found = hold("released", seed_api_url="https://other:6443")
    assert found["failed"] and IGNORE in garden.annotations
    for part in ("garden-a/fra: the seed has no authority of it", "no ShootState", "https://other:6443", "stays held"):
        assert part in found["msg"]


def test_nothing_is_judged_of_a_shoot_that_nobody_holds(hold, garden):
    garden.there.pop("ShootState")
    assert not hold("released")["changed"]


def test_a_garden_without_the_shoot_is_not_the_right_one(hold, garden):
    garden.there.pop("Shoot")
    assert "there is no shoot garden-a/fra -> restore the garden first" in hold()["msg"]


def test_what_is_no_kubeconfig_of_the_shoot_tells_no_addresses(hold, tmp_path):
    hold()
    (tmp_path / "a.kubeconfig").write_text("{}")
    assert "is no kubeconfig of shoot garden-a/fra" in hold("released", handed_on=str(tmp_path / "a.kubeconfig"))["msg"]
    assert hold("released", handed_on=str(tmp_path / "none"))["changed"]


def test_a_seed_is_needed_to_let_it_go(answer):
    given = {"kubeconfig": "/none", "namespace": "garden-a", "name": "fra", "state": "released"}
    assert "seed_kubeconfig" in answer(gardener_shoot_hold, **given)["msg"]
