"""What images are called."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import images
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "repository"),
    [
        ("docker.io/grafana/grafana:12.4.3", "docker.io/grafana/grafana"),
        ("nsqio/nsq:v1", "docker.io/nsqio/nsq"),
        ("postgres:16-alpine", "docker.io/library/postgres"),
        ("localhost/a:v1", "localhost/a"),
        ("registry.example:5000/a:v1", "registry.example:5000/a"),
        ("oci://ghcr.io/metal-stack/releases:v0.22.19", "ghcr.io/metal-stack/releases"),
        (f"ghcr.io/a/b@{DIGEST}", "ghcr.io/a/b"),
    ],
)
def test_an_image_without_a_registry_is_dockers(text: str, repository: str) -> None:
    assert images.reference(text).repository == repository


@pytest.mark.parametrize("text", ["", "ghcr.io/a", "ghcr.io/A:v1", "ghcr.io/a:v1@sha256:1"])
def test_what_is_no_name_of_an_image_is_refused(text: str) -> None:
    with pytest.raises(MirrorError):
        images.reference(text)
