from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.plugins.loader import callback_loader
from ansible_collections.metalstack.autonomous.plugins.callback.run_report import CallbackModule, Phase, table


def test_table_adds_up_the_phases_in_their_order() -> None:
    late, early = Phase(), Phase()
    early.seconds, early.tasks, early.changed = 1.25, 2, 1
    late.seconds, late.tasks = 10.0, 3
    rows = table({"validate": early, "k3s_cluster/run": late})
    assert [row.split()[0] for row in rows] == ["phase", "validate", "k3s_cluster/run", "total"]
    assert rows[-1].split()[1:] == ["11.2", "5", "1"]


def task(path: str, name: str) -> SimpleNamespace:
    return SimpleNamespace(get_path=lambda: path, name=name, action="command")


def callback_with(**options: str) -> CallbackModule:
    """Return the callback as Ansible loads it, with its options set."""
    callback = callback_loader.get("metalstack.autonomous.run_report")
    callback.set_options(direct=options)
    return callback


def test_journal_says_what_was_under_way_when_a_run_was_killed(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    callback = callback_with(journal=str(journal))
    callback.v2_playbook_on_task_start(task("/c/roles/k3s_cluster/tasks/install.yml:1", "Install"), False)
    callback.v2_playbook_on_task_start(task("/c/roles/k3s_cluster/tasks/run.yml:1", "Start"), False)
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(record["phase"], record["task"]) for record in records] == [
        ("k3s_cluster/install", "Install"),
        ("k3s_cluster/run", "Start"),
    ]
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_a_changed_result_counts_for_the_phase_under_way() -> None:
    callback = callback_with()
    callback.v2_playbook_on_task_start(task("/c/playbooks/bootstrap.yml:1", "One"), False)
    for changed in (True, False, True):
        callback.v2_runner_on_ok(SimpleNamespace(_result={"changed": changed}))
    assert callback.phases["bootstrap"].changed == 2


def ended(**custom: object) -> SimpleNamespace:
    """Return what Ansible counts at the end of a run on one host."""
    counts = {"ok": 2, "changed": 1, "failures": 0}
    return SimpleNamespace(
        failures={}, dark={}, processed={"server1": 1}, summarize=lambda _host: counts, custom={"_run": custom}
    )


def test_report_says_how_long_each_phase_took_and_what_the_run_told(tmp_path: Path) -> None:
    reports = tmp_path / "of" / "runs"
    callback = callback_with(reports=str(reports))
    callback.v2_playbook_on_start(SimpleNamespace(_file_name="/c/playbooks/restore.yml"))
    callback.v2_playbook_on_task_start(task("/c/playbooks/restore.yml:1", "One"), False)
    callback.v2_playbook_on_stats(ended(restored={"set": "20261127T060000Z"}))
    [file] = reports.iterdir()
    report = json.loads(file.read_text())
    assert file.name.endswith("-restore.json") and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (report["playbook"], report["ok"], report["check"]) == ("restore", True, False)
    assert [(one["phase"], one["tasks"]) for one in report["phases"]] == [("restore", 1)]
    assert report["hosts"] == {"server1": {"ok": 2, "changed": 1, "failures": 0}}
    assert report["facts"] == {"restored": {"set": "20261127T060000Z"}}


def test_no_report_is_left_where_none_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    callback = callback_with()
    callback.v2_playbook_on_start(SimpleNamespace(_file_name="/c/playbooks/restore.yml"))
    callback.v2_playbook_on_stats(ended())
    assert not list(tmp_path.iterdir())
