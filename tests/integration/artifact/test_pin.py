"""`make pin`: unknown checksums are filled in from the releases, everything else of the file stays."""

from __future__ import annotations

import hashlib

import pytest
import yaml

from tools import pin

TEXT = """---
# A comment.
tool:
  kind: file
  url: {release}/{{version}}/{{file}}
  checksums: {release}/{{version}}/sums-{{arch}}.txt
  file: {{amd64: tool, arm64: tool-arm64}}
  versions:
    v2+1:
      sha256:
        amd64: "{known}"
        arm64: ""

# About the image.
vip:
  kind: oci_file
  image: {registry}/tools/vip
  path: /vip
  versions:
    v2:
      digest: ""
      sha256:
        amd64: ""
        arm64: ""
    v1:
      digest: ""
      sha256:
        amd64: ""
        arm64: ""
"""
KNOWN, LISTED = "a" * 64, "b" * 64


@pytest.fixture
def text(release, registry) -> str:
    release.files["/v2%2B1/sums-arm64.txt"] = f"{LISTED}  tool-arm64\n".encode()
    image = registry.add_index(registry.add_image("amd64", {"vip": b"1"}), registry.add_image("arm64", {"vip": b"2"}))
    registry.tags["v2"] = image["digest"]
    return TEXT.format(release=release.url, registry=registry.address, known=KNOWN)


def test_what_is_missing_is_filled_in_and_nothing_else_changes(text, registry, transport):
    pinned, _failures = pin.pin(text, transport, lambda _: None)
    found = yaml.safe_load(pinned)
    assert found["tool"]["versions"]["v2+1"]["sha256"] == {"amd64": KNOWN, "arm64": LISTED}
    assert found["vip"]["versions"]["v2"] == {
        "digest": registry.tags["v2"],
        "sha256": {"amd64": hashlib.sha256(b"1").hexdigest(), "arm64": hashlib.sha256(b"2").hexdigest()},
    }
    before, after = text.splitlines(), pinned.splitlines()
    changed = [old.strip() for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ['arm64: ""', 'digest: ""', 'amd64: ""', 'arm64: ""']


def test_what_can_not_be_found_out_stays_empty_and_is_told(text, transport):
    pinned, failures = pin.pin(text, transport, lambda _: None)
    assert yaml.safe_load(pinned)["vip"]["versions"]["v1"] == {"digest": "", "sha256": {"amd64": "", "arm64": ""}}
    assert [failure.partition(":")[0] for failure in failures] == [
        "vip v1 digest",
        "vip v1 sha256 amd64",
        "vip v1 sha256 arm64",
    ]


def test_a_second_run_asks_only_for_what_is_still_missing(text, release, transport):
    pinned, _failures = pin.pin(text, transport, lambda _: None)
    release.requests.clear()
    assert pin.pin(pinned, transport, lambda _: None)[0] == pinned
    assert not release.requests


def test_the_catalogue_itself_can_be_filled_in():
    text = (pin.ROOT / "artifacts.yml").read_text()
    for name, version, keys in pin.missing(yaml.safe_load(text)):
        text = pin.fill(text, name, version, keys, "x")
    assert not pin.missing(yaml.safe_load(text))
