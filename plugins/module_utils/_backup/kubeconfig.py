# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An administrator's kubeconfig from before a restore, and whether what runs still takes it."""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import tempfile
from pathlib import Path

from .._k3s import certificates, client, layout
from .errors import BackupError

SECONDS = 10.0
FIELDS = ("certificate-authority-data", "client-certificate-data", "client-key-data")
TAKEN, ENDED, NONE = "taken", "its certificate has ended", "none in the set"


def parse(text: str) -> dict[str, bytes]:
    """The fields that a client needs, decoded; fewer where the text has no such kubeconfig."""
    found = {}
    for name in FIELDS:
        match = re.search(rf"^\s*{name}:\s*[\"']?([A-Za-z0-9+/=]+)", text, re.MULTILINE)
        try:
            found[name] = base64.b64decode(match[1], validate=True) if match else b""
        except binascii.Error:
            found[name] = b""
    return {name: content for name, content in found.items() if content}


def compare(file: Path, now: datetime.datetime) -> str:
    """Whether the API of this host trusts the kubeconfig in a file and is trusted by it; raises when it is not."""
    try:
        parts = parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return NONE
    if len(parts) < len(FIELDS):
        return NONE
    try:
        if certificates.not_after(parts[FIELDS[1]].decode()) < now:
            return ENDED
        _ask(parts)
    except (client.Unreachable, ValueError) as error:
        raise BackupError(f"a kubeconfig from before the restore is good for nothing any more: {error}") from error
    return TAKEN


def _ask(parts: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory) / name for name in FIELDS]
        for path in paths:
            path.touch(mode=0o600)
            path.write_bytes(parts[path.name])
        base, (authority, certificate, key) = f"https://127.0.0.1:{layout.API_PORT}", map(str, paths)
        api = client.Client(base, authority, certificate, key, client.Deadline(SECONDS), SECONDS)
        api.json("/api/v1/namespaces/kube-system")
