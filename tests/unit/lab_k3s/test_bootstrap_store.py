from __future__ import annotations

import hashlib

import pytest

from lab.k3s.standin import bootstrap_store, tokens
from lab.k3s.standin.errors import Refusal


class Memory:
    """What the store needs of etcd."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def under(self, prefix: str) -> dict[str, str]:
        return {key: value for key, value in self.kept.items() if key.startswith(prefix)}

    def create(self, key: str, value: str) -> None:
        self.kept.setdefault(key, value)

    def exchange(self, old: str, new: str, value: str) -> None:
        self.kept.pop(old, None)
        self.kept[new] = value


def test_the_key_is_the_start_of_the_tokens_hash() -> None:
    assert bootstrap_store.key_of("word") == f"/bootstrap/{hashlib.sha256(b'word').hexdigest()[:12]}"


def test_the_first_bundle_stays() -> None:
    etcd = Memory()
    sealed = bootstrap_store.save(etcd, "word", b"first")  # type: ignore[arg-type]
    assert bootstrap_store.save(etcd, "word", b"second") == sealed  # type: ignore[arg-type]
    assert tokens.decrypt("word", sealed) == b"first"


def test_another_token_finds_nothing_but_a_refusal() -> None:
    etcd = Memory()
    assert bootstrap_store.load(etcd, "word") == ""  # type: ignore[arg-type]
    bootstrap_store.save(etcd, "word", b"data")  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="bootstrap data already found and encrypted with different token"):
        bootstrap_store.save(etcd, "other", b"data")  # type: ignore[arg-type]
    assert list(etcd.kept) == [bootstrap_store.key_of("word")]


def test_another_token_takes_the_place_of_the_old_one() -> None:
    etcd = Memory()
    bootstrap_store.save(etcd, "old", b"first")  # type: ignore[arg-type]
    bootstrap_store.replace(etcd, "old", "new", b"second")  # type: ignore[arg-type]
    assert tokens.decrypt("new", bootstrap_store.load(etcd, "new")) == b"second"  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="encrypted with different token"):
        bootstrap_store.load(etcd, "old")  # type: ignore[arg-type]


def test_who_does_not_know_the_token_replaces_nothing() -> None:
    etcd = Memory()
    sealed = bootstrap_store.save(etcd, "old", b"first")  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="encrypted with different token"):
        bootstrap_store.replace(etcd, "other", "new", b"second")  # type: ignore[arg-type]
    assert etcd.kept == {bootstrap_store.key_of("old"): sealed}
