"""k3s as a component: what is in a set of it, what is put aside, and what is compared after a restore."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import k3s, manifest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Missing
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record

RECORD = Record("L1", 2)
TOKEN = "0123456789abcdef0123456789abcdef"
VERSION = "v1.35.4+k3s1"
OBJECTS = {"secrets": {"default/kept": "u1"}, "configmaps": {}}
TAKEN, BEGUN = 1000.0, 9000.0


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server of k3s as its files are: everything that a restore needs, and a lot that it does not."""
    root, config = tmp_path / "server", tmp_path / "etc"
    for name in (
        "token", "agent-token", "cred/encryption-config.json", "tls/server-ca.crt", "tls/server-ca.key",
        "tls/client-ca.crt", "tls/client-ca.key", "tls/service.key", "tls/service.current.key", "tls/etcd/peer-ca.key",
        "tls/serving-kube-apiserver.crt", "db/etcd/member/snap/db", "db/snapshots/of-somebody-else",
    ):  # fmt: skip
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the {name} of before")
    (config / "config.yaml.d").mkdir(parents=True)
    (config / "config.yaml.d/10-cluster.yaml").write_text("cluster-cidr: 10.42.0.0/16\n")
    (config / "token").write_text(f"{TOKEN}\n")
    monkeypatch.setattr(k3s, "SERVER", root)
    monkeypatch.setattr(k3s, "SNAPSHOTS", root / "db/snapshots")
    monkeypatch.setattr(k3s, "REPLACED", root / "replaced")
    monkeypatch.setattr(k3s.layout, "CONFIG_DIR", str(config))
    monkeypatch.setattr(k3s.layout, "TOKEN_FILE", str(config / "token"))
    monkeypatch.setattr(k3s.host, "installed_version", lambda: VERSION)
    return root


class Api:
    """What the cluster on this host answers."""

    answers: ClassVar = {"lineage": "L1", "objects": (OBJECTS, ["flaky.example.org"]), "created": {"u1": 500.0}}

    def __init__(self, *_seconds):
        self.created = self.answers["created"]

    def lineage(self):
        return self.answers["lineage"]

    def revision(self):
        return next(self.answers["revisions"])

    def acting(self):
        return next(self.answers["acting"])

    def objects(self):
        return self.answers["objects"]


@pytest.fixture
def component(server, tmp_path, monkeypatch):
    monkeypatch.setattr(k3s, "Kubernetes", Api)
    monkeypatch.setattr(k3s, "CONFIRM_SECONDS", -1)
    return k3s.K3s({}, tmp_path / "state")


def answers(monkeypatch, **changes):
    monkeypatch.setattr(Api, "answers", {**Api.answers, **changes})


@pytest.fixture
def collected(component, tmp_path, monkeypatch):
    acting = iter([["CronJob/default/report"], ["CronJob/default/report", "CronJob/default/just-made"]])
    answers(monkeypatch, revisions=iter([1000, 1004]), acting=acting)
    monkeypatch.setattr(component, "_snapshot", lambda target, _name: target.write_text("a snapshot"))
    stage = tmp_path / "stage"
    stage.mkdir()
    paths, facts = component.collect(stage, RECORD, "20261127T060000Z")
    assert paths == []
    return stage, facts


def test_a_set_has_what_a_restore_on_new_hosts_needs(collected):
    stage, facts = collected
    there = {str(path.relative_to(stage)) for path in stage.rglob("*") if path.is_file()}
    assert there == {
        "etcd.db", "objects.json", "config/token", "config/config.yaml.d/10-cluster.yaml",
        "server/token", "server/agent-token", "server/cred/encryption-config.json", "server/tls/server-ca.crt",
        "server/tls/server-ca.key", "server/tls/client-ca.crt", "server/tls/client-ca.key", "server/tls/service.key",
        "server/tls/service.current.key", "server/tls/etcd/peer-ca.key",
    }  # fmt: skip
    assert (stage / "server/token").read_text() == "the token of before"
    assert facts["token"] == manifest.fingerprint(TOKEN, "L1") and TOKEN not in json.dumps(facts)
    assert (facts["version"], facts["encrypts"], facts["counts"]) == (VERSION, True, {"secrets": 1})
    assert facts["unlisted"] == ["flaky.example.org"] and facts["at"] > 1.7e9
    assert facts["revisions"] == [1000, 1004]
    assert facts["acting"] == ["CronJob/default/just-made", "CronJob/default/report"]


