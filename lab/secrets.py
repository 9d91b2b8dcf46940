"""The lab's own secrets: random, made on the first `up`, readable by root alone, gone with `down`."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

# The last one is for a registry that the lab does not have; it has to be kept as well as the others.
NAMES = ("site_k3s_token", "site_k3s_agent_token", "lab_registry_password")


def ensure(file: Path) -> None:
    known = read(file)
    if missing := [name for name in NAMES if name not in known]:
        replacement = file.with_suffix(".new")
        replacement.unlink(missing_ok=True)
        replacement.touch(mode=0o600, exist_ok=False)
        replacement.write_text(json.dumps(known | {name: secrets.token_hex(24) for name in missing}, indent=2))
        replacement.rename(file)


def read(file: Path) -> dict[str, str]:
    return json.loads(file.read_text()) if file.exists() else {}
