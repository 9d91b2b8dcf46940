"""The lab's own secrets: random, made on the first `up`, readable by root alone, gone with `down`."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

NAMES = ("site_k3s_token", "site_k3s_agent_token")


def ensure(file: Path) -> None:
    known = read(file)
    if missing := [name for name in NAMES if name not in known]:
        replacement = file.with_suffix(".new")
        replacement.unlink(missing_ok=True)
        with open(os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as output:
            json.dump(known | {name: secrets.token_hex(24) for name in missing}, output, indent=2)
        replacement.rename(file)


def read(file: Path) -> dict[str, str]:
    return json.loads(file.read_text()) if file.exists() else {}
