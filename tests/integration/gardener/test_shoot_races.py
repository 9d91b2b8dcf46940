"""What somebody else writes while a shoot is planned and written, on the real API server."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import landscape
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import client, references
from garden import Garden, Object, collection
from gardenlet import Shoot
from landscape import Project
from shoots import KUBECTL, MAINTENANCE, Have, client_side, differences, patched

HIGHEST = "12.0.20260301"
Meanwhile = Callable[..., list[str]]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Have something happen just before a request of the module is sent, once."""

    def meanwhile(what: Callable[[], object], method: str = "apply", dry: bool = False, after: int = 0) -> list[str]:
        """after: so many of these requests. The list has one entry once it has happened."""
        happened: list[str] = []
        send, left = getattr(client.Garden, method), [after]

        def sent(garden: Any, *given: Any, **more: Any) -> Any:
            if bool(more.get("dry")) == dry and not happened:
                if not left[0]:
                    happened.append(method)
                    what()
                left[0] -= 1
            return send(garden, *given, **more)

        monkeypatch.setattr(client.Garden, method, sent)
        return happened

    return meanwhile


def image(shoot: Shoot) -> str:
    return str(shoot.read()["spec"]["provider"]["workers"][0]["machine"]["image"]["version"])


def raised(garden: Garden, shoot: Shoot) -> Callable[[], object]:
    """Maintenance raises the image of the pool, as it does with all of the pools in one write."""

    def maintain() -> None:
        workers = copy.deepcopy(shoot.read()["spec"]["provider"]["workers"])
        workers[0]["machine"]["image"]["version"] = HIGHEST
        patched(garden, shoot, {"spec": {"provider": {"workers": workers}}}, MAINTENANCE)

    return maintain


@pytest.mark.parametrize("dry", [True, False], ids=["before the dry run", "before the write"])
def test_force_lowers_nothing_that_maintenance_has_raised_in_between(
    garden: Garden, have: Have, ours: Shoot, spec: Object, meanwhile: Meanwhile, dry: bool
) -> None:
    happened = meanwhile(raised(garden, ours), dry=dry)
    told = have({**spec, "purpose": "evaluation"}, force=True, wait=False, allow_node_replacement=True)
    assert happened and told["changed"] and image(ours) == HIGHEST and not told["rolled_workers"]
    assert [one["found"] for one in told["kept_versions"]] == [HIGHEST]
    assert differences(told["diff"]) == {"spec.purpose"} and ours.read()["spec"]["purpose"] == "evaluation"


def test_without_a_floor_a_lower_version_is_judged_by_what_is_there_when_it_is_written(
    garden: Garden, have: Have, ours: Shoot, spec: Object, meanwhile: Meanwhile
) -> None:
    happened = meanwhile(raised(garden, ours))
    told = have({**spec, "purpose": "evaluation"}, force=True, wait=False, version_floor=False)
    assert happened and told["failed"] and "group-0 (machine.image.version)" in told["msg"]
    assert image(ours) == HIGHEST and ours.read()["spec"]["purpose"] == "production"


@pytest.mark.parametrize(
    ("method", "dry", "after"),
    [("apply", False, 0), ("patch", False, 0), ("apply", False, 1), ("replace", True, 0)],
    ids=["before the first write", "before it is handed over", "before the last write", "before the preview"],
)
def test_a_take_over_lowers_nothing_that_maintenance_has_raised_in_between(
    garden: Garden, project: Project, have: Have, shoot: Shoot, meanwhile: Meanwhile,
    method: str, dry: bool, after: int,
) -> None:  # fmt: skip
    wanted = landscape.shoot(project, "shoot")
    wanted["metadata"]["labels"] = {"left": "over"}
    client_side(garden, wanted)
    shoot.start()
    shoot.succeed()
    happened = meanwhile(raised(garden, shoot), method, dry, after)
    told = have(wait=False)
    assert not told.get("failed"), told["msg"]
    assert happened and told["changed"], told
    assert told["adopted_from"] == [KUBECTL] and "managed by" in differences(told["diff"])
    assert image(shoot) == HIGHEST and "left" not in shoot.read()["metadata"].get("labels", {})
    assert KUBECTL not in [one["manager"] for one in shoot.read()["metadata"]["managedFields"]]
    again = have(wait=False)
    assert not again["changed"] and image(shoot) == HIGHEST


@pytest.mark.parametrize("dry", [True, False])
def test_what_gardenlet_says_of_an_operation_meanwhile_is_in_nobodys_way(
    have: Have, ours: Shoot, spec: Object, meanwhile: Meanwhile, dry: bool
) -> None:
    ours.start()
    happened = meanwhile(lambda: ours.progress(50, "Deploying"), dry=dry)
    told = have({**spec, "purpose": "evaluation"}, wait=False)
    assert happened and told["changed"] and ours.read()["spec"]["purpose"] == "evaluation"
    assert ours.status["lastOperation"]["progress"] == 50


def test_one_that_is_deleted_meanwhile_is_not_described(
    garden: Garden, have: Have, ours: Shoot, spec: Object, meanwhile: Meanwhile
) -> None:
    def delete() -> None:
        ours.annotate({"confirmation.gardener.cloud/deletion": "true"})
        garden.request(ours.path, "DELETE")

    happened = meanwhile(delete)
    told = have({**spec, "purpose": "evaluation"}, wait=False)
    assert happened and told["failed"] and "it is being deleted since" in told["msg"]


def test_credentials_that_are_known_a_moment_after_the_dry_run_are_waited_for(
    garden: Garden, project: Project, have: Have, shoot: Shoot, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with two API servers, of which the one that writes hears of them later than the one that was asked."""
    path = f"/apis/{landscape.SECURITY}/namespaces/{project.namespace}/credentialsbindings/{landscape.BINDING}"
    binding = dict(garden.request(path))
    binding["metadata"] = {key: binding["metadata"][key] for key in ("name", "namespace")}
    tries: list[int] = []

    def without() -> None:
        garden.request(path, "DELETE")
        wanted = landscape.shoot(project, "other")
        garden.until(lambda: not landscape.accepted(garden, wanted, "shoots"), "it is unknown")

    happened = meanwhile(without)
    pause = references.time.sleep

    def sleep(seconds: float) -> None:
        tries.append(1)
        if len(tries) == 1:
            garden.request(collection(binding, "credentialsbindings"), "POST", binding)
        pause(seconds)

    monkeypatch.setattr(references, "time", _Clock(sleep))
    told = have(wait=False)
    assert happened and tries and told["changed"] and not told.get("failed") and shoot.there()


class _Clock:
    """The time of a module, with what happens while it sleeps."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.sleep, self.monotonic = sleep, references.time.monotonic
