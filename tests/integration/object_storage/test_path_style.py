"""A bucket that is named in the host's name, or in the path: as each of the three clients asks a real gateway."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import named_gateway
import pytest
from named_gateway import DOMAIN, Proxy

from plugins.module_utils._backup import probe, settings
from plugins.module_utils._backup.plain_store import PlainStore
from plugins.module_utils._backup.restic import Restic
from plugins.module_utils._backup.settings import Settings
from plugins.module_utils._backup.store import ObjectStore

BUCKET = "box"
STYLES = {True: DOMAIN, False: f"{BUCKET}.{DOMAIN}"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, Path]]:
    """Return the way to a gateway with a bucket, and the authority of its certificate."""
    with named_gateway.serving(tmp_path_factory.mktemp("gateway")) as (proxy, authority):
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("HTTPS_PROXY", proxy.url)
            patched.delenv("NO_PROXY", raising=False)
            patched.delenv("no_proxy", raising=False)
            client = ObjectStore(config(authority, True).storage)._client
            client.create_bucket(Bucket=BUCKET)
            client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield proxy, authority


def config(authority: Path, path_style: bool) -> Settings:
    storage = {
        "endpoint": f"https://{DOMAIN}", "region": "eu", "bucket": BUCKET, "path_style": path_style,
        "ca_file": str(authority), **named_gateway.KEYS,
    }  # fmt: skip
    home = authority.parent / f"host-{path_style}"
    home.mkdir(exist_ok=True)
    (home / "password").write_text("the-password-of-the-site")
    return settings.parse(
        json.dumps({
            "site": f"s-{path_style}".lower(), "host": "h", "storage": storage, "password_file": str(home / "password"),
            "set_components": [], "components": [], "interval": 3600, "level": 1, "state": str(home),
            "metrics": str(home),
        })
    )  # fmt: skip


@pytest.fixture(params=STYLES, ids=["in the path", "in the name"])
def given(
    request: pytest.FixtureRequest, gateway: tuple[Proxy, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Return what a host is told, and see to it that it has asked for this name and no other."""
    proxy, authority = gateway
    proxy.names.clear()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    yield config(authority, request.param)
    assert proxy.names == {STYLES[request.param]}


def test_boto3_asks_where_the_bucket_is(given: Settings) -> None:
    seen = probe.probe(ObjectStore(given.storage), given.site)
    assert seen.reads_what_was_written and seen.lists and seen.first_write_wins and seen.keeps_versions


def test_the_plain_client_asks_where_the_bucket_is(given: Settings) -> None:
    authority = Path(given.storage.ca_file).read_text()
    plain = dataclasses.replace(given.storage, ca_file="")
    seen = probe.probe(PlainStore(plain, authority), given.site)
    assert seen.reads_what_was_written and seen.lists and seen.first_write_wins and seen.keeps_versions


def test_restic_asks_where_the_bucket_is(given: Settings, gateway: tuple[Proxy, Path], tmp_path: Path) -> None:
    one = Restic(given, "L1")
    one._environment["HTTPS_PROXY"] = gateway[0].url
    one.create()
    (tmp_path / "row").write_text("a row")
    made = one.backup(["row"], tmp_path, {"component": "accounts"})
    one.restore(made["snapshot_id"], tmp_path / "back")
    assert [path.read_text() for path in (tmp_path / "back").rglob("row")] == ["a row"]
