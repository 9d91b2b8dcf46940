# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 26, 28 and 30: the site's secrets."""

from __future__ import annotations

import hashlib
import typing as t

from .finding import Finding, redacted
from .model import Site
from .variables import SECRETS

# 128 bits take 22 characters of base64 and 32 hexadecimal digits
SHORTEST = 22
PLACEHOLDERS = ("change-me", "changeme", "change_me", "example", "placeholder", "password", "xxxx")
FIX = "Let the init playbook generate it, or run openssl rand -hex 32 and encrypt it with ansible-vault."


def fingerprint(secret: str) -> str:
    """Return what may be shown of a secret to compare it with a copy."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def check(site: Site) -> t.Iterator[Finding]:
    """Yield what is wrong with the secrets; none is ever shown."""
    for name in SECRETS:
        if name in site.unreadable:
            continue
        problem = _problem(str(site.value(name) or ""))
        if problem:
            yield Finding("V26", name, redacted(site.value(name)), problem, FIX)
    tokens = [str(site.value(name) or "") for name in ("site_k3s_token", "site_k3s_agent_token")]
    if tokens[0] and tokens[0] == tokens[1]:
        yield Finding(
            "V26",
            "site_k3s_agent_token",
            "(redacted), the same as site_k3s_token",
            "a token of its own: the servers' one is as good as cluster-admin",
            FIX,
        )
    for name, why in site.unreadable.items():
        if "ault" in why or "ecrypt" in why:
            yield Finding(
                "V28",
                name,
                "(encrypted)",
                "a vault password that opens it",
                "Give --vault-password-file, or set vault_password_file in ansible.cfg.",
            )
    for name, where in site.plaintext.items():
        yield Finding(
            "V30", name, f"(redacted), in {where}", "an encrypted value", f"Encrypt it with ansible-vault. {LEAK}"
        )


LEAK = "If the file was ever committed, rotate the secret."


def _problem(secret: str) -> str:
    if not secret:
        return "a secret"
    if any(word in secret.lower() for word in PLACEHOLDERS) or len(set(secret)) < 6:
        return "a random secret, not a placeholder"
    if len(secret) < SHORTEST:
        return f"at least {SHORTEST} characters"
    return ""
