# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline checks 26, 28 and 30: the site's secrets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import typing as t

from .finding import Finding, redacted
from .model import Site
from .variables import FORMER, SECRETS
from .versions import Controller

# 128 bits take 22 characters of base64 and 32 hexadecimal digits
SHORTEST = 22
PLACEHOLDERS = ("change-me", "changeme", "change_me", "example", "placeholder", "password", "xxxx")
FIX = "Let the init playbook generate it, or run openssl rand -hex 32 and encrypt it with ansible-vault."
AUTHORITY, ACME_ROOT = "site_ca", "site_acme_ca_root"
FIX_AUTHORITY = "Let the init playbook generate it, or encrypt key and certificate of your own with ansible-vault."
BASE64 = "site_dns_transfer_secret"
OF_DNS = ("site_dns_api_key", BASE64)
OF_MONITORING = ("site_monitoring_peer_password", "site_monitoring_reader_password")
OF_PAGE = "site_status_page_password"
OF_REGISTRY = ("site_registry_reader_password", "site_registry_writer_password")
OF_GRAFANA = "site_grafana_admin_password"
OF_ACME_CA = (ACME_ROOT, "site_acme_ca_password")


def fingerprint(secret: str) -> str:
    """Return what may be shown of a secret to compare it with a copy, which may have lost its last line's end."""
    return hashlib.sha256(secret.strip().encode()).hexdigest()[:16]


def needed(site: Site, name: str) -> bool:
    """Tell whether a site has to have a secret that is generated."""
    if name in OF_DNS:
        return bool(site.dns_servers)
    if name == AUTHORITY:
        served = any(map(site.value, ("site_monitoring", "site_status_page", "site_registry")))
        return bool(site.dns_servers or (site.time_servers and site.value("site_nts")) or served)
    if name in OF_MONITORING:
        return bool(site.value("site_monitoring"))
    if name == OF_PAGE:
        return bool(site.value("site_status_page"))
    if name in OF_REGISTRY:
        return bool(site.value("site_registry"))
    if name == OF_GRAFANA:
        return bool(site.value("site_grafana"))
    if name in OF_ACME_CA:
        return bool(site.value("site_acme_ca")) and site.value("site_acme_ca_provider") == "internal"
    if name == "site_backup_password":
        return bool(site.value("site_object_storage"))
    return name != FORMER


def check(site: Site, controller: Controller) -> t.Iterator[Finding]:
    """Yield what is wrong with the secrets; none is ever shown."""
    for name in (*SECRETS, FORMER):
        secret = str(site.value(name) or "")
        if name in site.unreadable or not (secret or needed(site, name)):
            continue
        authority = name in (AUTHORITY, ACME_ROOT)
        if authority:
            found = controller.authority if name == AUTHORITY else controller.acme_root
            problem = found if secret else "a certificate and its private key"
        else:
            problem = weakness(secret) or ("" if name not in (BASE64, FORMER) or is_base64(secret) else "base64")
        if problem:
            yield Finding("V26", name, redacted(secret), problem, FIX_AUTHORITY if authority else FIX)
    tokens = [str(site.value(name) or "") for name in ("site_k3s_token", "site_k3s_agent_token")]
    if tokens[0] and tokens[0] == tokens[1]:
        yield Finding(
            "V26",
            "site_k3s_agent_token",
            "(redacted), the same as site_k3s_token",
            "a token of its own: the servers' one is as good as cluster-admin",
            FIX,
        )
    passwords = [str(site.value(name) or "") for name in OF_REGISTRY]
    if passwords[0] and passwords[0] == passwords[1]:
        yield Finding(
            "V26",
            OF_REGISTRY[1],
            f"(redacted), the same as {OF_REGISTRY[0]}",
            "a password of its own: every node of the cluster has the other one",
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


def is_base64(secret: str) -> bool:
    """Tell whether DNS servers take a text as the secret of a TSIG key."""
    try:
        return bool(base64.b64decode(secret, validate=True))
    except (binascii.Error, ValueError):
        return False


def weakness(secret: str) -> str:
    """Say what a random secret has to be that this one is not; nothing when it is one."""
    if not secret:
        return "a secret"
    if any(word in secret.lower() for word in PLACEHOLDERS) or len(set(secret)) < 6:
        return "a random secret, not a placeholder"
    if len(secret) < SHORTEST:
        return f"at least {SHORTEST} characters"
    return ""
