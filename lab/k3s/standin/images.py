"""Images of agent/images, imported into containerd at start; registries of registries.yaml."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
from pathlib import Path
from typing import Any

import yaml

from .paths import CONTAINERD_SOCKET, Paths, write

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2")


def pending(directory: Path, imported: dict[str, list[int]]) -> dict[str, list[int]]:
    """Archives that are new or changed since they were imported: name -> size and time."""
    if not directory.is_dir():
        return {}
    present = {
        file.name: [file.stat().st_size, file.stat().st_mtime_ns]
        for file in sorted(directory.iterdir())
        if file.name.endswith(ARCHIVES)
    }
    return {name: stamp for name, stamp in present.items() if imported.get(name) != stamp}


def load(paths: Paths) -> None:
    record = paths.agent / "containerd/imported.json"
    imported = json.loads(record.read_text()) if record.exists() else {}
    for name, stamp in pending(paths.agent / "images", imported).items():
        archive = paths.agent / "images" / name
        command = ["ctr", "--address", str(CONTAINERD_SOCKET), "-n", "k8s.io", "images", "import", str(archive)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            logging.error("Failed to import %s: %s", archive, done.stderr.strip())
            continue
        logging.info("Imported images from %s", archive)
        imported[name] = stamp
        write(record, json.dumps(imported))


def registries(source: Path, target: Path) -> None:
    """containerd's hosts.toml files of the mirrors and TLS settings that registries.yaml names."""
    settings = (yaml.safe_load(source.read_text()) or {}) if source.exists() else {}
    mirrors, configs = settings.get("mirrors") or {}, settings.get("configs") or {}
    for registry in {*mirrors, *configs}:
        endpoints = (mirrors.get(registry) or {}).get("endpoint", [])
        content = hosts_toml(registry, endpoints, configs)
        write(target / ("_default" if registry == "*" else registry) / "hosts.toml", content)


def hosts_toml(registry: str, endpoints: list[str], configs: dict[str, Any]) -> str:
    lines = [] if registry == "*" else [f'server = "https://{registry}/v2"', *_tls(configs.get(registry))]
    for endpoint in endpoints:
        url = endpoint if "://" in endpoint else f"https://{endpoint}"
        host = url.partition("://")[2].partition("/")[0]
        lines += ["", f'[host."{url.rstrip("/")}/v2"]', '  capabilities = ["pull", "resolve"]']
        lines += [f"  {line}" for line in _tls(configs.get(host))]
        lines += _login(f"{url.rstrip('/')}/v2", configs.get(host))
    return "\n".join(lines) + "\n"


def _tls(config: dict[str, Any] | None) -> list[str]:
    tls = (config or {}).get("tls") or {}
    lines = [f'ca = ["{tls["ca_file"]}"]'] if tls.get("ca_file") else []
    return lines + (["skip_verify = true"] if tls.get("insecure_skip_verify") else [])


def _login(host: str, config: dict[str, Any] | None) -> list[str]:
    """A password as a header: containerd takes it of nothing else here, where k3s tells it to its CRI."""
    auth = (config or {}).get("auth") or {}
    if not auth.get("username"):
        return []
    pair = base64.b64encode(f"{auth['username']}:{auth['password']}".encode()).decode()
    return [f'  [host."{host}".header]', f'    Authorization = "Basic {pair}"']
