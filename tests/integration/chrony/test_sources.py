"""Sources of a real chronyd: given without a restart, waited for, and told when they lie or are mute."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.utils.collection_loader import _collection_finder

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
_collection_finder._AnsibleCollectionFinder(paths=[str(ROOT / ".ansible/collections")])._install()

import chronyd  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.modules import chrony_info, chrony_sources  # noqa: E402

from lab import debian, settings  # noqa: E402

FAST = ["iburst", "minpoll", "0", "maxpoll", "0", "port", str(chronyd.PORT)]
UPSTREAMS = ["127.0.0.21", "127.0.0.22", "127.0.0.23"]


@pytest.fixture(scope="module", params=chronyd.RELEASES)
def tree(request: pytest.FixtureRequest) -> Path:
    return debian.tree(settings.from_environment().cache, request.param, chronyd.PACKAGES)


@pytest.fixture(scope="module")
def upstreams(tree, tmp_path_factory) -> Iterator[list[chronyd.Daemon]]:
    """Three that trust the machine's clock."""
    place = tmp_path_factory.mktemp("upstreams")
    started = [chronyd.Daemon(tree, place / address, address, ("local stratum 2",)).start() for address in UPSTREAMS]
    yield started
    for one in started:
        one.stop()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a short name: a socket's path has at most 107 octets."""
    with tempfile.TemporaryDirectory(prefix="chrony-") as directory:
        yield Path(directory)


@pytest.fixture
def host(tree, place) -> Iterator[chronyd.Daemon]:
    daemon = chronyd.Daemon(tree, place / "host", "127.0.0.31").start()
    yield daemon
    daemon.stop()


class Exit(Exception):
    """What the module answered."""


@pytest.fixture
def call(tree, tmp_path, monkeypatch):
    chronyd.put_client(tree, tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    def end(_: object, **result: object) -> None:
        raise Exit(result)

    monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
    monkeypatch.setattr(basic.AnsibleModule, "fail_json", lambda module, **result: end(module, failed=True, **result))

    def run(module, check=False, **parameters):
        document = {"ANSIBLE_MODULE_ARGS": {"_ansible_check_mode": check, **parameters}}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(document).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(Exit) as exit_info:
            module.main()
        return exit_info.value.args[0]

    return run


def given(host, *addresses, **options):
    sources = [{"address": address, "options": FAST} for address in addresses]
    return {"path": str(host.sources), "socket": str(host.socket), "sources": sources, "timeout": 20, **options}


def test_a_host_gets_the_time_from_its_sources_without_a_restart(call, host, upstreams):
    wanted = given(host, *UPSTREAMS)
    predicted = call(chrony_sources, check=True, **wanted)
    assert predicted["changed"] and not host.sources.exists()
    first = call(chrony_sources, **wanted)
    assert first["changed"], first
    assert first["diff"] == predicted["diff"]
    assert first["tracking"]["source"] in UPSTREAMS and first["tracking"]["stratum"] == 3
    assert {one["name"] for one in first["sources"]} == set(UPSTREAMS)
    assert not call(chrony_sources, **wanted)["changed"]
    fewer = call(chrony_sources, **given(host, *UPSTREAMS[:2]))
    assert fewer["changed"] and len(fewer["sources"]) == 2
    facts = call(chrony_info, socket=str(host.socket), check=True)
    assert facts["tracking"]["synchronised"] and abs(facts["tracking"]["offset"]) < 0.1


def test_a_source_that_lies_is_named(call, host, upstreams):
    wanted = given(host, *UPSTREAMS, timeout=12)
    wanted["sources"][1]["options"] = [*FAST, "offset", "5"]
    result = call(chrony_sources, **wanted)
    assert result["failed"] and f"source {UPSTREAMS[1]} tells a time of its own" in result["msg"], result
    assert result["tracking"]["source"] in (UPSTREAMS[0], UPSTREAMS[2])


def test_a_host_without_an_answer_fails_within_its_bound(call, host):
    result = call(chrony_sources, **given(host, "127.0.0.99", timeout=3))
    assert result["failed"] and "not synchronised" in result["msg"] and "no source answers" in result["msg"]


def test_what_an_interrupted_run_has_written_is_read(call, host, upstreams):
    wanted = given(host, *UPSTREAMS)
    call(chrony_sources, **wanted)
    text = host.sources.read_text()
    call(chrony_sources, **given(host, UPSTREAMS[0]))
    host.sources.write_text(text)
    assert len(call(chrony_sources, **wanted)["sources"]) == 3


def test_a_mesh_without_upstreams_agrees_on_one_of_its_own(call, tree, place):
    addresses = ["127.0.0.41", "127.0.0.42", "127.0.0.43"]
    # 4.7 and newer wait five minutes for a source outside, which this site does not have.
    local = "local stratum 10 orphan" + (" waitunsynced 0" if tree.name.startswith("forky") else "")
    mesh = [chronyd.Daemon(tree, place / one, one, (local,)).start() for one in addresses]
    try:
        for host in mesh:
            others = [one for one in addresses if one != host.address]
            result = call(chrony_sources, **given(host, *others, timeout=30))
            assert not result.get("failed"), result
        facts = [call(chrony_info, socket=str(host.socket))["tracking"] for host in mesh]
        assert all(one["synchronised"] and one["leap"] == "Normal" for one in facts)
        assert sorted(one["stratum"] for one in facts)[-1] <= 11
    finally:
        for host in mesh:
            host.stop()


def test_a_chronyd_that_is_not_there_is_told(call, tree, tmp_path):
    result = call(chrony_info, socket=str(tmp_path / "none.sock"))
    assert result["failed"] and "chronyc -c tracking" in result["msg"]
