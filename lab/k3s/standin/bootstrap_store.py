"""The bundle in etcd itself, outside Kubernetes: it comes back with a snapshot, and the token alone opens it."""

from __future__ import annotations

import hashlib

from . import tokens
from .errors import Refusal
from .etcd import Gateway

PREFIX = "/bootstrap/"


def key_of(password: str) -> str:
    return PREFIX + hashlib.sha256(password.encode()).hexdigest()[:12]


def chosen(kept: dict[str, str], password: str) -> str:
    """The sealed bundle of this token; empty where the datastore has none at all."""
    if kept and key_of(password) not in kept:
        raise Refusal("bootstrap data already found and encrypted with different token")
    return kept.get(key_of(password), "")


def load(gateway: Gateway, password: str) -> str:
    return chosen(gateway.under(PREFIX), password)


def save(gateway: Gateway, password: str, packed: bytes) -> str:
    """Keep the bundle unless there is one, and return what is kept."""
    present = load(gateway, password)
    if not present:
        gateway.create(key_of(password), tokens.encrypt(password, packed))
    return present or load(gateway, password)


def replace(gateway: Gateway, password: str, new: str, packed: bytes) -> str:
    """Keep another bundle, under a new token or the same one; what the old one opened is gone at the same moment."""
    load(gateway, password)
    sealed = tokens.encrypt(new, packed)
    gateway.exchange(key_of(password), key_of(new), sealed)
    return sealed
