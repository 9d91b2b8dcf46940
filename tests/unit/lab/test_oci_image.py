"""Images are OCI layouts whose parts fit together, the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

import pytest

from lab.oci_image import Image, archive

TOOL = Image(
    names=["docker.io/example/tool:1", "docker.io/example/tool:2"],
    programs={"usr/bin/tool": b"tool"},
    links={"bin/sh": "../usr/bin/tool"},
    entrypoint=["tool"],
    description="a tool",
)


@pytest.fixture(scope="module")
def files():
    with tarfile.open(fileobj=io.BytesIO(archive([TOOL], "amd64"))) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


def blob(files, descriptor):
    content = files[f"blobs/{descriptor['digest'].replace(':', '/')}"]
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (descriptor["digest"][7:], descriptor["size"])
    return content


def test_the_same_content_gives_the_same_bytes():
    assert archive([TOOL], "amd64") == archive([TOOL], "amd64")


def test_every_name_leads_to_the_one_image(files):
    manifests = json.loads(files["index.json"])["manifests"]
    assert [entry["annotations"]["io.containerd.image.name"] for entry in manifests] == list(TOOL.names)
    assert len({entry["digest"] for entry in manifests}) == 1


def test_manifest_configuration_and_layer_fit_together(files):
    manifest = json.loads(blob(files, json.loads(files["index.json"])["manifests"][0]))
    config = json.loads(blob(files, manifest["config"]))
    layer = gzip.decompress(blob(files, manifest["layers"][0]))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    assert config["architecture"] == "amd64"
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        assert tar.getnames() == ["bin", "usr", "usr/bin", "usr/bin/tool", "bin/sh"]
        assert tar.getmember("usr/bin/tool").mode == 0o755
        assert tar.getmember("bin/sh").linkname == "../usr/bin/tool"
