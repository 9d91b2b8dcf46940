"""What a diff shows of the files that units read."""

from __future__ import annotations

import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._systemd.manager import File, SystemdUnits

SECRET = "X-API-Key 130b7dc81bfe629d6837"


@pytest.fixture
def systemd(tmp_path):
    module = types.SimpleNamespace(check_mode=False, run_command=lambda command: (0, "", ""))
    return lambda **files: SystemdUnits(
        module, tmp_path, {}, {str(tmp_path / name): file for name, file in files.items()}
    )


@pytest.mark.parametrize(
    ("mode", "wanted", "shown"),
    [
        (0o600, File(None, 0), False),
        (0o640, File(None, 0), False),
        (0o644, File(None, 0), True),
        (0o644, File("new\n", 0o644), True),
        (0o600, File("new\n", 0o600, secret=True), False),
        (0o644, File(None, 0, secret=True), False),
    ],
)
def test_what_others_may_not_read_is_in_no_diff(systemd, tmp_path, mode, wanted, shown):
    file = tmp_path / "haproxy.cfg"
    file.write_text(SECRET)
    file.chmod(mode)
    result = systemd(**{"haproxy.cfg": wanted}).converge(restart_stale=False)
    assert result["changed"]
    assert (SECRET in str(result["diff"])) is shown
    assert file.exists() is (wanted.content is not None)


def test_units_that_go_are_told_and_those_of_a_package_stay(tmp_path):
    (tmp_path / "ours.service").write_text("[Service]\n")
    shown = "\n\n".join(
        f"Id={name}.service\nFragmentPath={where}/{name}.service\nActiveState=active"
        for name, where in (("ours", tmp_path), ("theirs", "/usr/lib/systemd/system"))
    )
    asked = []

    def run(command):
        asked.append(command[1:])
        return 0, shown, ""

    module = types.SimpleNamespace(check_mode=False, run_command=run)
    gone = {f"{name}.service": {"state": "absent"} for name in ("ours", "theirs")}
    result = SystemdUnits(module, tmp_path, gone, {}).converge(restart_stale=False)
    assert result["removed"] == ["ours.service"] and result["changed"]
    assert ["stop", "ours.service"] in asked and not any("theirs.service" in one for one in asked[1:])
    assert not (tmp_path / "ours.service").exists()


def test_what_is_or_would_be_written_is_told_and_a_mode_alone_is_none_of_it(systemd, tmp_path):
    for name in ("same", "mode", "other", "gone"):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "mode").chmod(0o644)
    wanted = {
        **{name: File(name, 0o600) for name in ("same", "mode", "new")},
        "other": File("another", 0o600),
        "gone": File(None, 0),
        "missing": File(None, 0),
    }
    units = systemd(**wanted)
    units.module.check_mode = True
    told = [str(tmp_path / name) for name in ("new", "other", "gone")]
    assert units.converge(restart_stale=False)["written"] == told
    units.module.check_mode = False
    assert systemd(**wanted).converge(restart_stale=False)["written"] == told
    assert systemd(**wanted).converge(restart_stale=False)["written"] == []
