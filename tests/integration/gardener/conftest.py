"""A virtual garden for the whole suite, and a project of its own for each test.

What is real: gardener-apiserver with its admission plugins, kube-apiserver, etcd, the kubernetes client. What is not:
gardenlet and the scheduler (gardenlet.py), which make no cluster of a shoot but write of it what these write.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent), str(ROOT / "tests/integration/metal_stack")]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import landscape  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import waiting  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.modules import gardener_shoot  # noqa: E402
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process  # noqa: E402
from cluster import Etcd  # noqa: E402
from garden import Garden, Object  # noqa: E402
from gardenlet import Shoot  # noqa: E402
from landscape import Project  # noqa: E402

Run = in_process.Run
Made = Callable[..., Shoot]


@pytest.fixture(scope="session")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    directory = tmp_path_factory.mktemp("garden")
    etcd = Etcd(directory / "etcd")
    running = Garden(directory / "garden", etcd)
    try:
        running.serve()
        landscape.prepare(running)
        yield running
    finally:
        running.stop()
        etcd.stop()


@pytest.fixture(scope="session")
def names() -> Iterator[str]:
    return (f"p{number}" for number in itertools.count())


@pytest.fixture
def project(garden: Garden, names: Iterator[str]) -> Project:
    """A project of its own, in which a shoot would be taken."""
    return landscape.project(garden, next(names))


@pytest.fixture
def made(garden: Garden, project: Project) -> Made:
    """Make a shoot of the project that has been created as a cluster; ready=False: that nobody has begun with."""

    def made(name: str = "shoot", ready: bool = True, **spec: Any) -> Shoot:
        wanted: Object = landscape.shoot(project, name, **spec)
        garden.apply(wanted, "shoots")
        shoot = Shoot(garden, project.namespace, name)
        if ready:
            shoot.start()
            shoot.succeed()
        return shoot

    return made


@pytest.fixture
def run(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module's `main` in this process with the kubeconfig of the garden."""

    answer = in_process.runner(monkeypatch)
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.2)
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _, text: warned.append(text))

    def run(module: Any, check: bool = False, **options: Any) -> dict[str, Any]:
        warned.clear()
        result = answer(module, check, **{"kubeconfig": str(garden.kubeconfig), "_ansible_diff": True, **options})
        return {**result, "warned": list(warned)}

    return run


@pytest.fixture
def spec(project: Project) -> Object:
    """A spec such as gardener_shoot is given."""
    return dict(landscape.shoot(project, "shoot")["spec"])


@pytest.fixture
def shoot(garden: Garden, project: Project) -> Shoot:
    """What gardener_shoot is asked for in C(have), there or not."""
    return Shoot(garden, project.namespace, "shoot")


@pytest.fixture
def have(run: Run, project: Project, spec: Object) -> Run:
    """Have gardener_shoot bring about a shoot, with the usual spec unless another one is given."""

    def have(given: Object | None = None, check: bool = False, **options: Any) -> dict[str, Any]:
        options = {"namespace": project.namespace, "name": "shoot", "timeout": 60, **options}
        return run(gardener_shoot, check, spec=given or spec, **options)

    return have


@pytest.fixture
def ours(have: Run, shoot: Shoot) -> Shoot:
    """A shoot that the module has made and gardenlet has created."""
    with shoot.playing():
        assert have()["changed"]
    return shoot
