"""What a server does at its start while the object storage gives no answer, and how long that takes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from backed_up_host import MakeHost, made, write
from endpoint import Endpoint

from plugins.module_utils._backup import disk, program
from plugins.module_utils._backup.gate import Answer, Record
from plugins.module_utils._backup.site import Site

FIRST = "20261127T060000Z"
# What silence may add to a start. Ten in all are asked for, of which a busy machine takes some to load boto3.
SECONDS = 7
DOWN = "https://198.51.100.40:7070"


@pytest.fixture
def hangs() -> Iterator[str]:
    """Return an endpoint that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(autouse=True)
def lone_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the host be a single server with its data, which nobody could bring it but the storage."""
    monkeypatch.setattr(program.host, "datastore", lambda: "etcd")
    monkeypatch.setattr(program.host, "read", lambda _: "cluster-init: true\n")


def judged(site: Site) -> tuple[Answer, float]:
    begun = time.monotonic()
    return program.judge(site), time.monotonic() - begun


@pytest.mark.parametrize("silent", ["down", "hangs"])
def test_a_lone_server_whose_data_are_known_starts_without_the_storage(
    host: Site, make_host: MakeHost, hangs: str, silent: str
) -> None:
    made(host, FIRST)
    _, usual = judged(host)
    cut_off = make_host("host1", endpoint=DOWN if silent == "down" else hangs)
    answer, took = judged(cut_off)
    assert answer.allowed and answer.alarm and "gives no answer" in answer.reason
    assert took - usual < SECONDS


def test_a_lone_server_that_lost_its_data_founds_nothing_without_the_storage(
    make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program.host, "datastore", lambda: "")
    answer, took = judged(make_host("host1", endpoint=DOWN))
    assert not answer.allowed and "nobody has said that it may found" in answer.reason and took < 1


def test_a_refusal_comes_soon_even_where_the_first_storage_hangs(
    make_host: MakeHost, first: Endpoint, second: Endpoint, hangs: str
) -> None:
    site = make_host(copies_to=second)
    write(site, 8)
    site.belong("L1")
    made(site, FIRST)
    program.copied(site)
    # Restored from there while the first one is lost.
    site.elsewhere().begin_restored("L1", FIRST)
    refused, usual = judged(Site(site.settings))
    assert not refused.allowed
    hung = make_host("host1", copies_to=second, endpoint=hangs)
    assert disk.read_record(hung.settings.state) == Record("L1", 1)
    answer, took = judged(hung)
    assert not answer.allowed and "before a restore" in answer.reason
    assert took - usual < SECONDS
