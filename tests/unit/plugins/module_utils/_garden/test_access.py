"""The kubeconfig of a virtual garden."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden import access
from ansible_collections.metalstack.autonomous.plugins.module_utils._garden.access import Held, Stranger

NOW = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
BEFORE = datetime.timedelta(hours=1)


def token(hours: float, key: str = "a", uid: str = "u") -> str:
    claims = {"namespace": "kube-system", "serviceaccount": {"name": "metalstack-autonomous", "uid": uid}}
    parts = [{"kid": key}, {"exp": int(NOW.timestamp() + 3600 * hours), "kubernetes.io": claims}]
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts), "s"])


def held(**more: Any) -> Held:
    return Held("https://api.garden.example.org", "", "PEM", token(4))._replace(**more)


@pytest.mark.parametrize(
    ("found", "offered", "reason"),
    [
        (None, held(), "there is none"),
        (held(), held(), ""),
        (held(), held(token=token(8)), ""),
        (held(token=token(0.5)), held(token=token(8)), "its token ends at 2026-11-30T12:30:00Z"),
        (held(token=token(-1)), held(token=token(8)), "its token has ended at 2026-11-30T11:00:00Z"),
        (held(token=token(0.5)), held(token=token(0.5)), ""),
        (held(), held(token=token(8, "b")), "the key of its token is rotated"),
        (held(), held(token=token(8, uid="v")), "the ServiceAccount of its token is another one"),
        (held(), held(authority="other"), "the authority of the garden is rotated"),
        (held(), held(server="https://127.0.0.1:1", name="api"), "the address of the garden is another one"),
        (held(token="opaque"), held(token="other"), "its token has ended"),
    ],
)
def test_the_file_is_written_anew_when_it_is_due(found: Held | None, offered: Held, reason: str):
    assert access.due(found, offered, NOW, BEFORE) == reason


def test_what_is_written_is_read_again():
    for one in (held(), held(server="https://127.0.0.1:1", name="api.garden.example.org")):
        assert access.held(access.kubeconfig(one)) == one


@pytest.mark.parametrize("config", [None, {}, {"clusters": [], "users": []}, "text", [1]])
def test_anything_else_is_a_stranger(config: object):
    with pytest.raises(Stranger):
        access.held(config)


def test_the_token_is_requested_for_an_account_of_the_virtual_garden():
    secret, grant, resource = access.objects(28800)
    assert secret["metadata"]["annotations"] == {
        "serviceaccount.resources.gardener.cloud/name": "metalstack-autonomous",
        "serviceaccount.resources.gardener.cloud/namespace": "kube-system",
        "serviceaccount.resources.gardener.cloud/token-expiration-duration": "28800s",
    }
    assert "data" not in secret
    assert resource["spec"]["secretRefs"] == [{"name": grant["metadata"]["name"]}]
    binding = json.loads(base64.b64decode(grant["data"]["clusterrolebinding.yaml"]))
    assert binding["roleRef"]["name"] == "cluster-admin" and binding["subjects"][0]["name"] == "metalstack-autonomous"
