"""Where this lab lives: read once from the environment."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    name: str
    state: Path
    cache: Path
    hosts: str
    # The site whose servers carry the cluster; the other one's are its standby.
    active: str = "a"
    # Whether its site watches itself, impatiently.
    monitored: bool = False
    # Whether hosts lack what the roles install, and have to get it.
    minimal: bool = False

    @property
    def netns(self) -> str:
        return f"lab-{self.name}"

    @property
    def payload(self) -> Path:
        """Files every host sees, read-only, as /opt/lab."""
        return self.cache / "lab-payload"

    def machine(self, host: str) -> str:
        """A name of the host that no other lab on this machine has, short enough for an interface (`vb-…`, 15)."""
        return f"{hashlib.sha256(self.name.encode()).hexdigest()[:3]}-{host}"

    def host_dir(self, host: str) -> Path:
        return self.state / "hosts" / host

    def log(self, host: str) -> Path:
        return self.state / "log" / f"{host}.log"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    name = environ.get("LAB_NAME") or "lab"
    if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", name):
        raise LabError(f"LAB_NAME={name!r} cannot name a lab", "use up to 16 lower-case letters and digits")
    active = environ.get("LAB_ACTIVE") or "a"
    if active not in ("a", "b"):
        raise LabError(f"LAB_ACTIVE={active!r} names no site", "use a or b")
    cache_home = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Settings(
        name=name,
        state=Path(environ.get("LAB_STATE") or "/var/lib/metalstack-autonomous-lab").absolute() / name,
        cache=Path(environ.get("METALSTACK_CACHE") or Path(cache_home) / "metalstack-autonomous").absolute(),
        hosts=environ.get("LAB_HOSTS", ""),
        active=active,
        monitored=environ.get("LAB_MONITORED", "") not in ("", "0"),
        minimal=environ.get("LAB_MINIMAL", "") not in ("", "0"),
    )
