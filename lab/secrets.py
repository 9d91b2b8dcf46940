"""The lab's own secrets: random, made on the first `up`, readable by root alone, gone with `down`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = (
    "site_k3s_token",
    "site_k3s_agent_token",
    "site_dns_api_key",
    "site_dns_transfer_secret",
    "site_ca",
    "site_backup_password",
    "site_monitoring_peer_password",
    "site_monitoring_reader_password",
    "site_status_page_password",
    "site_registry_reader_password",
    "site_registry_writer_password",
    "site_grafana_admin_password",
    "site_acme_ca_root",
    "site_acme_ca_password",
    # For a registry that the lab does not have; it has to be kept as well as the others.
    "lab_registry_password",
)


def ensure(file: Path) -> None:
    known = read(file)
    if missing := [name for name in NAMES if name not in known]:
        write(file, known | {name: make(name) for name in missing})


def write(file: Path, content: Mapping[str, Any]) -> None:
    """Readable by root alone from its first byte on."""
    replacement = file.with_suffix(".new")
    replacement.unlink(missing_ok=True)
    replacement.touch(mode=0o600, exist_ok=False)
    replacement.write_text(json.dumps(content, indent=2))
    replacement.rename(file)


def make(name: str) -> str:
    if name not in ("site_ca", "site_acme_ca_root"):
        return secrets.token_hex(24)
    # Here, because it needs the cryptography package, which the inventory does without.
    from plugins.plugin_utils._site import authority

    return authority.generate("lab", path_length=int(name == "site_acme_ca_root"))


def read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text()) if file.exists() else {}
