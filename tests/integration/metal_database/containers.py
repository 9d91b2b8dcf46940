"""What stands in for a container: a tree of Debian, a volume at /data, an environment, and the network of the test."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import debian

SANDBOX = Path(__file__).parent / "sandbox.sh"
# As the images have it, in which psql is no wrapper.
PATH = "/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin"


class Container:
    """All of a pod have the same, as the sidecar has the image of its database."""

    def __init__(self, tree: Path, home: Path, environment: Mapping[str, str] | None = None) -> None:
        self._tree, self._home = tree, home
        self.environment = dict(environment or {})
        self.volume = home / "volume"
        self.volume.mkdir()
        self.volume.chmod(0o777)

    def start(self, command: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
        root = tempfile.mkdtemp(dir=self._home)
        sandbox = ["unshare", "--mount", "sh", SANDBOX, root, self._tree, self.volume, "/data", "--"]
        return subprocess.Popen(
            [*debian.DIE_WITH_PARENT, *sandbox, *command],
            env={"PATH": f"{PATH}:/usr/sbin:/sbin", **self.environment},
            **{"stdin": subprocess.DEVNULL, **more},
        )

    def run(self, *command: str, given: bytes = b"") -> str:
        """What it writes; it has to succeed."""
        process = self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate(given, timeout=120)
        assert process.returncode == 0, errors.decode()
        return output.decode()

    def write(self, *names: str) -> None:
        """Leave empty files in the volume."""
        for name in names:
            file = self.volume / name
            file.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(IsADirectoryError):
                file.touch()
            file.parent.chmod(0o777)
