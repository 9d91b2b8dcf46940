from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gitlab import configuration, system_id


def test_a_host_that_was_installed_anew_is_the_same():
    assert system_id.of_host("example", "server1") == system_id.of_host("example", "server1")


def test_hosts_and_sites_are_told_apart():
    names = {system_id.of_host(site, host) for site in ("a", "b") for host in ("server1", "server2")}
    assert len(names) == 4


def test_gitlab_runner_takes_the_name():
    name = system_id.of_host("example", "server1")
    assert system_id.read(f"{name}\n") == name


@pytest.mark.parametrize("text", ["", "r_short", "x_0123456789ab", "r_0123456789abc", "r_0123456789a-"])
def test_what_it_would_not_take_is_none(text):
    assert system_id.read(text) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("[[runners", None),
        ("runners = 1", None),
        ('[[runners]]\nurl = "https://g"', None),
        ('[[runners]]\nurl = "https://g"\ntoken = "t"', configuration.GitLab("https://g", "t", "")),
        (
            '[[runners]]\nurl = "https://g"\ntoken = "t"\ntls-ca-file = "/ca"\n[[runners]]\nurl = "other"',
            configuration.GitLab("https://g", "t", "/ca"),
        ),
    ],
)
def test_the_first_runner_of_a_configuration_counts(text, found):
    assert configuration.read(text) == found
