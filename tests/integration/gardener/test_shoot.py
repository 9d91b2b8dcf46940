"""A shoot that is created, changed and left alone, as the real gardener-apiserver has it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import landscape
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import plan, waiting
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot
from garden import Garden, Object
from gardenlet import Shoot, failed, progressed
from landscape import Project

Run = Callable[..., dict[str, Any]]
Made = Callable[..., Shoot]
Have = Callable[..., dict[str, Any]]
HIGHEST = "12.0.20260301"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.2)


@pytest.fixture
def have(run: Run, project: Project) -> Have:
    """Run the module for a shoot of the project; options in upper case are of its spec."""

    def have(name: str = "shoot", spec: Object | None = None, **options: Any) -> dict[str, Any]:
        given = {"namespace": project.namespace, "name": name, "timeout": 60, **options}
        if given.get("state") != "absent":
            given["spec"] = landscape.shoot(project, name)["spec"] if spec is None else spec
        return run(gardener_shoot, **given)

    return have


@pytest.fixture
def spec(project: Project) -> Object:
    return dict(landscape.shoot(project, "shoot")["spec"])


@pytest.fixture
def ours(have: Have, garden: Garden, project: Project) -> Shoot:
    """A shoot that the module has made and gardenlet has created."""
    shoot = Shoot(garden, project.namespace, "shoot")
    with shoot.playing():
        assert have()["changed"]
    return shoot


def test_a_shoot_is_created_and_waited_for_and_a_second_run_changes_nothing(
    have: Have, garden: Garden, project: Project
) -> None:
    shoot = Shoot(garden, project.namespace, "shoot")
    with shoot.playing(progressed(42, "Deploying Shoot infrastructure"), Shoot.succeed):
        told = have()
    assert told["changed"] and not told.get("failed"), told["msg"]
    assert told["diff"]["before"] == {} and told["diff"]["after"]["spec"]["schedulerName"] == "default-scheduler"
    assert (told["operation"]["type"], told["operation"]["state"]) == ("Create", "Succeeded")
    before = shoot.read()["metadata"]["resourceVersion"]
    again = have()
    assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
    assert shoot.read()["metadata"]["resourceVersion"] == before
