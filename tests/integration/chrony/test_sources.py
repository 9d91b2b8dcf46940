"""Sources of a real chronyd: given without a restart, waited for, and told when they lie or are mute."""

from __future__ import annotations

import re
from collections.abc import Iterator

import chronyd
import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import chrony_info, chrony_sources
from chronyd import FAST, given

UPSTREAMS = ["127.0.0.21", "127.0.0.22", "127.0.0.23"]


@pytest.fixture(scope="module")
def upstreams(tree, tmp_path_factory) -> Iterator[None]:
    """Three that trust the machine's clock."""
    place = tmp_path_factory.mktemp("upstreams")
    with chronyd.running(
        *(chronyd.Daemon(tree, place / address, address, ("local stratum 2",)) for address in UPSTREAMS)
    ):
        yield


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
    wanted = given(host, *UPSTREAMS, timeout=7)
    wanted["sources"][1]["options"] = [*FAST, "offset", "5"]
    result = call(chrony_sources, **wanted)
    assert result["failed"] and f"source {UPSTREAMS[1]} tells a time of its own" in result["msg"], result
    assert result["tracking"]["source"] in (UPSTREAMS[0], UPSTREAMS[2])


def test_a_clock_that_is_off_is_refused_by_how_much(call, host, upstreams):
    """Alone, a source is believed; the clock, which chronyd may not touch here, stays where it is."""
    wanted = given(host, UPSTREAMS[0], timeout=7)
    wanted["sources"][0]["options"] = [*FAST, "offset", "5"]
    result = call(chrony_sources, **wanted)
    assert result["failed"] and "no good time within 7 s" in result["msg"], result
    assert re.search(r"the clock is [+-]5\.0\d\d s off, allowed are 0\.1 s", result["msg"]), result
    assert result["tracking"]["source"] == UPSTREAMS[0]
    assert not call(chrony_sources, **wanted, max_offset=6.0).get("failed")


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


def test_a_mesh_without_upstreams_agrees_on_one_of_its_own(call, tree, place, monkeypatch):
    monkeypatch.setattr(chrony_sources, "MESH_OPTIONS", list(FAST))
    addresses = ["127.0.0.41", "127.0.0.42", "127.0.0.43"]
    # 4.7 and newer wait five minutes for a source outside, which this site does not have.
    local = "local stratum 10 orphan" + (" waitunsynced 0" if tree.name.startswith("forky") else "")
    mesh = [chronyd.Daemon(tree, place / one, one, (local,)).start() for one in addresses]
    try:
        for host in mesh:
            others = [one for one in addresses if one != host.address]
            result = call(chrony_sources, **given(host, mesh=others, timeout=30))
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