def test_what_could_not_be_listed_before_or_after_the_snapshot_is_told(component, tmp_path, monkeypatch):
    listed = iter([({}, ["widgets.example.org"]), (OBJECTS, ["flaky.example.org"])])
    monkeypatch.setattr(Api, "objects", lambda _: next(listed))
    answers(monkeypatch, revisions=iter([1000, 1004]), acting=iter([[], []]))
    monkeypatch.setattr(component, "_snapshot", lambda target, _name: target.write_text("a snapshot"))
    (tmp_path / "stage").mkdir()
    _paths, facts = component.collect(tmp_path / "stage", RECORD, "20261127T060000Z")
    assert facts["unlisted"] == ["flaky.example.org", "widgets.example.org"]


def test_a_cluster_that_was_founded_anew_is_not_backed_up_as_the_old_one(component, tmp_path, monkeypatch):
    answers(monkeypatch, lineage="L2")
    with pytest.raises(BackupError, match="the cluster on this host is L2, backups of this host are of L1"):
        component.collect(tmp_path, RECORD, "20261127T060000Z")
    assert not (tmp_path / "etcd.db").exists()


@pytest.mark.parametrize(
    ("version", "token", "words"),
    [
        ("v1.35.4+k3s1", TOKEN, ""),
        ("v1.35.1+k3s1", TOKEN, ""),
        ("v1.36.0+k3s1", TOKEN, ""),
        ("v1.34.9+k3s1", TOKEN, "is of k3s v1.35.4.k3s1, this site has v1.34.9.k3s1"),
        ("", TOKEN, "this site has none"),
        ("v1.35.4+k3s1", "another", "is not the one that the set was made with"),
    ],
    ids=["the same", "an older patch", "newer", "older", "none", "another token"],
)
def test_a_set_fits_the_token_and_no_older_release(component, server, monkeypatch, version, token, words):
    facts = {"token": manifest.fingerprint(TOKEN, "L1"), "version": VERSION}
    monkeypatch.setattr(k3s.host, "installed_version", lambda: version)
    (server.parent / "etc/token").write_text(f"{token}\n")
    if words:
        with pytest.raises(BackupError, match=words):
            component.fits(facts, RECORD)
    else:
        component.fits(facts, RECORD)


def left(server):
    below = [path.relative_to(server) for path in server.rglob("*") if path.is_file()]
    return {str(path) for path in below if path.parts[0] != "replaced"}


def test_what_is_replaced_is_kept_until_the_restore_is_confirmed(component, server):
    component._put_aside()
    assert left(server) == {"token", "agent-token", "db/snapshots/of-somebody-else"}
    database = server / "replaced/db/etcd/member/snap/db"
    assert database.read_text() == "the db/etcd/member/snap/db of before"
    assert (server / "replaced/tls/server-ca.key").exists() and (server / "replaced/cred").is_dir()
    # As an interrupted restore leaves it: that is no data, and never takes the place of what was before.
    (server / "db/etcd/member/snap").mkdir(parents=True)
    (server / "db/etcd/member/snap/db").write_text("half a restore")
    component._put_aside()
    assert database.read_text() == "the db/etcd/member/snap/db of before"
    assert not (server / "db/etcd").exists()
    component.settle()
    assert not (server / "replaced").exists()


def test_k3s_that_runs_is_not_replaced(component, server, monkeypatch):
    monkeypatch.setattr(k3s.host, "unit", lambda: {"state": "active"})
    with pytest.raises(BackupError, match="k3s runs on this host"):
        component.restore(server, {}, RECORD)
    assert (server / "db/etcd/member/snap/db").exists()


