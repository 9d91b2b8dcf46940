"""The units of the role backup: everything else on a host comes first, and hosts do not all start at once."""

from __future__ import annotations

import configparser
import shlex
import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import backup_status
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import site

TEMPLATES = Path(__file__).resolve().parents[3] / "roles/backup/templates"
SERVICES = sorted(path.name for path in TEMPLATES.glob("*.service.j2"))
TIMERS = sorted(path.name for path in TEMPLATES.glob("*.timer.j2"))
PROGRAM = "/usr/local/bin/metalstack-backup"
GIVEN = {"backup_interval": 3600, "backup_nightly_level": 2, "backup_rehearse": True, "__backup_program": PROGRAM}
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
    assert {"backup", "copy", "databases", "rehearse", "verify"} == {name.split(".")[0] for name in SERVICES}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_ends_in_time_and_comes_after_everything_else(name):
    service = unit(name)["Service"]
    # The next but one look of the timer would find it running else, for ever.
    assert 600 <= seconds(service["TimeoutStartSec"]) <= 4 * 3600
    assert int(service["Nice"]) >= 10 and service["IOSchedulingClass"] == "idle" and int(service["CPUWeight"]) <= 20
    assert service["Type"] == "oneshot" and service["NoNewPrivileges"] == "yes"
    assert service["ExecStart"].startswith(f"{PROGRAM} ")


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


def test_unless_said_otherwise_a_set_is_there_within_the_hour_though_a_look_fails():
    """Told is what is older than that (RPO): of an interval of an hour each set would be at times."""
    interval = yaml.safe_load((TEMPLATES.parent / "defaults/main.yml").read_text())["backup_interval"]
    usual = site(site_object_storage={"endpoint": "https://s3.example.net"})
    assert usual.value("site_backup_interval") == interval
    overdue = {name: backup_status.limit(usual, name) for name in backup_status.components_of(usual)}
    assert overdue == {"k3s": 3600, "powerdns": 3600}
    timer = unit("backup.timer.j2", backup_interval=interval)["Timer"]
    look = seconds(timer["OnUnitInactiveSec"]) + seconds(timer["RandomizedDelaySec"])
    # A minute to make it, each time.
    assert interval + 2 * (look + 60) < overdue["k3s"]


def test_what_was_due_while_a_host_was_off_is_made_up_for():
    assert all(
        unit(name)["Timer"]["Persistent"] == "yes"
        for name in ("verify.timer.j2", "rehearse.timer.j2", "databases.timer.j2")
    )
    assert "--level=2" in unit("verify.service.j2")["Service"]["ExecStart"]


@pytest.mark.parametrize(("rehearses", "ends"), [(True, "--level=2 --rehearse"), (False, "--level=2")])
def test_what_nothing_can_open_is_rehearsed_at_night_unless_rehearsals_are_switched_off(rehearses, ends):
    command = unit("verify.service.j2", backup_rehearse=rehearses)["Service"]["ExecStart"]
    assert command == f"{PROGRAM} verify {ends}"


def drop_ins(tmp_path, status, *gates):
    """The drop-ins by path, with a gate that ends like that instead of the real one, and nothing to wait for."""
    program = tmp_path / "gate"
    program.write_text(f"#!/bin/sh\necho asked $*\nexit {status}\n")
    program.chmod(0o755)
    text = jinja2.Template((TEMPLATES / "gates.yml.j2").read_text(), undefined=jinja2.StrictUndefined).render(
        backup_gates=gates, __backup_gate_seconds=20, __backup_program=program
    )
    return yaml.safe_load(text.replace("sleep 10; ", "")) or {}


def started(drop_in):
    """How what comes before the start has ended, and what it has said."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(drop_in["content"])
    command = shlex.split(parser["Service"]["ExecStartPre"].removeprefix("+"))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("status", "ends"), [(0, 0), (1, 0), (2, 0), (3, 1), (124, 0)],
    ids=["it may", "the gate cannot work", "a gate of before", "a refusal", "no answer in time"],
)  # fmt: skip
def test_only_a_refusal_of_the_gate_keeps_a_datastore_from_starting(tmp_path, status, ends):
    found = drop_ins(tmp_path, status, {"unit": "k3s.service", "component": "k3s"})
    (drop_in,) = found.values()
    code, said = started(drop_in)
    assert code == ends and "asked gate --component=k3s" in said
    assert ("alarm: the gate of the backups has no answer in time" in said) is (status == 124)


def test_a_gate_that_is_not_there_keeps_nothing_from_starting(tmp_path):
    (drop_in,) = drop_ins(tmp_path, 3, {"unit": "k3s.service", "component": "k3s"}).values()
    (tmp_path / "gate").unlink()
    assert started(drop_in)[0] == 0


def test_a_unit_that_does_not_act_on_its_data_asks_nobody(tmp_path):
    acts = tmp_path / "primary.json"
    gate = {"unit": "pdns.service", "component": "powerdns", "only_with": acts}
    (drop_in,) = drop_ins(tmp_path, 3, gate).values()
    assert started(drop_in) == (0, "")
    acts.touch()
    assert started(drop_in) == (1, "asked gate --component=powerdns")


def test_nobody_is_asked_before_there_is_a_network(tmp_path):
    """An answer that could not be had would let data of the past start at every boot."""
    (drop_in,) = drop_ins(tmp_path, 0, {"unit": "postgresql.service", "component": "files"}).values()
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(drop_in["content"])
    assert "network-online.target" in parser["Unit"]["Wants"].split()
    assert {"network-online.target", "time-sync.target"} <= set(parser["Unit"]["After"].split())


def test_drop_ins_are_found_again_by_what_removes_them(tmp_path):
    gates = [{"unit": f"{name}.service", "component": "k3s"} for name in ("k3s", "pdns", "pdns-primary")]
    paths = [Path(path) for path in drop_ins(tmp_path, 0, *gates)]
    assert [path.parent.name for path in paths] == [f"{gate['unit']}.d" for gate in gates]
    look = yaml.safe_load((TEMPLATES.parent / "tasks/absent.yml").read_text())[0]["ansible.builtin.find"]
    assert look["recurse"] and {path.name for path in paths} <= set(look["patterns"])
    assert all(path.is_relative_to(look["paths"]) for path in paths)
    assert drop_ins(tmp_path, 0) == {}


def test_the_set_of_what_is_replaced_is_known_by_its_name():
    tasks = yaml.safe_load((TEMPLATES.parent / "tasks/restore.yml").read_text())
    (made,) = [one for one in tasks if one["name"] == "Back up what is replaced"]
    assert made["metalstack.autonomous.backup_set"]["set"].endswith(keys.BEFORE_RESTORE)
