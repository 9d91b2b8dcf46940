"""What is told of objects of which only some could be written."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import applying, outcome, planning
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Refusal, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.errors import GardenError

WANTED = [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "garden"}, "data": {"a": name}}
    for name in ("first", "second")
]
GARDEN = {"apiVersion": "operator.gardener.cloud/v1alpha1", "kind": "Garden", "metadata": {"name": "garden"}}
REFUSED = Refusal("apply it", 403, "{}")


class Cluster:
    """Takes what it is given, but for one, of which it says an error. dry: already where it is only asked."""

    def __init__(self, name: str, error: Exception, dry: bool = False) -> None:
        self.name, self.error, self.dry = name, error, dry

    def get(self, *_: Any) -> None:
        return None

    def apply(self, _kind: Any, wanted: dict[str, Any], dry: bool = False, force: bool = False) -> dict[str, Any]:
        if wanted["metadata"]["name"] == self.name and (self.dry or not dry):
            raise self.error
        return wanted


@pytest.mark.parametrize("error", [REFUSED, Unreachable("no answer")])
@pytest.mark.parametrize(("name", "changes"), [("first", []), ("second", ["ConfigMap/garden/first"])])
def test_an_error_tells_what_was_written_before_it(error: Exception, name: str, changes: list[str]):
    cluster: Any = Cluster(name, error)
    steps = [applying.planned(cluster, one, force=False, dry=False) for one in WANTED]
    with pytest.raises((GardenError, Unreachable)) as raised:
        applying.apply_all(cluster, steps)
    result = getattr(raised.value, "result", {})
    assert (result.get("changed", False), result.get("changes", [])) == (bool(changes), changes)
    assert list(result.get("diff", {"after": {}})["after"]) == changes


def test_so_does_one_of_a_garden_whose_extensions_had_to_be_there_first():
    garden = {**GARDEN, "spec": {"extensions": [{"type": "a"}]}}
    plan: Any = planning.Plan({}, None, None, WANTED, garden, [])  # type: ignore[arg-type]
    cluster: Any = Cluster("garden", REFUSED, dry=True)
    with pytest.raises(GardenError) as raised:
        outcome._steps(cluster, plan, force=False, check=False)
    assert raised.value.result["changes"] == ["ConfigMap/garden/first", "ConfigMap/garden/second"]
