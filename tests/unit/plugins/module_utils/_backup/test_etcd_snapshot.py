from __future__ import annotations

import hashlib

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import command, etcd_snapshot
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import layout

CONTENT = b"\x01" * 4096


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (CONTENT + hashlib.sha256(CONTENT).digest(), True),
        (CONTENT, False),
        (CONTENT + b"\x00" * 32, False),
        (b"\x02" + CONTENT[1:] + hashlib.sha256(CONTENT).digest(), False),
        ((CONTENT + hashlib.sha256(CONTENT).digest())[:-1], False),
        (b"", False),
    ],
    ids=["whole", "no checksum", "another checksum", "a byte flipped", "cut off", "empty"],
)
def test_a_snapshot_ends_with_the_checksum_of_what_is_before(tmp_path, content, whole):
    file = tmp_path / "etcd.db"
    file.write_bytes(content)
    assert etcd_snapshot.whole(file) is whole


def test_a_restore_is_given_the_token_itself_where_nobody_else_reads_it(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("secret\n")
    monkeypatch.setattr(layout, "TOKEN_FILE", str(tmp_path / "token"))
    given = {}
    monkeypatch.setattr(command, "run", lambda *words, **others: given.update(words=words, **others))
    etcd_snapshot.restore(tmp_path / "etcd.db", "k3s", "server")
    assert given["environment"] == {"K3S_TOKEN": "secret"}
    assert given["words"] == ("k3s", "server", "--cluster-reset", f"--cluster-reset-restore-path={tmp_path}/etcd.db")
