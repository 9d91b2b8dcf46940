"""Hosts of which something is rotated."""

from __future__ import annotations

import copy

from found import THREE

# What is on servers while a rotation has not ended.
BEGUN = {"kind": "encryption_keys", "host": "server2", "before": "k1"}
TOKEN = {"kind": "token", "host": "server1", "before": "t1"}


def asked(hosts: list[dict], what: str = "encryption_keys") -> list[dict]:
    """The same hosts, of which something is to be rotated."""
    hosts = copy.deepcopy(hosts)
    for entry in hosts:
        if entry["seen"]:
            entry["settings"] = {**entry["settings"], "rotate": what}
    return hosts


def begun(hosts: list[dict], marker: dict = BEGUN, on: tuple[str, ...] = tuple(THREE)) -> list[dict]:
    """The same hosts, some of which know that a rotation has begun."""
    for entry in hosts:
        if entry["seen"] and entry["name"] in on:
            entry["seen"]["rotation"] = dict(marker)
    return hosts


def acts(plan: dict) -> list[str]:
    return [f"{step['action']} {step['host']}" for step in plan["steps"]]


def holding(hosts: list[dict], wanted: str = "t1", **tokens: str) -> list[dict]:
    """The same hosts, of which some have WRITTEN/KEPT, and a ! where k3s did not begin with that; all are given one."""
    hosts = copy.deepcopy(hosts)
    for entry in hosts:
        written, kept = tokens.get(entry["name"], "t1/t1").removesuffix("!").split("/")
        changed_since = tokens.get(entry["name"], "").endswith("!")
        token = {"wanted": wanted, "written": written, "kept": kept, "changed": changed_since}
        entry["seen"].update(token=token, token_matches=written == wanted)
    return hosts
