# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signature of a manifest, by OpenSSH alone: ssh-keygen signs and verifies.

Source: ssh-keygen(1), -Y sign, -Y verify and ALLOWED SIGNERS.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import typing as t
from pathlib import Path

from .errors import MirrorError

# A signature for this is one for nothing else, whatever else the key signs.
NAMESPACE = "mirror@metal-stack.io"
PRINCIPAL = "mirror"
SECONDS = 60
_FINGERPRINT = re.compile(r"SHA256:\S+")
_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-\S+ [A-Za-z0-9+/=]+(?: .*)?")


def sign(content: bytes, key: Path) -> str:
    """The signature of a content. The key is a private one without a passphrase, or a public one that an agent has."""
    return _run(("-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE), content, f"the mirror is not signed with {key}")


def is_of(content: bytes, signature: str, key: Path) -> bool:
    """Whether a signature is a right one of this key."""
    mine = _FINGERPRINT.search(_run(("-l", "-f", str(key)), b"", f"{key} can't be read"))
    with tempfile.TemporaryDirectory(prefix="mirror-") as work:
        file = Path(work, "signature")
        file.write_text(signature, encoding="utf-8")
        command = ("-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(file))
        try:
            signed_by = _FINGERPRINT.search(_run(command, content, "no signature"))
        except MirrorError:
            return False
    return bool(mine and signed_by and mine[0] == signed_by[0])


def verify(content: bytes, signature: str, signers: t.Sequence[str]) -> str:
    """The fingerprint of the key that has signed, one of C(signers), public keys. Raises MirrorError if none has."""
    if strange := [signer for signer in signers if not _KEY.fullmatch(signer.strip())]:
        raise MirrorError(
            f"{strange[0][:40]!r} is no public key of OpenSSH; expected one such as 'ssh-ed25519 AAAA...'"
        )
    with tempfile.TemporaryDirectory(prefix="mirror-") as work:
        allowed, file = Path(work, "allowed_signers"), Path(work, "signature")
        lines = [f'{PRINCIPAL} namespaces="{NAMESPACE}" {signer.strip()}\n' for signer in signers]
        allowed.write_text("".join(lines), encoding="utf-8")
        file.write_text(signature, encoding="utf-8")
        command = ("-Y", "verify", "-f", str(allowed), "-I", PRINCIPAL, "-n", NAMESPACE, "-s", str(file))
        said = _run(command, content, "the mirror is not signed by who is trusted, or was changed since; do not use it")
    found = _FINGERPRINT.search(said)
    return found[0] if found else ""


def _run(arguments: t.Sequence[str], content: bytes, what: str) -> str:
    try:
        # Without a terminal there is nobody who could be asked for a passphrase.
        done = subprocess.run(
            ["ssh-keygen", *arguments], input=content, capture_output=True, timeout=SECONDS, check=False,
            start_new_session=True, env={**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MirrorError(f"ssh-keygen can't be run: {error}; install OpenSSH's client") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines() or ["nothing"]
        raise MirrorError(f"{what}: ssh-keygen says {said[-1]}")
    return done.stdout.decode()
