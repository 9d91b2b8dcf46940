from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
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


@pytest.mark.parametrize(("judge", "refused"), [("true", False), ("false", True)])
def test_what_was_restored_is_judged_by_the_command(host, judge, refused):
    live, _held = host
    accounts = component(live, post_check=[judge])
    if refused:
        with pytest.raises(BackupError):
            accounts.confirm(live, {}, RECORD)
    else:
        assert accounts.confirm(live, {}, RECORD) == {}
