"""How the supervisor waits for its components and for the cluster."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from .api import UNREACHABLE, ApiError

POLL = 0.1


async def until(attempt: Any) -> Any:
    """Repeat a blocking call until it neither fails nor says no."""
    while True:
        try:
            result = await asyncio.to_thread(attempt)
            if result is not False:
                return result
        except (*UNREACHABLE, ApiError) as error:
            logging.debug("waiting: %s", error)
        await asyncio.sleep(POLL)
