"""Child processes that never outlive the supervisor; container shims are nobody's children and do."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
Listener = Callable[[str], None]
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Died(Exception):
    """A component ended by itself, and with it this k3s: systemd starts it again."""


class Children:
    def __init__(self) -> None:
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._commands: dict[str, tuple[Path | str, tuple[str, ...], Listener | None]] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self.tolerant = False  # of deaths: set when this server is no longer wanted, and waits to be restarted
        self.death: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self, name: str, program: Path | str, *arguments: str, said: Listener | None = None) -> None:
        logging.info("Running %s", name)
        process = await asyncio.create_subprocess_exec(
            str(program), *arguments, preexec_fn=_die_with_parent, stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE if said else None, limit=1 << 20,
            env={k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "K3S_TOKEN", "K3S_AGENT_TOKEN")},
        )  # fmt: skip
        self._running[name], self._commands[name] = process, (program, arguments, said)
        task = asyncio.create_task(self._watch(name, process, said))
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    async def restart(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        await process.wait()
        program, arguments, said = self._commands[name]
        await self.start(name, program, *arguments, said=said)

    async def _watch(self, name: str, process: asyncio.subprocess.Process, said: Listener | None) -> None:
        if said and process.stderr:
            async for line in process.stderr:
                sys.stderr.buffer.write(line)
                sys.stderr.flush()
                said(line.decode(errors="replace"))
        code = await process.wait()
        if self._running.get(name) is process and not self.tolerant and not self.death.done():
            self.death.set_exception(Died(f"{name} exited: {code}"))

    async def stop(self, *order: str, patience: float = 5) -> None:
        """End the named ones gently; `kill` ends whatever is left."""
        for name in order:
            process = self._running.get(name)
            if process and process.returncode is None:
                process.terminate()
        waiting = [p.wait() for n, p in self._running.items() if n in order and p.returncode is None]
        if waiting:
            await asyncio.wait([asyncio.ensure_future(w) for w in waiting], timeout=patience)

    async def kill(self) -> None:
        """Wait until none is left: who has seen the end of k3s finds its ports closed, as with k3s's one process."""
        left = [process for process in self._running.values() if process.returncode is None]
        for process in left:
            process.kill()
        await asyncio.gather(*(process.wait() for process in left))
