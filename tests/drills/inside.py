"""Programs that run inside the lab's network beside a drill, and end when their input does."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
END_SECONDS = 120


class Program:
    """A file of Python with its arguments, run as long as the context; each line that it prints goes to C(hear)."""

    def __init__(self, file: str, *arguments: str, hear: Callable[[str], None]) -> None:
        self._command = [sys.executable, "-m", "lab", "exec", "--", sys.executable, file, *arguments]
        self._hear = hear

    def __enter__(self) -> Program:
        self._process = subprocess.Popen(
            self._command, cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._hear(line)
