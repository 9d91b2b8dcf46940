"""The variables of the playbooks' own role site, as it has them in several files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

VARIABLES = Path(__file__).resolve().parents[3] / "playbooks/roles/site/vars/main"


def site_variables() -> dict[str, Any]:
    """By their names."""
    return {name: value for path in VARIABLES.glob("*.yml") for name, value in yaml.safe_load(path.read_text()).items()}
