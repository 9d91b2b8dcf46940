"""The units of the role backup: everything else on a host comes first, and hosts do not all start at once."""

from __future__ import annotations

import configparser
from pathlib import Path

import jinja2
import pytest

TEMPLATES = Path(__file__).resolve().parents[3] / "roles/backup/templates"
SERVICES = sorted(path.name for path in TEMPLATES.glob("*.service.j2"))
TIMERS = sorted(path.name for path in TEMPLATES.glob("*.timer.j2"))
GIVEN = {"backup_interval": 3600, "backup_nightly_level": 2, "__backup_program": "/usr/local/bin/metalstack-backup"}
SECONDS = {"h": 3600, "min": 60, "s": 1}


def unit(name, **changed):
    text = jinja2.Template((TEMPLATES / name).read_text(), undefined=jinja2.StrictUndefined).render(
        {**GIVEN, **changed}
    )
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string(text)
    return parser


def seconds(text):
    for suffix, factor in SECONDS.items():
        if text.endswith(suffix):
            return int(text.removesuffix(suffix)) * factor
    return int(text)


def test_there_is_a_timer_for_every_service():
    assert [name.split(".")[0] for name in SERVICES] == [name.split(".")[0] for name in TIMERS]
    assert {"backup", "copy", "rehearse", "verify"} == {name.split(".")[0] for name in SERVICES}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_ends_in_time_and_comes_after_everything_else(name):
    service = unit(name)["Service"]
    # The next but one look of the timer would find it running else, for ever.
    assert 600 <= seconds(service["TimeoutStartSec"]) <= 4 * 3600
    assert int(service["Nice"]) >= 10 and service["IOSchedulingClass"] == "idle" and int(service["CPUWeight"]) <= 20
    assert service["Type"] == "oneshot" and service["NoNewPrivileges"] == "yes"
    assert service["ExecStart"].startswith("/usr/local/bin/metalstack-backup ")


@pytest.mark.parametrize("interval", [300, 3600, 86400])
@pytest.mark.parametrize("name", TIMERS)
def test_hosts_that_boot_together_do_not_all_begin_at_once(name, interval):
    timer = unit(name, backup_interval=interval)["Timer"]
    assert seconds(timer["RandomizedDelaySec"]) >= min(interval // 20, 3600)
    assert ("OnUnitInactiveSec" in timer) != ("OnCalendar" in timer)


@pytest.mark.parametrize("interval", [300, 3600, 86400])
def test_a_backup_that_was_missed_is_made_up_for_within_the_interval(interval):
    timer = unit("backup.timer.j2", backup_interval=interval)["Timer"]
    assert 3 * (seconds(timer["OnUnitInactiveSec"]) + seconds(timer["RandomizedDelaySec"])) < interval


def test_what_was_due_while_a_host_was_off_is_made_up_for():
    assert all(unit(name)["Timer"]["Persistent"] == "yes" for name in ("verify.timer.j2", "rehearse.timer.j2"))
    assert "--level=2" in unit("verify.service.j2")["Service"]["ExecStart"]


def test_only_a_refusal_of_the_gate_keeps_a_datastore_from_starting():
    gate = unit("gate.conf.j2")["Service"]["ExecStartPre"]
    assert gate == "/bin/sh -c '/usr/local/bin/metalstack-backup gate; test $? -ne 3'"
