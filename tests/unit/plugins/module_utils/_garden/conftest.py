"""What the units here share is found beside them, and a garden's state beside those of backups."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "_backup")]
