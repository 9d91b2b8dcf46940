"""The module as the tests call it: one database, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_database_info

NAMES = {"postgres": "masterdata-db", "rethinkdb": "metal-db", "valkey": "valkey"}


def about(run: Callable[..., dict[str, Any]], engine: str, **options: Any) -> dict[str, Any]:
    """What is told of the database of that engine. It has to succeed."""
    told = answer(run, engine, **options)
    assert "failed" not in told, told["msg"]
    one: dict[str, Any] = told["databases"][0]
    return one


def answer(run: Callable[..., dict[str, Any]], engine: str, **options: Any) -> dict[str, Any]:
    databases = [{"name": NAMES[engine], "engine": engine}]
    return run(metal_database_info, **{"stage": "prod", "databases": databases, "timeout": 60, **options})


def refused(run: Callable[..., dict[str, Any]], engine: str, **options: Any) -> str:
    """Why it fails; then nothing is told of what could not be found out."""
    told = answer(run, engine, **options)
    assert told.get("failed"), told
    one = told["databases"][0]
    assert one["volume"] is None or one["tables"] is None
    return str(told["msg"])
