"""A host that GitLab is to know, or no more; GitLab is a stand-in on loopback."""

from __future__ import annotations

import socket

import pytest
from ansible.module_utils import basic
from ansible_collections.metalstack.autonomous.plugins.module_utils._gitlab import system_id
from ansible_collections.metalstack.autonomous.plugins.modules import gitlab_runner_registration
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._gitlab.gitlab_stand_in import (
    TOKEN,
    Served,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process

OURS, OTHERS = (system_id.of_host("example", host) for host in ("server2", "server1"))


@pytest.fixture
def gitlab():
    with Served() as served:
        yield served


@pytest.fixture
def register(gitlab, tmp_path, monkeypatch):
    answer = in_process.runner(monkeypatch)

    def run(check=False, **given):
        options = {
            "_ansible_diff": True,
            "url": gitlab.url,
            "token": TOKEN,
            "directory": str(tmp_path),
            "site": "example",
            "host": "server2",
            **given,
        }
        return answer(
            gitlab_runner_registration, check, **{name: one for name, one in options.items() if one is not None}
        )

    run.file = tmp_path / system_id.FILE
    run.configuration = tmp_path / "config.toml"
    return run


def test_gitlab_knows_the_host_by_the_name_that_gitlab_runner_reads(register, gitlab):
    result = register()
    assert result["changed"] and (result["system_id"], result["runner"], result["expires"]) == (OURS, 17, "")
    assert result["diff"] == {"before": "", "after": f"{OURS}\n"}
    assert register.file.read_text() == f"{OURS}\n" and register.file.stat().st_mode & 0o777 == 0o600
    assert gitlab.machines == [OURS]


def test_the_second_run_asks_and_changes_nothing(register, gitlab):
    register()
    gitlab.asked.clear()
    assert not register()["changed"]
    assert gitlab.asked == [("POST", "/api/v4/runners/verify")]


def test_check_mode_leaves_a_gitlab_alone_that_does_not_know_the_host(register, gitlab):
    result = register(check=True, former_hosts=["server1", "server2"])
    assert result["changed"] and result["forgotten"] == ["server1"]
    assert not gitlab.asked and not register.file.exists()


def test_check_mode_asks_whether_the_token_still_counts(register, gitlab):
    register()
    gitlab.token = "glrt-another"
    assert "revoked" in register(check=True)["msg"]


@pytest.mark.parametrize("begun", [False, True])
def test_a_token_that_was_revoked_is_refused_and_changes_nothing(register, gitlab, begun):
    if begun:
        register()
    before = register.file.read_text() if begun else None
    gitlab.token = "glrt-another"
    result = register()
    assert result["failed"]
    for words in ("403", "revoked", "Nothing was changed", "Make a runner there"):
        assert words in result["msg"]
    assert TOKEN not in result["msg"]
    assert (register.file.read_text() if register.file.exists() else None) == before


def test_a_gitlab_that_does_not_answer_is_warned_of_and_keeps_nobody_from_the_site(register, warned):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        result = register(url=url, former_hosts=["server1"])
        again = register(url=url)
    assert result["changed"] and (result["runner"], result["forgotten"]) == (0, [])
    assert register.file.read_text() == f"{OURS}\n" and not again["changed"]
    assert len(warned) == 2 and url in warned[0] and TOKEN not in warned[0]


@pytest.fixture
def warned(monkeypatch):
    said = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text: said.append(text))
    return said


def test_a_host_that_is_gone_is_forgotten_by_its_name_when_another_begins(register, gitlab):
    gitlab.machines = [OTHERS]
    assert register(former_hosts=["server1", "server2", "server3"])["forgotten"] == ["server1"]
    assert gitlab.machines == [OURS]


def test_a_host_that_has_begun_before_has_nobody_forgotten(register, gitlab):
    register()
    gitlab.machines.append(OTHERS)
    assert register(former_hosts=["server1"])["forgotten"] == []
    assert OTHERS in gitlab.machines


def configured(register, url, token=TOKEN):
    register.configuration.write_text(f'[[runners]]\nurl = "{url}"\ntoken = "{token}"\n')


def test_gitlab_forgets_a_host_by_its_own_configuration(register, gitlab):
    register()
    configured(register, gitlab.url)
    foreseen = register(check=True, state="absent", url=None, token=None)
    assert foreseen["changed"] and gitlab.machines == [OURS] and register.file.exists()
    result = register(state="absent", url=None, token=None)
    assert result["changed"] and result["forgotten"] == ["server2"]
    assert gitlab.machines == [] and not register.file.exists()
    assert not register(state="absent", url=None, token=None)["changed"]


def test_a_host_is_taken_off_though_gitlab_is_lost(register, gitlab, warned):
    register()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        configured(register, f"http://127.0.0.1:{closed.getsockname()[1]}")
        result = register(state="absent", url=None, token=None)
    assert result["changed"] and result["forgotten"] == [] and not register.file.exists()
    assert len(warned) == 1 and OURS in warned[0]