@pytest.mark.parametrize(
    ("facts", "quiet"),
    [({"acting": ["CronJob/default/report"]}, True), ({"acting": []}, False), ({}, True)],
    ids=["something acts", "nothing does", "an older set tells of nothing"],
)
@pytest.mark.parametrize("cut", [False, True], ids=["", "after one of another set that was cut off"])
def test_nothing_starts_on_restored_data_but_the_api_until_it_is_held(
    component, server, tmp_path, monkeypatch, facts, quiet, cut
):
    file = server.parent / "etc/config.yaml.d/95-quiet.yaml"
    if cut:
        file.write_text("disable-agent: true\n")

    def restore(*_arguments):
        # Whoever starts k3s from here on finds data.
        assert file.exists() is quiet
        (server / "db/etcd/member/wal").mkdir(parents=True)
        return "reset"

    monkeypatch.setattr(k3s.layout, "QUIET_FILE", str(file))
    monkeypatch.setattr(k3s.layout, "ETCD_DIR", str(server / "db/etcd"))
    monkeypatch.setattr(k3s.membership, "CONFIG", file.parent)
    monkeypatch.setattr(k3s.host, "unit", lambda: {"state": "inactive"})
    monkeypatch.setattr(k3s.etcd_snapshot, "restore", restore)
    component.restore(tmp_path, facts, RECORD)
    assert file.exists() is quiet
    if quiet:
        said = json.loads(file.read_text())
        assert [said[f"disable-{part}"] for part in ("agent", "controller-manager", "scheduler")] == [True] * 3
        assert said["bind-address"] == "127.0.0.1"
    assert "disable-agent" not in (tmp_path / "state/reset/config.yaml").read_text()


@pytest.fixture
def restored(tmp_path, monkeypatch):
    directory = tmp_path / "restore"
    (directory / "config").mkdir(parents=True)
    (directory / "objects.json").write_text(json.dumps(OBJECTS))
    monkeypatch.setattr(k3s.kubeconfig, "compare", lambda file, _now: f"asked with {file.relative_to(directory)}")
    return directory, {"encrypts": True, "at": TAKEN}


def test_what_runs_is_what_the_set_held(component, restored):
    directory, facts = restored
    assert component.confirm(directory, facts, RECORD, BEGUN) == {
        "objects": 1, "unlisted": ["flaky.example.org"], "encrypted": True, "kubeconfig": "asked with config/k3s.yaml",
    }  # fmt: skip


HELD = {"widgets.example.org": {"a/one": "u7"}, "gadgets.flaky.example.org": {"a/two": "u8"}}


@pytest.fixture
def with_held(restored, monkeypatch):
    """Return a set with what only pods serve or convert that are held."""
    (restored[0] / "objects.json").write_text(json.dumps({**OBJECTS, **HELD}))
    answers(monkeypatch, objects=(OBJECTS, ["widgets.example.org", "flaky.example.org"]))
    return restored


def test_what_nobody_can_list_while_it_is_held_is_not_compared_and_named(component, with_held):
    report = component.confirm(*with_held, RECORD, BEGUN)
    assert (report["objects"], report["unlisted"]) == (1, ["widgets.example.org", "flaky.example.org"])


def test_what_can_be_listed_has_to_be_there_whatever_else_is_held(component, with_held, monkeypatch):
    answers(monkeypatch, objects=(OBJECTS, ["flaky.example.org"]))
    with pytest.raises(BackupError, match=r"lacks what the set held: widgets.example.org a/one$"):
        component.confirm(*with_held, RECORD, BEGUN)


def test_what_cannot_be_listed_is_waited_for_first(component, with_held, monkeypatch):
    monkeypatch.setattr(k3s, "CONFIRM_SECONDS", 60)
    monkeypatch.setattr(k3s.time, "sleep", lambda _: answers(monkeypatch, objects=({**OBJECTS, **HELD}, [])))
    report = component.confirm(*with_held, RECORD, BEGUN)
    assert (report["objects"], report["unlisted"]) == (3, [])


def test_nothing_is_confirmed_before_what_acts_is_held(component, restored, tmp_path, monkeypatch):
    file = tmp_path / "95-quiet.yaml"
    file.touch()
    monkeypatch.setattr(k3s.layout, "QUIET_FILE", str(file))
    with pytest.raises(BackupError, match="nothing is held yet -> run bootstrap"):
        component.confirm(*restored, RECORD, BEGUN)


def test_a_set_from_before_a_moment_was_kept_is_compared_as_far_as_it_can_be(component, restored, monkeypatch):
    directory, facts = restored
    answers(
        monkeypatch, objects=({"secrets": {"default/kept": "u1", "default/later": "u2"}}, []), created={"u2": 5000.0}
    )
    del facts["at"]
    assert component.confirm(directory, facts, RECORD, BEGUN)["objects"] == 1


