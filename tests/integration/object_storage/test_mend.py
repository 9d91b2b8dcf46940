"""What real restic finds damaged in the first storage comes back from the second, and the sets are whole again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from backed_up_host import MakeHost, data, made, spoil, write
from endpoint import Endpoint

from plugins.module_utils._backup import catalogue, keys, program
from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._backup.sets import Sets
from plugins.module_utils._backup.site import Site

FIRST, SECOND = (f"20261127T0{hour}0000Z" for hour in (6, 7))


@pytest.fixture
def source(make_host: MakeHost, second: Endpoint) -> Site:
    """Return a host with two sets, both copied."""
    site = make_host(copies_to=second)
    write(site, 8)
    site.belong("L1")
    made(site, FIRST)
    (data(site) / "row0").write_text("only the second has this" * 50)
    made(site, SECOND)
    program.copied(site)
    return site


def below(site: Site, layer: str) -> list[str]:
    return site.store.keys(f"{keys.repository(site.settings.site, 'L1')}/{layer}")


def everything(site: Site) -> dict[str, bytes]:
    return {key: site.store.get(key) for key in site.store.keys(f"{site.settings.site}/") if "/locks/" not in key}


def marked(site: Site) -> list[str]:
    return [part.place.set for one in catalogue.sets(site.listed()) for part in one.parts.values() if part.damaged]


def brought(told: dict[str, Any]) -> set[str]:
    return {one["key"] for one in told["brought"]}


def test_flipped_bytes_come_back_from_the_copy(source: Site, first: Endpoint) -> None:
    before = everything(source)
    newest = catalogue.sets(source.listed())[-1].parts["accounts"].place
    broken = {*below(source, "data/"), *below(source, "index/"), newest.key()}
    spoil(first, broken)
    with pytest.raises(BackupError):
        program.verified(source, 1, FIRST, [], again=True)
    assert marked(source) == [FIRST]
    told = program.would_mend(source)
    assert brought(told) == broken and told["again"][0]["set"] == FIRST
    assert marked(source) == [FIRST] and brought(program.would_mend(source)) == broken

    done = program.mended(source)
    assert brought(done) == broken and [one["set"] for one in done["verified"]] == [FIRST]
    assert marked(source) == []
    after = everything(source)
    assert {key: after[key] for key in before if "verified" not in key} == {
        key: content for key, content in before.items() if "verified" not in key
    }
    for name in (FIRST, SECOND):
        assert Sets(source).verify(2, name, "accounts", again=True)["verified"]
    # What was damaged is still there for whoever wants to know how.
    versions = first.client("reader").list_object_versions(Bucket=first.bucket, Prefix=newest.key())["Versions"]
    assert len(versions) == 3
    json.dumps(done)
    assert program.mended(source) == {"brought": [], "bytes": 0, "verified": []}
    assert program.would_mend(source) == {"brought": [], "again": []}


@pytest.mark.long
def test_a_repository_that_does_not_open_comes_back(source: Site, first: Endpoint) -> None:
    before = everything(source)
    opener = {*below(source, "config"), *below(source, "keys/")}
    for key in opener:
        first.put(key, b"overwritten by somebody")
    gone = below(source, "snapshots/")
    for key in gone:
        source.store.delete(key)
    assert brought(program.mended(source)) == {*opener, *gone}
    assert everything(source) == before
    assert Sets(source).verify(1, SECOND, "accounts", again=True)["verified"]


@pytest.mark.long
def test_what_was_deleted_comes_back(source: Site) -> None:
    before = everything(source)
    newest = catalogue.sets(source.listed())[-1].parts["accounts"].place
    gone = {*below(source, "data/"), *below(source, "index/"), newest.key(), newest.verified(2)}
    for key in gone:
        source.store.delete(key)
    assert brought(program.mended(source)) == gone
    assert everything(source) == before


@pytest.mark.long
def test_what_is_damaged_in_both_is_named_and_the_rest_comes_back(
    source: Site, first: Endpoint, second: Endpoint
) -> None:
    before = everything(source)
    one, other = below(source, "data/")[:2]
    spoil(first, [one, other])
    spoil(second, [other])
    with pytest.raises(BackupError, match=f"{other} .* has no good copy either; nothing was brought back"):
        program.would_mend(source)
    with pytest.raises(BackupError, match=f"{other} .* has no good copy either; 1 objects were brought back"):
        program.mended(source)
    after = everything(source)
    assert [key for key in before if after[key] != before[key]] == [other]
