"""A database that the sidecar asks for its dump, and that keeps its data at the root of its volume."""

from __future__ import annotations

import pytest
import valkey
from sidecar import MakeSidecar, Sidecar


@pytest.fixture
def pod(make_sidecar: MakeSidecar) -> Sidecar:
    """Return the sidecar of a Valkey."""
    return make_sidecar(**valkey.OPTIONS)


def backed_up(pod: Sidecar, value: str) -> None:
    """Leave a backup of a Valkey that is lost."""
    pod.begin()
    with valkey.running(pod):
        valkey.ask("SET", "token", value)
        pod.back_up()
    pod.stop()
    pod.lose()


def test_a_dump_comes_back(pod: Sidecar) -> None:
    backed_up(pod, "secret")
    pod.begin()
    with valkey.running(pod):
        assert valkey.ask("GET", "token") == "secret"


def test_a_backup_takes_the_dump_away_and_leaves_an_empty_directory(pod: Sidecar) -> None:
    """What it holds is in memory alone until it ends, and then there is another dump."""
    pod.begin()
    with valkey.running(pod):
        valkey.ask("SET", "token", "secret")
        pod.back_up()
        assert list(pod.directory.iterdir()) == []
        assert valkey.ask("GET", "token") == "secret"
    assert [one.name for one in pod.directory.iterdir()] == ["dump.rdb"]


def test_one_that_is_killed_after_a_backup_gets_that(pod: Sidecar) -> None:
    pod.begin()
    with valkey.running(pod) as process:
        valkey.ask("SET", "token", "secret")
        pod.back_up()
        valkey.ask("SET", "token", "newer")
        process.kill()
        process.wait()
    pod.stop()
    pod.begin()
    with valkey.running(pod):
        assert valkey.ask("GET", "token") == "secret"


def test_on_a_volume_with_lost_and_found_it_begins_empty(pod: Sidecar) -> None:
    """Its data directory is the volume itself (C(valkey.yaml) of metal-roles)."""
    backed_up(pod, "secret")
    (pod.directory / "lost+found").mkdir()
    pod.begin()
    with valkey.running(pod):
        assert valkey.ask("GET", "token") == ""
        pod.back_up()
