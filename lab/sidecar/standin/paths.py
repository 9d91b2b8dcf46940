"""Where the sidecar puts what it works with (pkg/constants)."""

from __future__ import annotations

from pathlib import Path

BASE = Path("/backup")
# The archive lies among the files that it is made of, and leaves itself out.
BACKUP = BASE / "upload/files"
DOWNLOAD = BASE / "restore"
RESTORE = DOWNLOAD / "files"
LOCAL = BASE / "local-provider"
