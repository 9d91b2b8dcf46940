"""Every example of the modules' documentation runs, on a mirror that has what they name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_stack_release, metal_stack_release_info
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import examples
from published import vector
from stages import Stage

MODULES = {"metal_stack_release": metal_stack_release, "metal_stack_release_info": metal_stack_release_info}


@pytest.fixture
def given(publisher: Any, registry: Any, key: Any, stage: Stage, tmp_path: Path) -> dict[str, Any]:
    """What the examples take from the site, whose mirror has one release; and the files that they name."""
    publisher.roles()
    publisher.release("v0.22.19", vector("ghcr.io", "v1.137.7"))
    for version in ("v0.22.18", "v0.22.19"):
        place = tmp_path / "srv/releases" / version / "release.yaml"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(vector("ghcr.io", "v1.137.7", metal_api=f"{version}0")))
    stage.address = "ghcr.io"
    return {
        "metal_stack_release_vectors": [stage.vector("v0.22.19")],
        "lookup": lambda _plugin, _file: key.public,
        "mirror": {"registry": "ghcr.io", "location": registry.address, "scheme": "http"},
    }


def placed(value: Any, root: Path) -> Any:
    """Paths of the examples, below a directory of the test."""
    if isinstance(value, dict):
        return {key: placed(one, root) for key, one in value.items()}
    if isinstance(value, list):
        return [placed(one, root) for one in value]
    return f"{root}{value}" if isinstance(value, str) and value.startswith("/") else value


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str, given: dict[str, Any], answer: Any, tmp_path: Path) -> None:
    for task in examples.read(MODULES[name]):
        found = examples.options(task, given)
        if found is None:
            assert "ansible.builtin.include_role" in task
            continue
        module, options = found
        options = placed(options, tmp_path) | {"registry_mirrors": [given["mirror"]]}
        would = answer(MODULES[module], **options, _ansible_check_mode=True)
        told = answer(MODULES[module], **options)
        assert "failed" not in told, f"{task['name']}: {told['msg']}"
        assert would == told
        assert not answer(MODULES[module], **options)["changed"]
        # Each is for a controller that has nothing yet.
        shutil.rmtree(tmp_path / "var", ignore_errors=True)
