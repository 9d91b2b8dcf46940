"""Small mirrors."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import manifest as manifests

FILES = {"artifacts/k3s/v1/amd64/k3s": b"k3s" * 100, "debian/pool/main/c/chrony/chrony_4_amd64.deb": b"chrony"}


def entry(path: str, content: bytes, **more: str) -> manifests.Entry:
    texts = {"kind": "artifact", "name": "k3s", "version": "v1", "arch": "amd64", "origin": "release", **more}
    return manifests.Entry(path, len(content), hashlib.sha256(content).hexdigest(), **texts)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    directory = tmp_path / "mirror"
    for path, content in FILES.items():
        (directory / path).parent.mkdir(parents=True)
        (directory / path).write_bytes(content)
    entries = tuple(entry(path, content) for path, content in FILES.items())
    (directory / manifests.FILE).write_text(manifests.render(manifests.Manifest(entries, {"site": "demo"})))
    return directory


@pytest.fixture(scope="session")
def make_key(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    def make(passphrase: str = "") -> Path:
        key = tmp_path_factory.mktemp("key") / "key"
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "operator", "-f", str(key)]
        subprocess.run(command, check=True)
        return key

    return make


@pytest.fixture(scope="session")
def key(make_key: Callable[..., Path]) -> Path:
    return make_key()
