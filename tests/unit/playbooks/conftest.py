from __future__ import annotations

import sys
from pathlib import Path

# Tasks of a playbook are played like those of a role.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "roles")]
