from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube import libraries


def test_a_package_that_is_not_there_is_named(monkeypatch):
    assert libraries.load("json.decoder").__name__ == "json.decoder"

    def fail(name):
        raise ImportError(f"No module named {name}")

    monkeypatch.setattr(libraries.importlib, "import_module", fail)
    with pytest.raises(Unreachable, match=r"package kubernetes is needed .*pip install kubernetes"):
        libraries.load("kubernetes.client")
    with pytest.raises(Unreachable, match="package kubernetes is needed"):
        libraries.load("websocket")
