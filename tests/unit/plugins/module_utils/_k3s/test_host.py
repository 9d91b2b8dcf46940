"""What is read from a host's files."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import (
    certificates,
    host,
    layout,
    nodes,
    registry,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("s3cret", True),
        ("s3cret\n", True),
        ("K10abc::server:s3cret\n", True),
        ("K10abc::server:other\n", False),
        ("other", False),
    ],
)
def test_whether_a_token_is_the_one_of_the_cluster(tmp_path: Path, text: str | None, expected: bool | None) -> None:
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    assert host.token_matches("s3cret", str(tmp_path / "none"), str(file)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server: https://198.51.100.12:6443\n", "198.51.100.12"),
        ("node-label:\n- a=b\nserver: 'https://198.51.100.12:6443'\n", "198.51.100.12"),
        ("cluster-init: true\n", ""),
        ("", ""),
    ],
)
def test_the_server_that_join_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    (tmp_path / "90-join.yaml").write_text(text)
    monkeypatch.setattr(layout, "JOIN_FILE", str(tmp_path / "90-join.yaml"))
    assert host.registered_at() == expected


def test_what_the_running_process_has_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "STARTED_FILE", str(tmp_path / "started"))
    assert host.started_files() is None
    (tmp_path / "started").write_text("aa  /etc/a\nbb  /etc/b\n")
    assert host.started_files() == {"/etc/a": "aa", "/etc/b": "bb"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [([], ""), (["etcd/member/wal"], "etcd"), (["etcd/member/wal", "etcd/tombstone"], "removed"), (["etcd"], "")],
)
def test_the_datastore_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[str], expected: str
) -> None:
    for path in made:
        (tmp_path / path).mkdir(parents=True)
    monkeypatch.setattr(layout, "ETCD_DIR", str(tmp_path / "etcd"))
    monkeypatch.setattr(layout, "DATA_DIR", str(tmp_path))
    assert host.datastore() == expected


@pytest.mark.parametrize("days", [10, 365 * 40])
def test_the_end_of_a_certificate_in_both_forms_of_time(tmp_path: Path, days: int) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "crt"]
    subprocess.run([*command, "-days", str(days), "-subj", "/CN=x"], cwd=tmp_path, check=True, capture_output=True)
    now = datetime.datetime.now(datetime.UTC)
    assert certificates.days_left((tmp_path / "crt").read_text(), now) in (days - 1, days)


@pytest.mark.parametrize("text", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError):
        certificates.not_after(text)


NODE = {
    "metadata": {"name": "server1", "labels": {"room": "1"}},
    "spec": {"taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]},
}


@pytest.mark.parametrize(
    ("labels", "taints", "expected"),
    [
        ({}, [], {}),
        ({"room": "1"}, ["a=b:NoSchedule"], {}),
        ({"room": "2"}, [], {"metadata": {"labels": {"room": "2"}}}),
        (
            {},
            ["c=:NoExecute"],
            {
                "spec": {
                    "taints": [
                        {"key": "a", "value": "b", "effect": "NoSchedule"},
                        {"key": "c", "effect": "NoExecute"},
                    ]
                }
            },
        ),
        ({}, ["a=c:NoSchedule"], {"spec": {"taints": [{"key": "a", "value": "c", "effect": "NoSchedule"}]}}),
    ],
)
def test_the_patch_that_marks_a_node(labels: dict, taints: list[str], expected: dict) -> None:
    assert registry.marks(NODE, labels, taints) == expected


@pytest.mark.parametrize("text", ["a=b:NoSchedule", "a=:NoExecute", "x.example/y=z:PreferNoSchedule"])
def test_a_taint_is_read_as_it_is_written(text: str) -> None:
    assert nodes.taint(nodes.parse_taint(text)) == text


@pytest.mark.parametrize(("written", "started", "expected"), [(200, 100, True), (100, 200, False), (100, None, False)])
def test_whether_keys_and_token_were_changed_since_k3s_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int, started: int | None, expected: bool
) -> None:
    keys, token, began = tmp_path / "keys", tmp_path / "token", tmp_path / "started"
    key = {"name": "one", "secret": "x"}
    keys.write_text(json.dumps({"resources": [{"providers": [{"aescbc": {"keys": [key]}}, {"identity": {}}]}]}))
    token.write_text("s3cret")
    for name, path in (("ENCRYPTION_FILE", keys), ("TOKEN_FILE", token), ("STARTED_FILE", began)):
        monkeypatch.setattr(layout, name, str(path))
    monkeypatch.setattr(layout, "WRITTEN_TOKEN_FILE", str(tmp_path / "none"))
    for path in (keys, token):
        os.utime(path, (written, written))
    if started is not None:
        began.touch()
        os.utime(began, (started, started))
    assert host.encryption() == {"keys": ["one"], "changed": expected}
    assert host.token("K10abc::server:s3cret") == {
        "wanted": tokens.fingerprint("s3cret"),
        "written": "",
        "kept": tokens.fingerprint("s3cret"),
        "changed": expected,
    }


def test_where_a_file_system_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = {"/", str(tmp_path / "db")}
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounts)
    (tmp_path / "db" / "etcd").mkdir(parents=True)
    assert host.mounted_at(str(tmp_path / "db" / "etcd")) == str(tmp_path / "db")
    assert host.mounted_at(str(tmp_path / "db" / "none" / "yet")) == str(tmp_path / "db")
    assert host.mounted_at(str(tmp_path / "elsewhere")) == "/"
