"""What the tests of the Garden ask: an API that knows one, and a set of it."""

from __future__ import annotations

import time

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import (
    components,
    garden,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import objects
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import garden_cases as cases


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Return what has the host's API be a server with these objects."""
    monkeypatch.setattr(garden.host, "datastore", lambda: "etcd")
    monkeypatch.setattr(garden, "Kubernetes", lambda: type("Api", (), {"lineage": lambda _self: "L1"})())

    def serve(*found, **more):
        server = cases.Server(*found, **more)
        monkeypatch.setattr(objects, "api", lambda _seconds: server)
        monkeypatch.setattr(time, "sleep", lambda seconds: setattr(server, "clock", server.clock + seconds))
        return server

    return serve


@pytest.fixture
def component(tmp_path):
    return components.make({"name": "garden"}, tmp_path)


@pytest.fixture
def collected(serve, component, tmp_path):
    serve(*cases.whole())
    stage = tmp_path / "stage"
    stage.mkdir()
    paths, facts = component.collect(stage, cases.RECORD, cases.SET)
    assert paths == []
    return stage, facts
