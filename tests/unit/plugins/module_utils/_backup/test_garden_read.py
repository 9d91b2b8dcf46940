"""What the cluster has of a Garden is read whole, and of one moment."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_api
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import garden_cases as cases


def test_a_secret_of_the_state_that_the_garden_refers_to_is_kept_once(serve, component, tmp_path):
    reference = {"apiVersion": "v1", "kind": "Secret", "name": "ca-1f2e3d4c"}
    spec = {**cases.garden()["spec"], "resources": [{"name": "a", "resourceRef": reference}]}
    serve(*cases.whole()[1:], cases.garden(spec=spec))
    component.collect(tmp_path, cases.RECORD, cases.SET)
    assert [one["metadata"]["name"] for one in cases.items(tmp_path, "secrets")].count("ca-1f2e3d4c") == 1


@pytest.mark.parametrize("settles", [True, False])
def test_a_garden_that_changes_while_it_is_read_is_read_again(serve, component, tmp_path, settles, monkeypatch):
    server, asked = serve(*cases.whole()), []
    find = server.find

    def changing(path):
        if path == garden_api.GARDENS and (not asked or not settles):
            server.stored[f"{garden_api.GARDENS}/local"]["status"]["credentials"] = {
                "rotation": {},
                "times": len(asked),
            }
        asked.extend([path] if path == garden_api.GARDENS else [])
        return find(path)

    monkeypatch.setattr(server, "find", changing)
    if settles:
        component.collect(tmp_path, cases.RECORD, cases.SET)
        assert len(asked) == 2
    else:
        with pytest.raises(BackupError, match="the Garden is being changed"):
            component.collect(tmp_path, cases.RECORD, cases.SET)


def test_conditions_that_change_all_the_time_are_no_change(serve, component, tmp_path, monkeypatch):
    server = serve(*cases.whole())
    find = server.find

    def changing(path):
        status = server.stored[f"{garden_api.GARDENS}/local"]["status"]
        status["conditions"] = [{"type": "x", "lastUpdateTime": str(len(status["conditions"]))}, *status["conditions"]]
        return find(path)

    monkeypatch.setattr(server, "find", changing)
    component.collect(tmp_path, cases.RECORD, cases.SET)