@pytest.mark.parametrize(
    ("found", "created", "words"),
    [
        ({}, {}, "lacks what the set held: secrets default/kept"),
        ({"default/kept": "another"}, {}, "lacks what the set held: secrets default/kept"),
        (
            {"default/kept": "u1", "default/later": "u2"},
            {"u2": 5000.0},
            "has secrets default/later, made after the set",
        ),
        ({"default/kept": "u1", "default/since": "u2"}, {"u2": BEGUN}, ""),
        ({"default/kept": "u1", "default/before": "u2"}, {"u2": TAKEN}, ""),
        ({"default/kept": "u1"}, {"u1": 5000.0}, ""),
    ],
    ids=["gone", "made anew", "of other data", "made since", "made while it was taken", "of a clock that was wrong"],
)
def test_what_else_runs_is_not_confirmed(component, restored, monkeypatch, found, created, words):
    directory, facts = restored
    answers(monkeypatch, objects=({"secrets": found}, []), created=created)
    if words:
        with pytest.raises(BackupError, match=words):
            component.confirm(directory, facts, RECORD, BEGUN)
    else:
        assert component.confirm(directory, facts, RECORD, BEGUN)["objects"] == 1


@pytest.mark.parametrize(("found", "told"), [({}, []), ({"default/kept": "u1"}, ["spread"])])
def test_agents_are_let_in_by_what_was_restored_whatever_it_lacks(component, restored, monkeypatch, found, told):
    """Else no server would start a second time on what somebody has accepted; another cluster is left alone."""
    directory, facts = restored
    (directory / "server").mkdir()
    (directory / "server/agent-token").write_text("the-token-of-then")
    spread = []
    monkeypatch.setattr(k3s.agent_token, "spread", lambda: spread.append("spread"))
    wanted = {"secrets": {"default/kept": "u1", "default/lost": "u2"}}
    (directory / "objects.json").write_text(json.dumps(wanted))
    answers(monkeypatch, lineage="L1" if told else "L2", objects=({"secrets": found}, []))
    with pytest.raises(BackupError) as raised:
        component.confirm(directory, facts, RECORD, BEGUN)
    assert (isinstance(raised.value, Missing), spread) == (bool(told), told)


def test_what_is_missing_is_told_only_where_nothing_worse_is(component, restored, server, monkeypatch):
    directory, facts = restored
    answers(monkeypatch, objects=({}, []))
    with pytest.raises(Missing, match="lacks what the set held"):
        component.confirm(directory, facts, RECORD, BEGUN)
    (server / "cred/encryption-config.json").unlink()
    with pytest.raises(BackupError, match="were encrypted at rest") as raised:
        component.confirm(directory, facts, RECORD, BEGUN)
    assert not isinstance(raised.value, Missing)


def test_another_cluster_is_not_confirmed(component, restored, monkeypatch):
    answers(monkeypatch, lineage="L2")
    with pytest.raises(BackupError, match="the cluster that runs is L2, restored was L1"):
        component.confirm(*restored, RECORD, BEGUN)


def test_secrets_that_lie_in_plain_text_are_not_confirmed(component, restored, server):
    (server / "cred/encryption-config.json").unlink()
    with pytest.raises(BackupError, match="were encrypted at rest when the set was made"):
        component.confirm(*restored, RECORD, BEGUN)
    directory, facts = restored
    assert component.confirm(directory, {**facts, "encrypts": False}, RECORD, BEGUN)["encrypted"] is False


def test_a_kubeconfig_that_is_not_trusted_any_more_is_not_confirmed(component, restored, monkeypatch):
    def refuse(*_):
        raise BackupError("good for nothing any more")

    monkeypatch.setattr(k3s.kubeconfig, "compare", refuse)
    with pytest.raises(BackupError, match="good for nothing any more"):
        component.confirm(*restored, RECORD, BEGUN)


@pytest.mark.parametrize(("file", "words"), [("", "there is none in"), ("-server1-1.zip", "it is not whole")])
def test_a_snapshot_that_k3s_keeps_otherwise_is_none(component, server, tmp_path, monkeypatch, file, words):
    def run(_binary, _command, verb, *_more, **_options):
        if verb == "save" and file:
            (server / f"db/snapshots/backup-x{file}").write_text("compressed")

    monkeypatch.setattr(k3s.command, "run", run)
    with pytest.raises(BackupError, match=f"{words}.* -> take etcd-snapshot-dir and etcd-snapshot-compress out"):
        component._snapshot(tmp_path / "etcd.db", "x")
