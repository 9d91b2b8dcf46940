"""What a server has of a key, what is kept of the one of before, and what counts as proof."""

from __future__ import annotations

import sqlite3
import stat

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import former_keys, proof
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import PdnsError
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.transfer_keys import STEPS, Keys, converge

NOW, BEFORE = "key-of-now-0123456789abcdef", "key-of-before-0123456789ab"


@pytest.fixture
def answers(monkeypatch):
    """An API that takes the keys in the list that this gives."""
    taken: list[str] = []
    monkeypatch.setattr(former_keys, "takes", lambda url, key, ca_path=None: key in taken)
    return taken


def proxy(directory, key):
    (directory / "haproxy.cfg").write_text(f"frontend api\n    http-request set-header X-API-Key {key}\n    default\n")


def test_a_server_without_a_proxy_has_the_key_that_it_takes(tmp_path, answers):
    answers.append(NOW)
    keys = former_keys.ApiKeys(tmp_path, "http://h", NOW)
    assert keys.current() and keys.others() == {}
    assert not former_keys.ApiKeys(tmp_path, "http://h", BEFORE).current()


def test_a_proxy_that_hands_on_another_key_tells_which_was_the_former_one(tmp_path, answers):
    answers.append(NOW)
    proxy(tmp_path, BEFORE)
    keys = former_keys.ApiKeys(tmp_path, "http://h", NOW)
    assert not keys.current()
    assert keys.others() == {former_keys.named(BEFORE): BEFORE}
    proxy(tmp_path, NOW)
    assert keys.current() and keys.others() == {}


def test_transfers(tmp_path):
    path = tmp_path / "pdns.sqlite3"
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("""
    CREATE TABLE domains (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE domainmetadata (id INTEGER PRIMARY KEY, domain_id INT, kind TEXT, content TEXT);
    CREATE TABLE tsigkeys (id INTEGER PRIMARY KEY, name TEXT, algorithm TEXT, secret TEXT);
    """)

    def keys(name, secret, accepted=()):
        return former_keys.TransferKeys(path, name, secret, dict(accepted))

    assert not keys("old.", "s1").current() and keys("old.", "s1").others() == {}
    for step in STEPS:
        converge(database, Keys("old.", "s1", step=step))
    assert keys("old.", "s1").current() and not keys("new.", "s2").current()
    assert keys("new.", "s2").others() == {"old.": "s1"}
    # Under another name the same secret is no former one.
    assert keys("renamed.", "s1").others() == {} and not keys("renamed.", "s1").current()
    converge(database, Keys("new.", "s2", step="used"))
    assert not keys("new.", "s2").current()
    assert keys("new.", "s2", {"old.": "s1"}).current()
    converge(database, Keys("new.", "s2", step="only"))
    assert keys("new.", "s2").current() and not keys("new.", "s2", {"old.": "s1"}).current()
    database.close()


def test_what_is_kept_is_for_root_alone(tmp_path):
    path = tmp_path / "former.json"
    assert former_keys.read(path) == {}
    former_keys.keep(path, {"a": BEFORE})
    assert former_keys.read(path) == {"a": BEFORE}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_api_is_proved_by_what_it_takes_and_refuses():
    def takes(*keys):
        return lambda url, key, ca_path: key in keys

    assert len(proof.of_api(["u", "v"], NOW, {"a": BEFORE}, takes=takes(NOW))) == 4
    with pytest.raises(proof.NotProved, match="still takes the former key a"):
        proof.of_api(["u"], NOW, {"a": BEFORE}, takes=takes(NOW, BEFORE))
    with pytest.raises(proof.NotProved, match="refuses the key that it shall have"):
        proof.of_api(["u"], NOW, {"a": BEFORE}, takes=takes(BEFORE))


def test_an_api_that_does_not_answer_proves_nothing():
    with pytest.raises(PdnsError):
        former_keys.takes("http://127.0.0.1:9", NOW, None)


def test_transfers_are_proved_by_what_is_given_and_refused():
    def asks(**answers):
        return lambda server, zone, name, secret: answers[secret]

    arguments = (["h"], ["a.", "b."], "new.", "now", {"old.": "before"})
    assert len(proof.of_transfers(*arguments, asks=asks(now=proof.SERVED, before=proof.REFUSED))) == 4
    for before in (proof.SERVED, "Timeout"):
        with pytest.raises(proof.NotProved, match="does not refuse a"):
            proof.of_transfers(*arguments, asks=asks(now=proof.SERVED, before=before))
    with pytest.raises(proof.NotProved, match="does not give a"):
        proof.of_transfers(*arguments, asks=asks(now=proof.REFUSED, before=proof.REFUSED))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("0001 8400 0001 0001 0000 0000", proof.SERVED),
        ("0001 8405 0001 0000 0000 0000", proof.REFUSED),
        ("0001 8409 0001 0000 0000 0000", proof.REFUSED),
        ("0001 8402 0001 0000 0000 0000", "code 2 with 0 records"),
        ("0001 8400 0001 0000 0000 0000", "code 0 with 0 records"),
        ("0001", "no answer"),
    ],
)
def test_only_a_refusal_counts_as_one(header, told):
    assert proof.judged(bytes.fromhex(header.replace(" ", ""))) == told
