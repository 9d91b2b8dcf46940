# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate in a file and its private key beside it, as a host has them."""

from __future__ import annotations

import os
import pwd
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """C(owner) may read the key, besides root; root alone if empty."""

    path: Path
    owner: str = ""

    @property
    def key(self) -> Path:
        return self.path.with_name(f"{self.path.name}.key")

    def text(self) -> str:
        """Return the certificate in PEM, nothing where there is none."""
        return self.path.read_text(encoding="utf-8") if self.path.exists() else ""

    def matches(self, password: str | None = None) -> bool:
        """Tell whether the key, which the password opens if it is encrypted, is that of the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            # Without a function that says something, Python would ask whoever sits at the terminal.
            context.load_cert_chain(self.path, self.key, password=lambda: password or "none")
        except (OSError, ValueError):
            return False
        return True

    def hand_over(self, check: bool) -> bool:
        """Make the owner of the key who is to be it; tell whether that was, or would be, done."""
        wanted = pwd.getpwnam(self.owner).pw_uid if self.owner else 0
        if not self.key.exists() or self.key.stat().st_uid == wanted:
            return False
        if not check:
            os.chown(self.key, wanted, -1)
        return True

    def write(self, certificate: str, key: str = "") -> None:
        """Write both, or a new certificate of the key that is there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The key first: interrupted in between, the pair does not match and is made anew.
        if key:
            _write(self.key, key, 0o600, self.owner)
        _write(self.path, certificate, 0o644, "")


def _write(path: Path, text: str, mode: int, owner: str) -> None:
    """Whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    if owner:
        account = pwd.getpwnam(owner)
        os.chown(partial, account.pw_uid, account.pw_gid)
    partial.chmod(mode)
    partial.rename(path)
