from __future__ import annotations

from pathlib import Path

import pytest

from lab.k3s.standin import flags, settings
from lab.k3s.standin.errors import Refusal
from lab.k3s.standin.settings import Settings


def node(command: str, data: Path, *argv: str) -> Settings:
    return settings.settle(flags.parse(command, ["--node-ip=198.51.100.11", f"--data-dir={data}", *argv], {}))


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "neither --cluster-init nor --server"),
        (["--server=https://198.51.100.12:6443"], "token is required to join a cluster"),
        (["--server=http://198.51.100.12:6443", "--token=x"], "only https:// URLs are supported"),
        (["--cluster-init", "--token=K10short::server:x"], "invalid token CA hash length"),
        (["--cluster-init", "--https-listen-port=443"], "an https-listen-port other than 6443"),
    ],
)
def test_a_new_server_is_refused(tmp_path: Path, argv: list[str], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        settings.check_server(node("server", tmp_path, *argv))


@pytest.mark.parametrize("argv", [["--cluster-init"], ["--server=https://198.51.100.12:6443", "--token=x"]])
def test_a_new_server_founds_or_joins(tmp_path: Path, argv: list[str]) -> None:
    settings.check_server(node("server", tmp_path, *argv))


def test_a_datastore_needs_neither_founding_nor_joining(tmp_path: Path) -> None:
    (tmp_path / "server/db/etcd/member/wal").mkdir(parents=True)
    settings.check_server(node("server", tmp_path))


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--cluster-reset-restore-path=/x"], "--cluster-reset required with --cluster-reset-restore-path"),
        (["--cluster-reset", "--server=https://198.51.100.12:6443"], "cannot perform cluster-reset while server URL"),
        (["--cluster-reset", "--cluster-reset-restore-path=/x"], "server/token does not exist, please pass --token"),
        (
            ["--cluster-reset", "--cluster-reset-restore-path=/x", "--token-file=/etc/hostname"],
            "server/token does not exist, please pass --token",
        ),
        (["--cluster-reset", "--token=x"], "--cluster-reset of a host without a datastore is outside the contract"),
    ],
)
def test_a_reset_is_refused(tmp_path: Path, argv: list[str], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        settings.check_server(node("server", tmp_path, *argv))


@pytest.mark.parametrize("datastore", [False, True])
def test_a_snapshot_is_restored_with_or_without_a_datastore(tmp_path: Path, datastore: bool) -> None:
    if datastore:
        (tmp_path / "server/db/etcd/member/wal").mkdir(parents=True)
    settings.check_server(node("server", tmp_path, "--cluster-reset", "--cluster-reset-restore-path=/x", "--token=x"))


@pytest.mark.parametrize(
    ("argv", "said"),
    [([], "--token is required"), (["--token=x"], "--server is required")],
)
def test_an_agent_needs_a_token_and_a_server(tmp_path: Path, argv: list[str], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        settings.check_agent(node("agent", tmp_path, *argv))


def test_a_token_file_outweighs_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of the file\n")
    assert node("server", tmp_path, f"--token-file={tmp_path / 'token'}", "--token=x").token == "of the file"
