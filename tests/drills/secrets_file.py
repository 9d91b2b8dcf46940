"""A site's file of secrets, which the lab's inventory has none of, each value encrypted on its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from cluster import Cluster

from lab import secrets as lab_secrets
from lab import settings

PASSWORD = "of this drill alone"
HEAD = "---\n# of the site\n"
VAULT = VaultLib(secrets=[("default", VaultSecret(PASSWORD.encode()))])


class Loader(yaml.SafeLoader):
    """Reads an encrypted value as its text."""


Loader.add_constructor("!vault", lambda loader, node: VAULT.decrypt(node.value.encode()).decode())


def write(file: Path, **secrets: str) -> None:
    file.write_text(HEAD + "".join(_entry(*each) for each in secrets.items()))


def read(file: Path) -> dict[str, str]:
    found: dict[str, str] = yaml.load(file.read_text(), Loader=Loader)
    return found


def _entry(name: str, secret: str) -> str:
    return f"{name}: !vault |\n" + "".join(f"  {line}\n" for line in VAULT.encrypt(secret).decode().splitlines())


def unlock(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give playbooks the vault's password."""
    file = directory / "vault-password"
    file.write_text(PASSWORD)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(file))


def take_over(cluster: Cluster, **secrets: str) -> None:
    """Have the lab's inventory hold these from here on."""
    kept = settings.from_environment().state / "secrets.json"
    lab_secrets.write(kept, {**lab_secrets.read(kept), **secrets})
    cluster.site.update(secrets)
