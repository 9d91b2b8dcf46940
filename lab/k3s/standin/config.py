"""config.yaml and config.yaml.d as k3s merges them, turned into arguments that stand before the caller's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

DEFAULT = "/etc/rancher/k3s/config.yaml"


def location(argv: list[str], environ: Mapping[str, str]) -> Path:
    """Where the configuration is: environment, then command line, then the default."""
    if environ.get("K3S_CONFIG_FILE"):
        return Path(environ["K3S_CONFIG_FILE"])
    for index, argument in enumerate(argv):
        name, equals, value = argument.partition("=")
        if name in ("--config", "-c"):
            return Path(value if equals else "".join(argv[index + 1 : index + 2]))
    return Path(DEFAULT)


def files(base: Path) -> list[Path]:
    dropins = Path(f"{base}.d")
    found = [base] if base.is_file() else []
    if dropins.is_dir():
        found += sorted(p for p in dropins.iterdir() if p.is_file() and p.suffix.lower() in (".yaml", ".yml"))
    return found


def merge(documents: Iterable[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Later documents win key by key; `key+` appends to what is there."""
    merged: dict[str, Any] = {}
    for document in documents:
        for raw, value in (document or {}).items():
            key = str(raw).removesuffix("+")
            if str(raw).endswith("+") and key in merged:
                merged[key] = as_list(merged[key]) + as_list(value)
            else:
                merged[key] = value
    return merged


def as_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if as_text(value).strip() else []


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def arguments(merged: Mapping[str, Any]) -> list[str]:
    result = []
    for key, value in merged.items():
        prefix = "-" if len(key) == 1 else "--"
        values = value if isinstance(value, list) else [value]
        result += [f"{prefix}{key}={as_text(item)}" for item in values]
    return result


def read(argv: list[str], environ: Mapping[str, str] = os.environ) -> list[str]:
    return arguments(merge(yaml.safe_load(path.read_text()) for path in files(location(argv, environ))))
