"""A key for Secrets made on a host, with a k3s and a node that say what they are told here."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import encryption, rekey

OLD, ACTIVE, NEW = "start-old", "reencrypt_active-old", "reencrypt_finished-new"


class Fake:
    """A node that tells one note after the other, the last for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, notes: list[str], said: str = "") -> None:
        self.notes, self.asked = list(notes), 0
        monkeypatch.setattr(rekey, "POLL_SECONDS", 0)
        monkeypatch.setattr(rekey, "notes", self.tell)
        monkeypatch.setattr(rekey, "_rotate", lambda seconds: self.ask(said))

    def tell(self) -> dict[str, str]:
        return {"server1": self.notes.pop(0) if len(self.notes) > 1 else self.notes[0]}

    def ask(self, said: str) -> str:
        self.asked += 1
        return said


@pytest.mark.parametrize(
    ("notes", "asked"),
    [
        ([OLD, NEW], 1),
        ([OLD, ACTIVE, ACTIVE, NEW], 1),
        # It may tell the stage a moment later.
        ([OLD, OLD, ACTIVE, NEW], 1),
        # Another run has asked, and was killed.
        ([ACTIVE, ACTIVE, NEW], 0),
        ([NEW], 0),
    ],
)
def test_one_key_is_made_and_waited_for(monkeypatch: pytest.MonkeyPatch, notes: list[str], asked: int) -> None:
    fake = Fake(monkeypatch, notes)
    rekey.make("server1", "old", 5)
    assert fake.asked == asked


def test_what_k3s_says_against_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Fake(monkeypatch, [OLD], "hash does not match between server1 and server2")
    with pytest.raises(rekey.Failed, match="k3s made no new key: hash does not match"):
        rekey.make("server1", "old", 5)


def test_a_command_that_gives_up_while_k3s_goes_on_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(monkeypatch, [OLD, ACTIVE, ACTIVE, NEW], "timed out")
    rekey.make("server1", "old", 5)
    assert fake.asked == 1


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    Fake(monkeypatch, [ACTIVE])
    with pytest.raises(rekey.Failed, match="not through with all Secrets after -1 s"):
        rekey.make("server1", "old", -1)


def test_secrets_that_nothing_reads_any_more_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    configured = '{"resources": [{"providers": [{"aescbc": {"keys": [{"name": "new"}]}}]}]}'
    monkeypatch.setattr(rekey, "configuration", lambda: configured)
    monkeypatch.setattr(rekey, "notes", lambda: {"server1": f"reencrypt_finished-{encryption.digest(configured)}"})
    monkeypatch.setattr(rekey, "readable", lambda: 2)
    monkeypatch.setattr(rekey, "stored", lambda: [("/registry/secrets/a/b", b"k8s:enc:aescbc:v1:new:..")])
    assert rekey.verify() == (encryption.Key("aescbc", "new"), 2)
    monkeypatch.setattr(rekey, "stored", lambda: [("/registry/secrets/a/b", b"k8s:enc:aescbc:v1:old:..")])
    with pytest.raises(rekey.Failed, match="1 Secrets with another key than new, which nothing reads any more: a/b"):
        rekey.verify()
