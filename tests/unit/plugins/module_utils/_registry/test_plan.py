"""The processes that a host's registries consist of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._registry import plan

S3 = {"endpoint": "https://s3.example.net", "bucket": "images", "access_key": "a", "secret_key": "of-the-storage"}


def made(upstreams: Any = (), storage: Any = None) -> dict[str, plan.Part]:
    given = {"upstreams": list(upstreams), "storage": storage or {}, "state": "/var/lib/r", "run": "/run"}
    return {part["name"]: part for part in plan.parts(given)}


def config(part: plan.Part) -> Any:
    return json.loads(part["config"])


def test_beside_each_that_writes_is_one_that_reads_what_it_has():
    found = made([{"name": "docker.io"}])
    assert list(found) == ["kept", "kept-read", "docker.io", "docker.io-read"]
    for name in ("kept", "docker.io"):
        writes, reads = (config(found[one]) for one in (name, f"{name}-read"))
        assert (
            writes["storage"]["filesystem"] == reads["storage"]["filesystem"] == {"rootdirectory": f"/var/lib/r/{name}"}
        )
        assert (writes["storage"]["maintenance"]["readonly"], reads["storage"]["maintenance"]["readonly"]) == (
            {"enabled": False},
            {"enabled": True},
        )
        # What only reads throws nothing away either.
        assert not reads["storage"]["delete"]["enabled"]
        assert not reads["storage"]["maintenance"]["uploadpurging"]["enabled"]
    assert "proxy" not in config(found["kept"]) and "proxy" not in config(found["docker.io-read"])


@pytest.mark.parametrize(
    ("upstream", "proxy"),
    [
        ({"name": "docker.io"}, {"remoteurl": "https://registry-1.docker.io"}),
        ({"name": "ghcr.io"}, {"remoteurl": "https://ghcr.io"}),
        ({"name": "ghcr.io", "url": "http://10.0.0.1:5000"}, {"remoteurl": "http://10.0.0.1:5000"}),
        (
            {"name": "ghcr.io", "username": "u", "password": "p"},
            {"remoteurl": "https://ghcr.io", "username": "u", "password": "p"},
        ),
    ],
)
def test_an_upstream_is_asked_where_it_is_and_as_whom(upstream, proxy):
    assert config(made([upstream])["ghcr.io" if upstream["name"] == "ghcr.io" else "docker.io"])["proxy"] == proxy


def test_a_port_is_behind_an_underscore_where_a_path_has_no_colon():
    part = made([{"name": "registry.example.org:5000"}])["registry.example.org_5000"]
    assert part["unit"] == "metalstack-registry-registry.example.org_5000.service"
    assert part["upstream"] == "registry.example.org:5000"


def test_what_is_kept_may_be_in_an_object_storage_and_caches_never():
    found = made([{"name": "ghcr.io"}], {**S3, "prefix": "registry/server1", "path_style": True, "ca": "PEM"})
    for name in ("kept", "kept-read"):
        assert found[name]["state"] == ""
        assert config(found[name])["storage"]["s3"] == {
            "regionendpoint": "https://s3.example.net",
            "bucket": "images",
            "accesskey": "a",
            "secretkey": "of-the-storage",
            "region": "us-east-1",
            "rootdirectory": "registry/server1",
            "forcepathstyle": True,
        }
    assert found["ghcr.io"]["state"] == "/var/lib/r/ghcr.io"


@pytest.mark.parametrize(
    ("upstreams", "storage", "expected"),
    [
        ([{"name": "Docker.io"}], {}, "expected that of a registry in references"),
        ([{"name": "kept"}], {}, "expected that of a registry in references"),
        ([{"name": "docker.io/library"}], {}, "expected that of a registry in references"),
        ([{}], {}, "expected that of a registry in references"),
        ([{"name": "ghcr.io"}, {"name": "ghcr.io"}], {}, "is there twice"),
        ([{"name": "ghcr.io", "url": "ghcr.io"}], {}, "is none of http:// or https://"),
        ([{"name": "ghcr.io", "url": "https://u:secret@ghcr.io"}], {}, "without a login"),
        ([{"name": "ghcr.io", "password": "secret"}], {}, "a username or a password alone"),
        ([{"name": "ghcr.io", "pasword": "secret"}], {}, "has pasword; expected"),
        ([], {**S3, "keys": "secret"}, "the storage has keys"),
        ([], {"bucket": "images", "secret_key": "secret"}, "the storage lacks endpoint, access_key"),
    ],
)
def test_what_is_wrong_is_told_without_a_password(upstreams, storage, expected):
    with pytest.raises(ValueError, match=expected) as told:
        made(upstreams, storage)
    assert "secret" not in str(told.value).replace("secret_key", "")


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(ValueError) as told:
        made([{"name": "x"}, {"name": "ghcr.io", "username": "u"}], {"bucket": "b"})
    assert all(part in str(told.value) for part in ("name 'x'", "username or a password alone", "lacks endpoint"))
