"""What the modules of a garden tell, and what they keep for themselves."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_garden, gardener_garden_plan
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process

GARDEN = {"version": "v1.138.3", "kubernetes_version": "1.35.6"}


@pytest.mark.parametrize("module", [gardener_garden, gardener_garden_plan])
def test_a_region_is_no_secret_and_a_key_is_one(monkeypatch, module):
    """Ansible hides each value wherever it comes up, so a word such as true makes riddles of what is told."""
    pytest.importorskip("kubernetes", reason="it opens a kubeconfig")
    answer = in_process.runner(monkeypatch, masked=True)
    secrets = [{"name": "backup", "data": {"region": "kubeconfig", "secretAccessKey": "nowhere"}}]
    told = answer(module, kubeconfig="/nowhere/a", garden=GARDEN, secrets=secrets)
    assert told["failed"] and "kubeconfig /********/a cannot be used" in told["msg"]
