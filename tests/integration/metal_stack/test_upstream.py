"""metal-stack's own roles, from METAL_ROLES, a directory with C(metal-roles) and C(ansible-common); skipped without.

Their templates are rendered and accepted by the real API server. No images run, so no database answers; headscale's API
key and Zitadel's client, which pods would make, are there beforehand. The components C(zitadel) and
C(metal) need the program helm.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from playing import NAMESPACE, Stage, play

GIVEN = os.environ.get("METAL_ROLES", "")
pytestmark = pytest.mark.skipif(not GIVEN, reason="METAL_ROLES names no directory with metal-roles and ansible-common")
COMPONENTS = ("prepare", "nsq", "metal-db", "ipam-db", "masterdata-db", "zitadel-db", "valkey", "headscale")


def release(path: Path) -> Path:
    """A release that has a value for all that the roles' own mapping names."""
    defaults = Path(GIVEN, "metal-roles/common/roles/defaults/defaults/main.yaml").read_text()
    document: dict[str, Any] = {
        "ansible-roles": {name: {"repository": "local", "version": "v0"} for name in ("metal-roles", "ansible-common")}
    }
    for place in yaml.safe_load(defaults)["metal_stack_release"]["mapping"].values():
        *above, last = place.split(".")
        there = document
        for one in above:
            there = there.setdefault(one, {})
        there.setdefault(last, f"registry.example/{above[-1]}" if last == "name" else "v0.0.1")
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def original(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage.upstream.path = Path(GIVEN)
    monkeypatch.setattr(stage.upstream, "release", lambda path, tag: release(path))
    return stage


def give(stage: Stage, name: str, *keys: str) -> None:
    """Have a Secret that a pod would make."""
    if not stage.cluster.find(f"/api/v1/namespaces/{NAMESPACE}"):
        stage.cluster.request("/api/v1/namespaces", "POST", {"metadata": {"name": NAMESPACE}})
    made = {"metadata": {"name": name}, "stringData": {key: f"the {key}" for key in keys}}
    stage.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/secrets", "POST", made)


def test_the_originals_are_deployed(original: Stage):
    original.components = COMPONENTS
    give(original, "headscale-api-key", "key")
    original.more = {"timeout": 600}
    assert play(original).deployed() == list(COMPONENTS)
    config = original.cluster.request(
        f"/api/v1/namespaces/{NAMESPACE}/configmaps/backup-restore-sidecar-config-headscale-db"
    )["data"]["config.yaml"]
    assert "object-prefix: headscale-db-initial\n" in config
    assert "object-max-keep: 480\n" in config
    assert play(original).changed == 0


def test_the_chart_is_deployed(original: Stage):
    if not shutil.which("helm"):
        pytest.skip("the components zitadel and metal need the program helm, and this machine has none")
    original.components = (*COMPONENTS, "zitadel", "metal")
    give(original, "headscale-api-key", "key")
    give(original, "zitadel-client-credentials", "client_id", "client_secret")
    original.more = {"timeout": 600}
    assert play(original).deployed() == list(original.components)
    for name in ("zitadel", "metal-api", "masterdata-api"):
        assert original.cluster.find(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}")
    assert play(original).changed == 0
