"""metal-stack's own roles, from METAL_ROLES, a directory with C(metal-roles) and C(ansible-common); skipped without.

Their templates are rendered and accepted by the real API server. No images run, so no database answers; headscale's API
key, which a pod would make, is there beforehand. The components C(zitadel) and C(metal) need the program helm.
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


def test_the_originals_are_deployed(original: Stage):
    original.components = COMPONENTS
    if not original.cluster.find(f"/api/v1/namespaces/{NAMESPACE}"):
        original.cluster.request("/api/v1/namespaces", "POST", {"metadata": {"name": NAMESPACE}})
    key = {"metadata": {"name": "headscale-api-key"}, "data": {"key": "a2V5"}}
    original.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/secrets", "POST", key)
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
    play(original)
