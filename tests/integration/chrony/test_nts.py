"""Servers that prove by NTS who they are, with a certificate of the site's own authority, and those that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import chronyd
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._time import daemon
from ansible_collections.metalstack.autonomous.plugins.modules import chrony_sources
from certificates import DAY, Authority
from chronyd import FAST, NTS_PORT, Daemon, given

SERVER, CLIENT = "127.0.0.51", "127.0.0.52"
NTS = [*FAST, "nts", "ntsport", str(NTS_PORT)]
REFUSED = f"source {SERVER} gives no NTS keys"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("site"), "site")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


@pytest.fixture
def server(tree, place, site) -> Iterator[Daemon]:
    config = ("local stratum 2", *site.server(place / "server", SERVER))
    with chronyd.running(Daemon(tree, place / "server", SERVER, config)) as daemon:
        yield daemon


def client(tree: Path, place: Path, *config: str):
    return chronyd.running(Daemon(tree, place / "client", CLIENT, config))


def asked(host: Daemon, **parameters):
    return given(host, sources=[{"address": SERVER, "options": NTS}], **parameters)


def test_a_server_with_a_certificate_of_the_site_is_believed(call, tree, place, site, server):
    with client(tree, place, site.client()) as host:
        result = call(chrony_sources, **asked(host))
        assert not result.get("failed"), result
        assert result["tracking"]["source"] == SERVER and result["tracking"]["stratum"] == 3
        (source,) = result["sources"]
        assert source["authentication"] == "NTS" and source["cookies"] and source["reach"]
        assert result["warnings"] == []


def test_a_certificate_of_another_authority_is_refused_and_a_better_one_taken_at_once(
    call, tree, place, site, stranger
):
    """By itself chronyd would ask again after 17 minutes."""
    address = place / "server"
    with client(tree, place, site.client()) as host:
        server = Daemon(tree, address, SERVER, ("local stratum 2", *stranger.server(address, SERVER)))
        with chronyd.running(server):
            result = call(chrony_sources, **asked(host, timeout=4))
            assert result["failed"] and "not synchronised" in result["msg"] and REFUSED in result["msg"], result
            (source,) = result["sources"]
            assert (source["reach"], source["cookies"], source["state"]) == (0, 0, "unusable")
        site.server(address, SERVER)
        with chronyd.running(server):
            result = call(chrony_sources, **asked(host))
            assert not result.get("failed") and not result["changed"], result
            assert result["tracking"]["source"] == SERVER


@pytest.mark.parametrize("check", [True, False], ids=["with the check", "without it at first"])
def test_a_host_whose_clock_is_behind_can_be_told_so(call, tree, place, site, check):
    """To such a host a certificate is of the future."""
    address = place / "server"
    config = ("local stratum 2", *site.server(address, SERVER, begins=DAY))
    lines = () if check else ("nocerttimecheck 1",)
    with (
        chronyd.running(Daemon(tree, address, SERVER, config)),
        client(tree, place, site.client(), *lines) as host,
    ):
        result = call(chrony_sources, **asked(host, timeout=3 if check else 20))
        assert (REFUSED in result["msg"]) if check else not result.get("failed"), result


def test_one_that_cannot_prove_itself_is_told_of_while_others_answer(call, tree, place, site, server, monkeypatch):
    monkeypatch.setattr(daemon, "PATIENCE", 3.0)
    other = "127.0.0.53"
    with (
        chronyd.running(Daemon(tree, place / "other", other, ("local stratum 2",))),
        client(tree, place, site.client()) as host,
    ):
        wanted = asked(host)
        wanted["sources"].append({"address": other, "options": NTS})
        result = call(chrony_sources, **wanted)
        assert not result.get("failed"), result
        (warning,) = result["warnings"]
        assert f"source {other} gives no NTS keys" in warning


def test_a_mesh_that_uses_it_follows_an_upstream_that_does_not(call, tree, place, site, monkeypatch):
    """Unless told otherwise chronyd requires one of those that prove who they are, and none of these knows the time."""
    monkeypatch.setattr(chrony_sources, "MESH_OPTIONS", [*FAST, "ntsport", str(NTS_PORT)])
    upstream = "127.0.0.54"
    orphan = "local stratum 10 orphan" + (" waitunsynced 0" if tree.name.startswith("forky") else "")
    server = Daemon(tree, place / "server", SERVER, (orphan, site.client(), *site.server(place / "server", SERVER)))
    with (
        chronyd.running(Daemon(tree, place / "upstream", upstream, ("local stratum 2",)), server),
        client(tree, place, orphan, site.client(), "authselectmode ignore") as host,
    ):
        result = call(chrony_sources, **given(host, upstream, mesh=[SERVER], mesh_nts=True))
        assert not result.get("failed"), result
        assert (result["tracking"]["source"], result["tracking"]["stratum"]) == (upstream, 3)
        assert {one["name"]: one["authentication"] for one in result["sources"]} == {upstream: "", SERVER: "NTS"}
