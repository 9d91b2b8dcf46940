"""What is asked of real object storage before a restore, with nothing but the standard library."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from backed_up_host import MakeHost, made
from endpoint import Endpoint

from plugins.module_utils._backup import manifest, offered, probe, unprepared
from plugins.module_utils._backup.errors import BackupError, Unreachable
from plugins.module_utils._backup.site import Site
from plugins.module_utils._backup.store import Forbidden

FIRST = "20261127T060000Z"
FIELDS = ("endpoint", "region", "bucket", "access_key", "secret_key", "ca")


def as_a_module_is_told(host: Site, endpoint: Endpoint, **changes: Any) -> dict[str, Any]:
    """The options of a host on which nothing was installed."""
    storage = {name: endpoint.variables[name] for name in FIELDS} | {"path_style": True}
    given = {
        "site": host.settings.site, "storage": storage, "password": "the-password-of-the-site", "components": [],
        "set_components": ["accounts"], "interval": 3600, "state": "/nonexistent",
    }  # fmt: skip
    return {**given, **changes}


def begins(given: dict[str, Any], intent: str = "restore", **wanted: Any) -> dict[str, Any]:
    return unprepared.beginning(unprepared.site(given), intent, "", "", **wanted)


def test_a_set_is_found_without_boto3_and_restic(host: Site, first: Endpoint) -> None:
    made(host, FIRST)
    found = begins(as_a_module_is_told(host, first))
    assert found == {**host.beginning(False, "restore"), "age": found["age"]}
    assert (found["action"], found["set"], found["level"]) == ("restore", FIRST, 2)


@pytest.mark.parametrize(
    ("changes", "intent", "wanted", "words"),
    [
        ({"password": "another-password-altogether"}, "restore", {}, "not sealed with this site's backup password"),
        ({}, "restore", {"name": "20261127T070000Z"}, "there is no set 20261127T070000Z"),
        ({}, "restore", {"level": 3}, "verified to level 3"),
        ({}, "restore", {"lineage": "L9"}, "no set to restore of lineage L9"),
        ({"set_components": ["accounts", "k3s"]}, "restore", {}, "none of 1 sets holds accounts, k3s"),
        ({"site": "nobody"}, "restore", {}, "holds nothing to restore"),
        ({}, "none", {}, "set site_recovery to restore"),
        ({"site": "nobody"}, "none", {}, "for a new site set site_recovery to fresh"),
    ],
    ids=["password", "set", "level", "lineage", "incomplete", "site", "unsaid", "new and unsaid"],
)
def test_what_would_fail_later_fails_here(
    host: Site, first: Endpoint, changes: dict[str, Any], intent: str, wanted: dict[str, Any], words: str
) -> None:
    made(host, FIRST)
    with pytest.raises(BackupError, match=words):
        begins(as_a_module_is_told(host, first, **changes), intent, **wanted)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("secret_key", "revoked", "check the keys"),
        ("access_key", "nobody", "check the keys"),
        ("bucket", "no-such-bucket", "no such bucket"),
        ("endpoint", "https://198.51.100.40:7070", "cannot list"),
        ("ca", "", "certificate verify failed"),
    ],
)
def test_a_storage_that_cannot_be_read_is_named(
    host: Site, first: Endpoint, field: str, value: str, words: str
) -> None:
    given = as_a_module_is_told(host, first)
    given["storage"][field] = value
    with pytest.raises(Unreachable, match=words):
        begins(given)


@pytest.mark.parametrize(
    ("token", "version", "words"),
    [
        ("the-token", "v1.36.1+k3s1", ""),
        ("the-token", "v1.34.9+k3s1", "which may not read it"),
        ("another-token", "v1.35.4+k3s1", "is not the one that the set was made with"),
    ],
)
def test_another_token_or_an_older_release_is_refused(
    host: Site, first: Endpoint, monkeypatch: pytest.MonkeyPatch, token: str, version: str, words: str
) -> None:
    """As if the set were one of k3s."""
    made(host, FIRST)
    asked = unprepared.site(as_a_module_is_told(host, first))
    facts = {"token": manifest.fingerprint("the-token", "L1"), "version": "v1.35.4+k3s1"}
    chosen = {**asked.choose(), "components": {"k3s": {"facts": facts}}}
    monkeypatch.setattr(asked, "choose", lambda **_: chosen)
    if words:
        with pytest.raises(BackupError, match=words):
            unprepared.beginning(asked, "restore", token, version)
    else:
        assert unprepared.beginning(asked, "restore", token, version)["set"] == FIRST


def test_a_restore_needs_keys_that_write(host: Site, first: Endpoint) -> None:
    made(host, FIRST)
    given = as_a_module_is_told(host, first)
    before = host.store.keys(f"{host.settings.site}/")
    assert begins(given, writes=True)["set"] == FIRST
    assert host.store.keys(f"{host.settings.site}/") == before
    reader = {**given, "storage": {**given["storage"], **first.variables["reader"]}}
    assert begins(reader)["set"] == FIRST
    with pytest.raises(Forbidden, match=r"cannot write .* check the keys"):
        begins(reader, writes=True)


def test_many_keys_are_listed_page_by_page(first: Endpoint, make_host: MakeHost) -> None:
    host = make_host()
    prefix = f"{host.settings.site}/catalogue/"
    for number in range(1001):
        host.store.put(f"{prefix}{number:04d}", b"")
    assert unprepared.site(as_a_module_is_told(host, first)).listed() == host.listed()


def test_a_storage_is_proven_without_boto3_as_with_it(host: Site, endpoint: Endpoint, tmp_path: Path) -> None:
    given = as_a_module_is_told(host, endpoint)["storage"]
    site = f"{host.settings.site}-new"

    def judged(site: str = site, lineage: str = "L1", **changes: Any) -> dict[str, Any]:
        return offered.judged("first", {**given, **changes}, site, lineage, ["accounts"], tmp_path / "none", True)

    found = judged()
    storage = offered.storage(given)[0]
    seen = probe.report(dataclasses.replace(storage, ca_file=str(endpoint.ca)), site)["seen"]
    assert found["complaints"] == [] and abs(found["seen"].pop("clock")) < 5
    seen.pop("clock")
    assert found["seen"] == seen
    assert "check the keys" in judged(secret_key="revoked")["complaints"][0]
    assert "may remove versions" in judged(**endpoint.variables["pruner"])["complaints"][0]
    assert "cannot write" in judged(**endpoint.variables["reader"])["complaints"][0]
    assert "expected 14 days" in judged(lock_days=14)["complaints"][0]
    assert "no such bucket" in judged(bucket="no-such-bucket")["complaints"][0]


def test_a_bucket_with_sets_of_another_cluster_is_refused(host: Site, first: Endpoint, tmp_path: Path) -> None:
    made(host, FIRST)
    given = as_a_module_is_told(host, first)["storage"]
    before = host.store.keys(f"{host.settings.site}/")
    found = offered.judged("first", given, host.settings.site, "L9", ["accounts"], tmp_path / "none", True)
    assert "holds backups of L1" in found["complaints"][0]
    assert host.store.keys(f"{host.settings.site}/") == before
