from __future__ import annotations

import json
import types
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import command, program, rehearsal
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Damaged


@pytest.mark.parametrize(
    ("config", "added"),
    [
        ("node-ip: 198.51.100.11\n", ["198.51.100.11/32"]),
        ('a: 1\nnode-ip: "198.51.100.11"\n', ["198.51.100.11/32"]),
        ("node-ip: 2001:db8::1\n", ["2001:db8::1/128"]),
    ],
)
def test_it_has_the_address_that_its_host_had(config, added, monkeypatch):
    called = []
    monkeypatch.setattr(command, "run", lambda *words, seconds: called.append(words))
    rehearsal._have_address(config)
    assert [words[3] for words in called] == added


@pytest.fixture
def contents(tmp_path):
    (tmp_path / "set/config/config.yaml.d").mkdir(parents=True)
    (tmp_path / "set/config/token").write_text("of the set")
    return tmp_path / "set"


def test_it_runs_apart_with_the_configuration_of_the_set_and_leaves_nothing(contents, tmp_path, monkeypatch):
    def run(*words, seconds):
        if words[:2] == ("systemctl", "stop"):
            raise BackupError("it is not loaded")
        binds = dict(
            reversed(word.removeprefix("--property=BindPaths=").split(":")) for word in words if "Bind" in word
        )
        assert (Path(binds["/etc/rancher/k3s"]) / "token").read_text() == "of the set"
        assert list(Path(binds["/var/lib/rancher/k3s"]).iterdir()) == []
        assert "--property=PrivateNetwork=yes" in words
        assert words[-3:] == (rehearsal.VERB, str(contents), str(tmp_path / "state/rehearsal"))
        return json.dumps({"restored": 7})

    monkeypatch.setattr(command, "run", run)
    assert rehearsal.rehearse(contents, tmp_path / "state")["restored"] == 7
    assert list((tmp_path / "state").iterdir()) == []


def test_one_that_fails_leaves_nothing_either(contents, tmp_path, monkeypatch):
    def run(*_words, seconds):
        raise BackupError("lacks secrets")

    monkeypatch.setattr(command, "run", run)
    with pytest.raises(BackupError, match="lacks secrets"):
        rehearsal.rehearse(contents, tmp_path / "state")
    assert list((tmp_path / "state").iterdir()) == []


def test_without_an_address_it_does_not_begin(monkeypatch):
    monkeypatch.setattr(command, "run", lambda *words, seconds: pytest.fail(str(words)))
    with pytest.raises(BackupError, match="names no node-ip"):
        rehearsal._have_address("other-node-ip: 198.51.100.11\n")


@pytest.mark.parametrize("shared", [["net"], ["mnt"], ["net", "mnt"], []])
def test_it_does_nothing_where_it_is_not_apart(shared, tmp_path):
    for process in ("self", "1"):
        (tmp_path / process / "ns").mkdir(parents=True)
        for one in ("net", "mnt"):
            (tmp_path / process / "ns" / one).symlink_to(f"{one}:[{7 if one in shared else process}]")
    if shared:
        with pytest.raises(BackupError, match="not apart from the host"):
            rehearsal._refuse_outside(tmp_path)
    else:
        rehearsal._refuse_outside(tmp_path)


WANTED = {"secrets": {"default/one": "1"}, "things.example.org": {"default/two": "2"}}


@pytest.mark.parametrize(("found", "restored"), [({"secrets": {"default/one": "1"}}, 1), ({}, 0)])
def test_what_nobody_serves_there_is_not_missed_once_it_was_waited_for(found, restored, monkeypatch, tmp_path):
    """The look that begins in time and ends late is followed by one more."""
    (tmp_path / "log").write_text("its last word\n")
    clock = iter([0.0, 179.0, 181.0, 182.0])
    monkeypatch.setattr(rehearsal.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(rehearsal.time, "sleep", lambda _seconds: None)
    api = types.SimpleNamespace(objects=lambda: (found, ["things.example.org"]))
    monkeypatch.setattr(rehearsal, "Kubernetes", lambda _seconds: api)
    process = types.SimpleNamespace(poll=lambda: None)
    if restored:
        told = rehearsal._compare(WANTED, process, tmp_path / "log")
        assert told == {"restored": restored, "unlisted": ["things.example.org"]}
    else:
        with pytest.raises(BackupError, match=r"lacks what the set held: secrets default/one.*its last word"):
            rehearsal._compare(WANTED, process, tmp_path / "log")


@pytest.mark.parametrize(
    ("answer", "ended", "kind"),
    [
        ({}, None, Damaged),
        # one that died, or never answered, may have had any reason
        ({}, 1, BackupError),
        (BackupError("the API does not answer"), None, BackupError),
    ],
)
def test_only_a_cluster_that_answers_shows_that_a_set_is_damaged(answer, ended, kind, monkeypatch, tmp_path):
    (tmp_path / "log").write_text("")
    monkeypatch.setattr(rehearsal, "ANSWER_SECONDS", -1)

    def objects():
        if isinstance(answer, Exception):
            raise answer
        return answer, []

    monkeypatch.setattr(rehearsal, "Kubernetes", lambda _seconds: types.SimpleNamespace(objects=objects))
    with pytest.raises(BackupError) as raised:
        rehearsal._compare(WANTED, types.SimpleNamespace(poll=lambda: ended), tmp_path / "log")
    assert type(raised.value) is kind


@pytest.mark.parametrize(("status", "kind"), [(rehearsal.DAMAGED, Damaged), (1, command.Failed), (-9, command.Failed)])
def test_what_ran_apart_tells_by_its_status_whether_the_set_is_damaged(status, kind, contents, tmp_path, monkeypatch):
    def run(*words, seconds):
        raise command.Failed(f"systemd-run ended with {status}: lacks secrets", status)

    monkeypatch.setattr(command, "run", run)
    with pytest.raises(kind, match="lacks secrets") as raised:
        rehearsal.rehearse(contents, tmp_path / "state")
    assert type(raised.value) is kind


@pytest.mark.parametrize(("error", "status"), [(Damaged("lacks"), rehearsal.DAMAGED), (BackupError("no k3s"), 1)])
def test_the_part_that_runs_apart_says_so(error, status, monkeypatch, capsys):
    def inside(*_):
        raise error

    monkeypatch.setattr(rehearsal, "inside", inside)
    assert program.apart(types.SimpleNamespace(directory="", place="")) == status
    assert str(error) in capsys.readouterr().err
