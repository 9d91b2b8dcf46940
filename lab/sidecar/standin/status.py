"""What the sidecar tells: how far it is, and its log."""

from __future__ import annotations

import json
import sys

CHECKING, RESTORING, DONE = "CHECKING", "RESTORING", "DONE"


def log(message: str, **more: object) -> None:
    print(json.dumps({"level": "INFO", "msg": message, **more}), file=sys.stderr, flush=True)
