"""Valkey in its pod: keys are counted by what they are, and one that loads does not run."""

from __future__ import annotations

import pytest
from ask import about, refused
from conftest import Run
from objects import World
from servers import Valkey


@pytest.fixture
def pod(world: World, valkey: Valkey) -> World:
    world.claim("valkey")
    world.pod("valkey", "valkey", valkey.container)
    return world


def test_keys_are_counted_by_database_beginning_and_type(pod: World, run: Run, valkey: Valkey) -> None:
    for number in range(2500):
        valkey.container.volume.joinpath("keys").open("a").write(f"SET tokenstore_user:{number} x\n")
    valkey.container.run("sh", "-c", "valkey-cli < /data/keys > /dev/null")
    valkey.ask("SET", "certstore_signing", "x")
    valkey.ask("SET", "session", "x")
    valkey.ask("SET", "invitestore_by_secret_abc", "x", number=2)
    valkey.ask("HSET", "invitestore_by_project_p:abc", "a", "b", number=2)
    valkey.ask("SET", "limit:somebody", "x", number=1)
    valkey.ask("SET", "component:one", "x", number=4)
    found = about(run, "valkey", counts=True)
    assert found["tables"] == {
        "db0/tokenstore_/string": 2500, "db0/certstore_/string": 1, "db0/other/string": 1,
        "db2/invitestore_by_secret_/string": 1, "db2/invitestore_by_project_/hash": 1,
    }  # fmt: skip
    assert found["lists"] == {} and found["volume"]["running"] is True


def test_what_ends_by_itself_soon_is_not_counted(pod: World, run: Run, valkey: Valkey) -> None:
    day = 24 * 3600
    valkey.ask("SET", "tokenstore_user:of-a-day", "x", "EX", str(day))
    valkey.ask("SET", "tokenstore_user:of-a-year", "x", "EX", str(365 * day))
    valkey.ask("SET", "certstore_signing", "x", "EX", str(730 * day))
    assert about(run, "valkey", counts=True)["tables"] == {"db0/tokenstore_/string": 1, "db0/certstore_/string": 1}


def test_without_a_key_nothing_is_counted(pod: World, run: Run) -> None:
    assert about(run, "valkey", counts=True)["tables"] == {}


def test_its_data_directory_is_the_volume(pod: World, run: Run, valkey: Valkey) -> None:
    (valkey.container.volume / "lost+found").mkdir()
    valkey.container.write(".hidden", "with\nnew line")
    assert about(run, "valkey")["volume"]["entries"] == [".hidden", "lost+found", "with\nnew line"]


def test_one_that_loads_its_data_does_not_run(pod: World, run: Run, valkey: Valkey) -> None:
    slowly = ("--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024")
    valkey.end()
    valkey.begin("--enable-debug-command", "yes")
    valkey.ask("DEBUG", "POPULATE", "5000", "tokenstore_user:", "2000")
    valkey.ask("SAVE")
    valkey.end()
    valkey.begin(*slowly)
    found = about(run, "valkey")
    assert found["volume"]["running"] is False and "load" in found["idle"].lower()
    assert "nothing can be counted" in refused(run, "valkey", counts=True)


def test_one_that_wants_a_password_that_its_pod_does_not_know_is_an_error(pod: World, run: Run, valkey: Valkey) -> None:
    valkey.ask("CONFIG", "SET", "requirepass", "word")
    assert "NOAUTH" in refused(run, "valkey", counts=True)
    valkey.container.environment["REDISCLI_AUTH"] = "word"
    assert about(run, "valkey", counts=True)["tables"] == {}


def test_one_that_does_not_listen_does_not_run(pod: World, run: Run, valkey: Valkey) -> None:
    valkey.end()
    found = about(run, "valkey")
    assert found["volume"]["running"] is False and "Connection refused" in found["idle"]
