"""One run of `k3s server` or `k3s agent`, from its options to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time

from . import config, flags, settings
from .agent import Agent
from .errors import Refusal
from .process import Children, Died
from .server import Server
from .version import K3S


class LogFormat(logging.Formatter):
    """k3s's own log lines look so."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        level = {"CRITICAL": "fatal"}.get(record.levelname, record.levelname.lower())
        message = record.getMessage().replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'time="{moment}" level={level} msg="{message}"'


def run(command: str, arguments: list[str]) -> int:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormat())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        configured = flags.known(command, config.read(arguments))
        options = flags.parse(command, [*configured, *arguments], os.environ)
        node = settings.settle(options)
        (settings.check_server if command == "server" else settings.check_agent)(node)
        logging.info("Starting k3s %s (stand-in)", K3S)
        return asyncio.run(_live(Server if command == "server" else Agent, node))
    except (Refusal, Died, OSError) as error:
        logging.critical("Error: %s", error)
        return 1


async def _live(kind: type[Server] | type[Agent], node: settings.Settings) -> int:
    """Until told to stop, or until a component dies."""
    children = Children()
    life = kind(node, children)
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    tasks = [asyncio.create_task(life.run()), asyncio.create_task(told.wait())]
    done, pending = await asyncio.wait([*tasks, children.death], return_when=asyncio.FIRST_COMPLETED)
    await life.stop()
    for task in pending:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        for task in done:
            await task
    os._exit(0)  # blocking calls still under way in threads must not delay the end
