"""Run validate.yml on a site of its own, with an ssh that only notes that it was called."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from plugins.plugin_utils._site import authority

TREE = Path(__file__).resolve().parents[3]
CA = authority.generate("example")
ACME_ROOT = authority.generate("example ACME", path_length=1)
EXAMPLE = "three_nodes"
SECRETS = "{name}: \"{{{{ 'canary-{name}' | hash('sha256') }}}}\"\n"
NAMES = (
    "site_k3s_token",
    "site_k3s_agent_token",
    "site_dns_api_key",
    "site_dns_transfer_secret",
    "site_backup_password",
    "site_monitoring_peer_password",
    "site_monitoring_reader_password",
    "site_status_page_password",
    "site_registry_reader_password",
    "site_registry_writer_password",
    "site_grafana_admin_password",
    "site_acme_ca_password",
)
# What no template can make up; the example takes it from the environment.
AUTHORITY = "site_ca: \"{{ lookup('ansible.builtin.env', 'SITE_CA') }}\"\n"
ROOT = "site_acme_ca_root: \"{{ lookup('ansible.builtin.env', 'SITE_ACME_CA_ROOT') }}\"\n"
CHANGED = re.compile(r"changed=(\d+)")
IDS = re.compile(r"^ +- (V\d\d)$", re.MULTILINE)


@dataclass
class Judged:
    """What one run said and did."""

    returncode: int
    output: str
    ids: list[str]
    changed: int
    connections: list[str]
    files_untouched: bool


def pinned() -> dict[str, Any]:
    """Pin what artifacts.yml has not pinned yet, so that the example has no mistake on any machine."""
    catalog = yaml.safe_load((TREE / "artifacts.yml").read_text())
    return {
        name: {version: {arch: {"sha256": "0" * 64} for arch in ("amd64", "arm64")} for version in entry["versions"]}
        for name, entry in catalog.items()
    }


def write_site(directory: Path, case: dict[str, Any]) -> None:
    """Write an example site, that of three nodes unless the case names another, with the case's mistake."""
    shutil.copytree(TREE / "inventories" / case.get("example", EXAMPLE), directory)
    hosts_file, all_vars = directory / "hosts.yml", directory / "group_vars/all"
    hosts = yaml.safe_load(hosts_file.read_text())
    if "servers" in case:
        hosts["k3s_servers"]["hosts"] = case["servers"]
    hosts["k3s_agents"]["hosts"] = case.get("agents", {})
    hosts |= case.get("groups", {})
    hosts_file.write_text(yaml.safe_dump(hosts))
    site = yaml.safe_load((all_vars / "site.yml").read_text())
    site |= {"site_artifacts": pinned(), **case.get("site", {})}
    site = {name: value for name, value in site.items() if value is not None}
    site |= {name: value.replace("TREE", str(TREE)) for name, value in site.items() if isinstance(value, str)}
    (all_vars / "site.yml").write_text(yaml.safe_dump(site))
    made = {name: SECRETS.format(name=name) for name in NAMES} | {"site_ca": AUTHORITY, "site_acme_ca_root": ROOT}
    made |= {name: locked(name) if text == "locked" else text for name, text in case.get("secrets", {}).items()}
    # What an example has of its own, such as the keys of its storage, stays.
    kept = [line for line in (all_vars / "secrets.yml").read_text().splitlines(True) if line.startswith("example_")]
    (all_vars / "secrets.yml").write_text("".join([*made.values(), *kept]))


def locked(name: str) -> str:
    """Encrypt a value with a password that nobody has."""
    vault = VaultLib(secrets=[("default", VaultSecret(os.urandom(16)))])
    lines = vault.encrypt("0123456789abcdef0123456789abcdef").decode().splitlines()
    return f"{name}: !vault |\n" + "".join(f"  {line}\n" for line in lines)


def tree_hash(directory: Path) -> str:
    """Hash every file below a directory, with its name and mode."""
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        digest.update(f"{path.relative_to(directory)} {path.stat().st_mode}".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def judge(directory: Path, case: dict[str, Any], *arguments: str) -> Judged:
    """Run validate.yml on the example site with the case's mistake."""
    site, home, record = directory / "site", directory / "home", directory / "connections"
    write_site(site, case)
    home.mkdir()
    ssh = directory / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$*" >> {record}\nexit 255\n')
    ssh.chmod(0o755)
    before = tree_hash(site)
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(site), "playbooks/validate.yml", *arguments],
        cwd=TREE,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(home),
            "SITE_CA": CA,
            "SITE_ACME_CA_ROOT": ACME_ROOT,
            **{f"SITE_STORAGE_{name}": f"canary-{name}" for name in ("A_KEY", "A_SECRET", "B_KEY", "B_SECRET")},
            "ANSIBLE_SSH_EXECUTABLE": str(ssh),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    recap = done.stdout.rpartition("PLAY RECAP")[2]
    return Judged(
        done.returncode,
        done.stdout,
        IDS.findall(done.stdout),
        sum(map(int, CHANGED.findall(recap))),
        record.read_text().splitlines() if record.exists() else [],
        tree_hash(site) == before,
    )
