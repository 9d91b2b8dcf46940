"""A file out of an image of a registry."""

from __future__ import annotations

import hashlib
import os

import pytest

from plugins.module_utils._artifact import oci
from plugins.module_utils._artifact.fetch import Fetcher, FetchError
from plugins.module_utils._artifact.files import ChecksumError

BINARY = os.urandom(1 << 16)
SHA256 = hashlib.sha256(BINARY).hexdigest()


def described(registry, image: dict, sha256: str = "", **more: str) -> dict:
    return {
        "kind": "oci_file",
        "image": f"{registry.address}/tools/vip",
        "digest": image["digest"],
        "path": "/vip",
        "sha256": sha256,
        "source": "image",
        **more,
    }


def obtain(fetcher: Fetcher, description: dict, arch: str = "amd64"):
    return fetcher.obtain("vip", "v1", arch, description)


def largest(registry) -> str:
    """The digest of the layer that has the program."""
    return max(registry.blobs, key=lambda digest: len(registry.blobs[digest]))


def blobs_read(registry) -> list[str]:
    return [path for path, _range in registry.requests if path.startswith("/storage/")]


def test_the_file_of_the_asked_architecture_is_taken_from_an_index(registry, fetcher):
    other = registry.add_image("arm64", {"vip": b"for arm64"})
    index = registry.add_index(registry.add_image("amd64", {"etc/base": b"x"}, {"vip": BINARY}), other)
    obtained = obtain(fetcher, described(registry, index))
    assert (obtained.path.read_bytes(), obtained.sha256) == (BINARY, SHA256)
    assert obtain(fetcher, described(registry, index), "arm64").path.read_bytes() == b"for arm64"


def test_a_digest_of_one_platform_is_taken_for_that_platform_only(registry, fetcher):
    image = registry.add_image("amd64", {"vip": BINARY})
    assert obtain(fetcher, described(registry, image)).sha256 == SHA256
    with pytest.raises(oci.ImageError, match="is for amd64; expected arm64"):
        obtain(fetcher, described(registry, image), "arm64")


def test_an_index_without_the_architecture_is_told(registry, fetcher):
    index = registry.add_index(registry.add_image("arm64", {"vip": BINARY}))
    with pytest.raises(oci.ImageError, match="no variant for linux/amd64"):
        obtain(fetcher, described(registry, index))


def test_an_image_is_fetched_once_although_only_the_image_is_pinned(registry, fetcher):
    description = described(registry, registry.add_image("amd64", {"vip": BINARY}))
    assert fetcher.known_sha256("vip", "v1", "amd64", description) == ""
    obtain(fetcher, description)
    requests = len(registry.requests)
    obtain(fetcher, description)
    assert len(registry.requests) == requests
    assert fetcher.known_sha256("vip", "v1", "amd64", description) == SHA256


@pytest.mark.parametrize("name", ["./vip", "/vip", "vip"])
def test_the_topmost_layer_that_has_the_file_decides(registry, fetcher, name):
    image = registry.add_image("amd64", {name: b"old"}, {name: BINARY}, {"other": b"x"})
    assert obtain(fetcher, described(registry, image)).sha256 == SHA256


def test_layers_below_the_file_are_not_downloaded(registry, fetcher):
    obtain(fetcher, described(registry, registry.add_image("amd64", {"base": b"x"}, {"vip": BINARY})))
    assert len(blobs_read(registry)) == 2  # the configuration and one layer


@pytest.mark.parametrize("layers", [({"vip": BINARY}, {".wh.vip": b""}), ({"bin/vip": BINARY},)])
def test_a_file_that_is_deleted_or_elsewhere_is_told(registry, fetcher, layers):
    with pytest.raises(oci.ImageError, match="has no file /vip"):
        obtain(fetcher, described(registry, registry.add_image("amd64", *layers)))


def test_a_tampered_manifest_is_refused(registry, fetcher):
    image = registry.add_image("amd64", {"vip": BINARY})
    registry.blobs[image["digest"]] += b" "
    with pytest.raises(ChecksumError, match="is not what was pinned"):
        obtain(fetcher, described(registry, image))


def test_a_tampered_layer_is_refused(registry, fetcher):
    image = registry.add_image("amd64", {"vip": BINARY})
    content = registry.blobs[largest(registry)]
    registry.blobs[largest(registry)] = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(ChecksumError, match="is not what was pinned"):
        obtain(fetcher, described(registry, image))


def test_a_file_other_than_the_pinned_is_refused(registry, fetcher):
    image = registry.add_image("amd64", {"vip": BINARY})
    with pytest.raises(ChecksumError, match="refused"):
        obtain(fetcher, described(registry, image, sha256="0" * 64))


def test_a_cut_off_layer_is_resumed(registry, fetcher):
    image = registry.add_image("amd64", {"vip": BINARY})
    layer = f"/storage/{largest(registry)}"
    registry.cuts[layer] = [10]
    assert obtain(fetcher, described(registry, image)).sha256 == SHA256
    assert registry.ranges(layer) == ["", "bytes=10-"]


def test_a_mirror_serves_the_file_alone_when_its_own_checksum_is_known(registry, release, fetcher):
    image = registry.add_image("amd64", {"vip": BINARY})
    release.files["/vip"] = BINARY
    obtain(fetcher, described(registry, image, sha256=SHA256, mirror=f"{release.url}/vip"))
    assert not registry.requests
    assert release.requests


def test_a_registry_that_lacks_the_image_is_told(registry, fetcher):
    with pytest.raises(FetchError, match="HTTP Error 404"):
        obtain(fetcher, described(registry, {"digest": f"sha256:{'0' * 64}"}))


def test_a_tag_is_resolved_to_the_digest_it_names(registry, transport):
    image = registry.add_index(registry.add_image("amd64", {"vip": BINARY}))
    registry.tags["v1"] = image["digest"]
    assert oci.resolve_tag(f"{registry.address}/tools/vip", "v1", transport) == image["digest"]
