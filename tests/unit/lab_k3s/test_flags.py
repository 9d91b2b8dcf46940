from __future__ import annotations

import pytest

from lab.k3s.standin import flags
from lab.k3s.standin.errors import Refusal


def test_the_last_text_wins_and_lists_add_up() -> None:
    options = flags.parse("server", ["--node-name=a", "--tls-san=x", "--node-name", "b", "--tls-san", "y,z"], {})
    assert options.text("node-name") == "b"
    assert options.many("tls-san") == ["x", "y,z"]
    assert options.many("tls-san", split=True) == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("argument", "on"), [("--cluster-init", True), ("--cluster-init=true", True), ("--cluster-init=false", False)]
)
def test_a_switch_needs_no_value(argument: str, on: bool) -> None:
    assert flags.parse("server", [argument], {}).on("cluster-init") is on


def test_the_command_line_outweighs_the_environment() -> None:
    environ = {"K3S_TOKEN": "environment", "K3S_URL": "https://a"}
    options = flags.parse("server", ["-t", "word"], environ)
    assert (options.text("token"), options.text("server")) == ("word", "https://a")


def test_an_agent_has_no_variables_of_servers() -> None:
    assert flags.parse("agent", [], {"K3S_CLUSTER_INIT": "true"}).values == {}


@pytest.mark.parametrize(
    ("command", "argv", "said"),
    [
        ("server", ["--no-such=1"], "flag provided but not defined: -no-such"),
        ("agent", ["--cluster-init"], "flag provided but not defined: -cluster-init"),
        ("server", ["--node-name"], "flag needs an argument: --node-name"),
        ("server", ["--etcd-s3"], "flag --etcd-s3 is outside the contract of the stand-in"),
        ("etcd-snapshot save", ["--etcd-s3"], "flag --s3 is outside the contract of the stand-in"),
        ("etcd-snapshot save", ["--output=json"], "flag provided but not defined: -output"),
        ("server", ["stray"], "unexpected argument stray"),
    ],
)
def test_what_it_does_not_take_is_refused(command: str, argv: list[str], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        flags.parse(command, argv, {})


def test_a_server_skips_unknown_keys_of_its_configuration_but_not_refused_ones() -> None:
    configured = ["--node-name=a", "--no-such=1", "--datastore-endpoint=x"]
    assert flags.known("server", configured) == ["--node-name=a", "--datastore-endpoint=x"]
    assert flags.known("agent", configured) == configured


def test_a_snapshot_skips_what_only_a_server_knows() -> None:
    configured = ["--token-file=x", "--etcd-snapshot-dir=/x", "--data-dir=/y", "--etcd-s3-bucket=z"]
    known = ["--etcd-snapshot-dir=/x", "--data-dir=/y", "--etcd-s3-bucket=z"]
    assert flags.known("etcd-snapshot save", configured) == known


def test_a_snapshots_flags_have_long_names_short_names_and_operands() -> None:
    argv = ["--etcd-snapshot-retention=2", "first", "--dir", "/x", "-o", "json", "second"]
    options = flags.parse("etcd-snapshot ls", argv, {})
    assert options.values == {"snapshot-retention": "2", "dir": "/x", "output": "json"}
    assert options.operands == ["first", "second"]


def test_no_flag_is_of_two_kinds() -> None:
    groups = [set(flags.SHARED), set(flags.SERVER_ONLY), set(flags.WITHOUT_EFFECT), flags.REFUSED]
    assert len(set.union(*groups)) == sum(map(len, groups))


def test_commands_that_manage_have_flags_of_their_own() -> None:
    options = flags.parse("token rotate", ["-t", "old", "--new-token=new"], {"K3S_URL": "https://127.0.0.1:6443"})
    assert options.values == {"server": "https://127.0.0.1:6443", "token": "old", "new-token": "new"}
    assert flags.parse("certificate check", ["-s", "etcd,admin", "-o", "json"], {}).many("service", split=True) == [
        "etcd", "admin",
    ]  # fmt: skip
    with pytest.raises(Refusal, match="flag provided but not defined: -new-token"):
        flags.parse("secrets-encrypt status", ["--new-token=x"], {})
