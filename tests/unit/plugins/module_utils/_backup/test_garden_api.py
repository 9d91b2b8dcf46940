"""How the API of a host is asked for Gardens."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import garden_api, garden_fit
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, objects
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import garden_cases as cases


def test_an_api_that_does_not_answer_is_no_cluster_without_a_garden(serve, component, monkeypatch):
    server = serve()

    def silent(_path):
        raise client.Unreachable("timed out")

    monkeypatch.setattr(server, "find", silent)
    with pytest.raises(Unreachable, match="the Kubernetes API of this host: timed out"):
        component.idle()


def test_paths_are_those_of_the_api():
    assert objects.path(cases.garden()) == f"{garden_api.GARDENS}/local"
    assert objects.path(cases.operator()) == garden_api.OPERATOR
    hook = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "gardener-operator"}}
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        assert garden_api.HOOKS.format(kind.lower()) == objects.path({**hook, "kind": kind})
        assert kind.lower() in garden_fit.HOOKS
