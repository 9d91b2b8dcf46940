# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is to have certificates for, as the role acme_ca has written it down."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

CONFIG = Path("/etc/acme-certificates/config.json")


class BadSettings(ValueError):
    """The file is not there, or is not what the role writes."""


@dataclass(frozen=True)
class Certificate:
    """One that the host is to have: C(path) has it with all above it but the root, C(path).key its private key."""

    name: str
    names: tuple[str, ...]
    challenge: str
    path: Path
    owner: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dns:
    """Where names that prove a right are written to (RFC 2136), with a key (RFC 8945) whose secret is in a file."""

    server: str
    key: str
    algorithm: str
    secret_file: str


@dataclass(frozen=True)
class Settings:
    """C(root) is a file with the authority that the server is asked by, empty for those of the system."""

    directory: str
    contact: str
    root: str
    state: Path
    metrics: Path
    lego: tuple[str, ...]
    dns: Dns | None
    certificates: tuple[Certificate, ...]


def load(path: Path = CONFIG) -> Settings:
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"{path}: {error!r} -> run the playbook bootstrap, which writes it") from error


def parse(given: t.Mapping[str, t.Any]) -> Settings:
    return Settings(
        directory=given["directory"],
        contact=given["contact"],
        root=given.get("root", ""),
        state=Path(given["state"]),
        metrics=Path(given["metrics"]),
        lego=tuple(given["lego"]),
        dns=Dns(**given["dns"]) if given.get("dns") else None,
        certificates=tuple(
            Certificate(
                name=one["name"],
                names=tuple(one["names"]),
                challenge=one["challenge"],
                path=Path(one["path"]),
                owner=one.get("owner", ""),
                units=tuple(one.get("units", ())),
            )
            for one in given["certificates"]
        ),
    )
