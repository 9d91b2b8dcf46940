"""The tests of decisions share the hosts that they are made on, those of authorities a server's directory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import authorities, layout

sys.path.insert(0, str(Path(__file__).parent))

import taking_over


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a server's directory with authorities as k3s makes them."""
    monkeypatch.setattr(layout, "TLS_DIR", str(tmp_path / "tls"))
    monkeypatch.setattr(layout, "AUTHORITIES_DIR", str(tmp_path / "authorities"))
    monkeypatch.setattr(layout, "FORMER_CLIENT", str(tmp_path / "former-client"))
    monkeypatch.setattr(layout, "BINARY", str(tmp_path / "k3s"))
    for name in authorities.NAMES:
        target = tmp_path / "tls" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        taking_over.make(target, "-x509", "-days", "100", "-subj", f"/CN=former-{name.replace('/', '-')}")
    return tmp_path
