"""What k3s answers without a cluster."""

from __future__ import annotations

import re

from hosts import Host


def test_the_version_names_a_release(machines: dict[str, Host]) -> None:
    assert re.match(r"k3s version v\d+\.\d+\.\d+\+k3s\d+\b", machines["server1"].run("k3s --version"))


def test_an_unknown_flag_is_refused(machines: dict[str, Host]) -> None:
    assert "flag provided but not defined: -no-such-flag" in machines["agent1"].refused("server --no-such-flag=1")


def test_a_flag_without_its_value_is_refused(machines: dict[str, Host]) -> None:
    done = machines["agent1"].attempt("timeout 60 k3s server --node-name")
    assert done.status not in (0, 124)
    assert "flag needs an argument" in done.output


def test_an_agent_without_a_token_is_refused(machines: dict[str, Host]) -> None:
    assert "--token is required" in machines["agent1"].refused("agent --server https://198.51.100.11:6443")


def test_an_agent_without_a_server_is_refused(machines: dict[str, Host]) -> None:
    assert "--server is required" in machines["agent1"].refused("agent --token none")
