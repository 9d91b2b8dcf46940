"""Which source and checksum an artifact gets."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.catalog import (
    CatalogError,
    checksum_url,
    is_pinned,
    listed_checksum,
    pick,
)

SHA = "a" * 64
OTHER = "b" * 64
CATALOG = {
    "k3s": {
        "kind": "file",
        "url": "https://releases.example/{version}/{file}",
        "checksums": "https://releases.example/{version}/sums-{arch}.txt",
        "file": {"amd64": "k3s", "arm64": "k3s-arm64"},
        "versions": {"v1.2.3+k3s1": {"sha256": {"amd64": SHA, "arm64": ""}}},
    },
    "vip": {
        "kind": "oci_file",
        "image": "registry.example/vip",
        "path": "/vip",
        "versions": {"v1": {"digest": f"sha256:{SHA}", "sha256": {"amd64": "", "arm64": ""}}},
    },
}


def one(name="k3s", version="v1.2.3+k3s1", arch="amd64", override=None, mirror=""):
    overrides = {name: {version: {arch: override}}} if override else None
    return pick(CATALOG, name, version, overrides, mirror)["archs"][arch]


def test_a_plus_in_a_version_is_quoted_in_the_url():
    assert one()["url"] == "https://releases.example/v1.2.3%2Bk3s1/k3s"
    assert checksum_url(CATALOG["k3s"], "v1.2.3+k3s1", "arm64").endswith("/v1.2.3%2Bk3s1/sums-arm64.txt")


def test_each_architecture_has_its_own_file_and_checksum():
    assert one(arch="amd64")["sha256"] == SHA
    assert one(arch="arm64")["url"].endswith("/k3s-arm64")
    assert not is_pinned(one(arch="arm64"))


def test_an_image_is_pinned_by_its_digest():
    described = one("vip", "v1", "arm64")
    assert (described["image"], described["digest"], described["path"]) == (
        "registry.example/vip",
        f"sha256:{SHA}",
        "/vip",
    )
    assert is_pinned(described)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"path": "/srv/k3s", "sha256": OTHER}, {"kind": "path", "path": "/srv/k3s", "sha256": OTHER}),
        ({"path": "/srv/k3s", "sha256": OTHER, "origin": "stand-in"}, {"source": "stand-in"}),
        # The release's checksum says nothing about another file.
        ({"path": "/srv/k3s"}, {"kind": "path", "sha256": ""}),
        ({"url": "https://mirror.example/k3s"}, {"kind": "file", "url": "https://mirror.example/k3s", "sha256": ""}),
        ({"sha256": OTHER}, {"url": "https://releases.example/v1.2.3%2Bk3s1/k3s", "sha256": OTHER}),
    ],
)
def test_an_override_replaces_what_it_names(override, expected):
    assert one(override=override).items() >= expected.items()


def test_an_override_may_bring_a_version_that_the_catalogue_does_not_have():
    assert one(version="v9", override={"path": "/srv/k3s", "sha256": OTHER})["sha256"] == OTHER


def test_provenance_names_every_source():
    picked = pick(CATALOG, "k3s", "v1.2.3+k3s1", {"k3s": {"v1.2.3+k3s1": {"amd64": {"path": "/k", "origin": "mine"}}}})
    assert picked["provenance"] == "mine; release https://releases.example/v1.2.3%2Bk3s1/k3s-arm64"


def test_a_mirror_is_asked_for_files_by_name_version_and_architecture():
    assert one(mirror="https://mirror.example/x/")["mirror"] == "https://mirror.example/x/k3s/v1.2.3%2Bk3s1/amd64/k3s"
    assert one(mirror="/srv")["mirror"] == "/srv/k3s/v1.2.3+k3s1/amd64/k3s"
    assert "mirror" not in one(mirror="/srv", override={"path": "/srv/k3s"})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "k4s"}, "expected one of k3s, vip"),
        ({"version": "v9"}, "artifacts.yml, which has v1.2.3"),
        ({"arch": "s390x", "override": {"path": "/k"}}, "expected architectures: amd64, arm64"),
        ({"override": {"path": "k3s"}}, "expected an absolute path"),
        ({"override": {"checksum": SHA}}, "expected only path, url, digest, sha256, origin"),
        ({"override": {"sha256": "abc"}}, "sha256 is 'abc'; expected"),
        ({"override": {"sha256": SHA.upper()}}, "expected"),
    ],
)
def test_what_can_not_be_meant_is_refused(arguments, says):
    with pytest.raises(CatalogError, match=says.replace(".", r"\.")):
        one(**arguments)


def test_the_release_s_list_of_checksums_is_read_by_whole_file_names():
    listed = f"{OTHER}  k3s-images.txt\n{SHA}  k3s\n"
    assert listed_checksum(listed, "k3s") == SHA
    with pytest.raises(CatalogError, match="has none for k3s-arm64"):
        listed_checksum(listed, "k3s-arm64")
