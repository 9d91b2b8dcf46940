"""One run of `k3s server` or `k3s agent`, from its options to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time

from . import config, flags, settings
from .agent import Agent
from .errors import Refusal, Withdrawn
from .process import Children, Died
from .reset import Reset
from .server import Server
from .version import K3S


class LogFormat(logging.Formatter):
    """k3s's own log lines look so."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        level = {"CRITICAL": "fatal"}.get(record.levelname, record.levelname.lower())
        message = record.getMessage().replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'time="{moment}" level={level} msg="{message}"'


def log_as_k3s() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormat())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def run(command: str, arguments: list[str]) -> int:
    log_as_k3s()
    try:
        configured = flags.known(command, config.read(arguments))
        options = flags.parse(command, [*configured, *arguments], os.environ)
        node = settings.settle(options)
        (settings.check_server if command == "server" else settings.check_agent)(node)
        logging.info("Starting k3s %s (stand-in)", K3S)
        asyncio.run(_live(Agent if command == "agent" else Reset if node.resets else Server, node))
    except (Refusal, OSError) as error:
        logging.critical("Error: %s", error)
    return 1


async def _live(kind: type[Server] | type[Reset] | type[Agent], node: settings.Settings) -> None:
    """Until told to stop, or until something fails. Blocking calls still under way in threads do not delay the end."""
    children = Children()
    life = kind(node, children)
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    order = asyncio.create_task(told.wait())
    ends: list[asyncio.Future] = [asyncio.create_task(life.run()), order, children.death]
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    reason = next((task.exception() for task in done if task is not order), None)
    if isinstance(reason, Withdrawn):
        logging.error('Shutdown request received: "%s"', reason)
        await children.kill()
        os._exit(0)
    if isinstance(reason, (Refusal, Died, OSError)):
        logging.critical("Error: %s", reason)
    elif reason:
        logging.critical("Error: %r", reason, exc_info=reason)
    await life.stop()
    await children.kill()
    os._exit(1 if reason else 0)
