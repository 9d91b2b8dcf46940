from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Damaged, Missing
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.files import Files
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record

RECORD = Record("L1", 1)


@pytest.fixture
def host(tmp_path):
    """Two paths of a component on this host, and a directory with what a set holds of them."""
    live, held = tmp_path / "live", tmp_path / "set"
    for root, word in ((live, "now"), (held / live.relative_to("/"), "before")):
        (root / "data").mkdir(parents=True)
        (root / "data/row").write_text(word)
        (root / "settings").write_text(word)
    return live, held


def component(live, **settings):
    return Files({"name": "accounts", "paths": [f"{live}/data/", str(live / "settings")], **settings}, live)


def words(live):
    return (live / "data/row").read_text(), (live / "settings").read_text()


def test_a_restore_keeps_what_was_there_until_it_is_settled(host):
    live, held = host
    accounts = component(live)
    for _again in range(2):  # as after an interruption
        accounts.restore(held, {}, RECORD)
    assert words(live) == ("before", "before")
    assert (live / "data.replaced/row").read_text() == (live / "settings.replaced").read_text() == "now"
    accounts.settle()
    assert sorted(path.name for path in live.iterdir()) == ["data", "settings"]


def test_a_set_that_lacks_a_path_replaces_none(host):
    live, held = host
    (held / live.relative_to("/") / "settings").unlink()
    with pytest.raises(BackupError):
        component(live).restore(held, {}, RECORD)
    assert words(live) == ("now", "now")


def test_a_restore_that_was_cut_off_between_two_renames_goes_on(host):
    live, held = host
    (live / "data").rename(live / "data.replaced")
    accounts = component(live)
    accounts.restore(held, {}, RECORD)
    assert words(live) == ("before", "before")
    assert (live / "data.replaced/row").read_text() == "now"


@pytest.mark.parametrize(("judge", "kind"), [("true", None), ("false", Missing), ("/nowhere/to-be-found", BackupError)])
def test_what_was_restored_is_judged_by_the_command(host, judge, kind):
    live, _held = host
    accounts = component(live, post_check=[judge])
    if kind:
        with pytest.raises(BackupError) as raised:
            accounts.confirm(live, {}, RECORD)
        assert type(raised.value) is kind
    else:
        assert accounts.confirm(live, {}, RECORD) == {}


def collected(accounts, stage):
    stage.mkdir()
    return accounts.collect(stage, RECORD, "20261127T060000Z")


def test_what_the_command_before_has_made_is_part_of_the_backup(host, tmp_path):
    live, stage = host[0], tmp_path / "stage"
    dump = ["sh", "-c", f"cp {live}/settings $BACKUP_STAGE/dump && echo later > {live}/data/row"]
    paths, facts = collected(component(live, pre_command=dump), stage)
    assert (stage / "dump").read_text() == "now"
    # It comes first: what it changes is backed up as it is then.
    assert [str(live / "data"), str(live / "settings")] == paths and (live / "data/row").read_text() == "later\n"
    # restic tells how many there are.
    assert facts == {"counts": {"files": 0}}


def test_a_command_before_that_fails_makes_no_backup(host, tmp_path):
    with pytest.raises(BackupError, match="no dump today"):
        collected(component(host[0], pre_command=["sh", "-c", "echo no dump today >&2; exit 1"]), tmp_path / "stage")


def test_a_path_that_the_command_before_was_to_make_is_looked_for_after_it(host, tmp_path):
    live = host[0]
    accounts = Files({"name": "accounts", "paths": [f"{live}/dump"], "pre_command": ["touch", f"{live}/dump"]}, live)
    assert collected(accounts, tmp_path / "stage")[0] == [f"{live}/dump"]
    with pytest.raises(BackupError, match="correct the paths of accounts"):
        collected(Files({"name": "accounts", "paths": [f"{live}/nothing"]}, live), tmp_path / "other")


def test_a_path_that_is_a_link_is_neither_backed_up_nor_replaced(host, tmp_path):
    """Of it nothing but the link would be in the set, and all checks would find that whole."""
    live, _held = host
    for name in ("data", "settings"):
        (live / f"{name}-link").symlink_to(live / name)
        linked = Files({"name": "accounts", "paths": [str(live / f"{name}-link")]}, live)
        with pytest.raises(BackupError, match=f"{name}-link .to {live}/{name}. is a symbolic link"):
            collected(linked, tmp_path / f"stage-{name}")
        with pytest.raises(BackupError, match="is a symbolic link"):
            linked.fits({}, RECORD)
    component(live).fits({}, RECORD)


def test_a_path_that_no_restore_could_replace_is_not_backed_up(tmp_path):
    with pytest.raises(BackupError, match="/proc is a mount point"):
        collected(Files({"name": "accounts", "paths": ["/proc"]}, tmp_path), tmp_path / "stage")


def test_a_backup_that_lacks_what_the_command_before_has_made_is_found(host, tmp_path):
    live, stage = host[0], tmp_path / "stage"
    accounts = component(live, pre_command=["sh", "-c", "touch $BACKUP_STAGE/dump"])
    collected(accounts, stage)
    facts, back = {"counts": {"files": 3}}, tmp_path / "back"
    for path in (live / "data/row", live / "settings"):
        target = back / path.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("now")
    (back / "link").symlink_to(back / "settings")
    with pytest.raises(BackupError, match="2 files came back, the manifest counts 3"):
        accounts.check(back, facts, 2)
    (back / "dump").touch()
    assert accounts.check(back, facts, 2) == {"files": 3}


COUNT = 'echo "$1" > $BACKUP_STAGE/counts.json'


def test_what_the_command_before_has_counted_is_compared_and_kept(host, tmp_path):
    live, stage = host[0], tmp_path / "stage"
    accounts = component(live, pre_command=["sh", "-c", COUNT, "x", '{"machines": 12, "ips": 0}'])
    _, facts = collected(accounts, stage)
    assert facts["counts"] == {"machines": 12, "ips": 0, "files": 0}


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[1]", '{"machines": -1}', '{"machines": 1.5}', '{"machines": true}', '{"machines": "7"}',
     '{"files": 1}', '{"bytes": 1}', '{"Ma chines": 1}', '{"": 1}'],
)  # fmt: skip
def test_counts_that_are_none_are_refused(host, tmp_path, text):
    accounts = component(host[0], pre_command=["sh", "-c", COUNT, "x", text])
    with pytest.raises(BackupError, match=r"counts.json, which the pre_command has left, is .*expected whole numbers"):
        collected(accounts, tmp_path / "stage")


@pytest.mark.parametrize(("judge", "damaged"), [("exit 1", True), ("exit 127", False), ("kill -9 $$", False)])
def test_only_a_judgement_of_the_command_is_one_of_damage(host, judge, damaged):
    live, held = host
    facts = {"counts": {"files": 2}}
    with pytest.raises(BackupError) as raised:
        component(live, post_check=["sh", "-c", judge]).check(held, facts, 2)
    assert isinstance(raised.value, Damaged) is damaged
    with pytest.raises(BackupError) as raised:
        component(live, post_check=["/nowhere/to-be-found"]).check(held, facts, 2)
    assert not isinstance(raised.value, Damaged)
    with pytest.raises(Damaged, match="2 files came back"):
        component(live).check(held, {"counts": {"files": 3}}, 2)
