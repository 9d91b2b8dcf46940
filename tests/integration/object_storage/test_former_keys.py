"""Keys that the owner of a storage has issued and revoked, as the storage itself sees them."""

from __future__ import annotations

import json
from typing import Any

import own_lab
import pytest
from backed_up_host import MakeHost, made, write
from endpoint import Endpoint

from plugins.module_utils._backup import former_keys, probe
from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._backup.settings import Storage
from plugins.module_utils._backup.site import Site

FIRST, SECOND = (f"20261127T0{hour}0000Z" for hour in (6, 7))


def pair(told: dict[str, Any]) -> dict[str, str]:
    return {name: told[name] for name in former_keys.FIELDS}


def storage(site: Site, told: dict[str, Any]) -> Storage:
    return site.settings.storage.by(**pair(told))


def complaints(site: Site, told: dict[str, Any], pruner: dict[str, Any] | None = None) -> list[str]:
    account = storage(site, pruner) if pruner else None
    found: list[str] = probe.report(storage(site, told), site.settings.site, "L1", account)["complaints"]
    return found


def test_keys_of_all_kinds_are_told_apart_before_a_host_is_given_them(host: Site, first: Endpoint) -> None:
    good, pruner, reader = first.variables, first.variables["pruner"], first.variables["reader"]
    assert complaints(host, good, pruner) == []
    assert "DeleteObjectVersion" in complaints(host, pruner, pruner)[0]
    assert "check the keys" in complaints(host, reader)[0]
    assert "check the keys" in complaints(host, {**good, "secret_key": "0" * 40})[0]
    assert "the pruner's account" in complaints(host, good, good)[0]
    assert "the pruner's account" in complaints(host, good, {**pruner, "secret_key": "0" * 40})[0]


def test_keys_of_a_storage_without_the_sites_backups_are_refused(host: Site, first: Endpoint) -> None:
    found = probe.report(host.settings.storage, host.settings.site, "L2")["complaints"]
    assert "shows nothing of lineage L2" in found[0]
    assert json.dumps(found).count(first.variables["secret_key"]) == 0


def test_former_keys_are_accepted_until_they_are_revoked(make_host: MakeHost, second: Endpoint) -> None:
    """On the second endpoint, which is started anew for it."""
    before = pair(second.variables)
    where = {name: second.variables[name] for name in ("endpoint", "region", "bucket")}
    site = make_host(**where, ca_file=str(second.ca), **before)
    write(site, 8)
    site.belong("L1")
    made(site, FIRST)
    own_lab.lab("key", "issue", "offsite1", "writer")
    issued = pair(own_lab.variables()["site_object_storage_second"])
    second.variables.update(issued)
    assert issued != before and complaints(site, issued) == []
    assert former_keys.keep(site.settings, {"first": {**where, **issued}})
    site = make_host(**where, ca_file=str(second.ca), **issued)
    (may,) = former_keys.accepted(site.settings).values()
    assert may == ["delete", "list", "read", "write"]
    made(site, SECOND)

    own_lab.lab("key", "revoke", "offsite1", "writer")
    assert former_keys.accepted(site.settings) == {}
    revoked = make_host(**where, ca_file=str(second.ca), **before)
    with pytest.raises(BackupError, match="check the keys"):
        revoked.generations()
    assert site.choose()["set"] == SECOND
    assert former_keys.forget(site.settings)
