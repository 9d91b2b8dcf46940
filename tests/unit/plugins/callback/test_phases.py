"""What is shown of small playbooks that a real run carries out on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PLACE = Path(__file__).resolve().parents[4] / ".ansible/collections"
PLAYBOOK = """
- name: A play
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Look only
      ansible.builtin.assert: {that: true}
    - name: Leave this
      ansible.builtin.assert: {that: true}
      when: false
    - name: Say something
      ansible.builtin.debug: {msg: what is left to do}
    - name: Write a file
      ansible.builtin.copy: {dest: "{{ playbook_dir }}/file", content: "new\\n", mode: "0600"}
    - name: Keep a secret
      ansible.builtin.command: sh tell.sh
      changed_when: false
      no_log: true
      ignore_errors: true
    - name: Go on elsewhere
      ansible.builtin.include_tasks: more.yml
"""
WAITS = """
- name: A play that waits
  hosts: localhost
  connection: local
  gather_facts: false
  vars: {longest: 90}
  tasks:
    - name: Take a while
      ansible.builtin.command: sleep 1.6
      timeout: 90
      changed_when: false
    - name: Take as long as somebody has said
      ansible.builtin.wait_for: {path: /nowhere, state: absent, delay: 2, timeout: "{{ longest * 2 }}"}
    - name: Take as long as an item
      ansible.builtin.command: sleep 1.6
      timeout: "{{ item }}"
      loop: [90]
      changed_when: false
    - name: Try until it works
      ansible.builtin.command: sleep 1.6
      register: tried
      until: tried is succeeded
      retries: "{{ longest // 3 }}"
      changed_when: false
    - name: Try as often as usual
      ansible.builtin.command: sleep 1.6
      register: tried
      until: tried is succeeded
      changed_when: false
"""
MORE = """
- name: Break each
  ansible.builtin.assert: {that: item != 2, fail_msg: "found {{ item }} -> mend it"}
  loop: [1, 2]
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    (path / "site.yml").write_text(PLAYBOOK)
    (path / "more.yml").write_text(MORE)
    (path / "waits.yml").write_text(WAITS)
    (path / "tell.sh").write_text("echo hunter2; exit 1\n")
    return path


def shown(directory: Path, *arguments: str, file: str = "site.yml", status: int = 2, **environment: str) -> str:
    """Return the output of a run; that of the site fails in its last task."""
    (directory / "file").unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", *arguments, file],
        cwd=directory,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "GITLAB"))},
            "ANSIBLE_COLLECTIONS_PATH": str(PLACE),
            "ANSIBLE_STDOUT_CALLBACK": "metalstack.autonomous.phases",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def output(directory: Path) -> str:
    return shown(directory, METALSTACK_PHASES_NEWS="0")


@pytest.fixture(scope="module")
def waits(directory: Path) -> str:
    return shown(directory, file="waits.yml", status=0, METALSTACK_PHASES_NEWS="0.5")


def test_a_phase_has_one_line_with_the_time_since_the_run_began(output: str) -> None:
    headings = [line for line in output.splitlines() if line.endswith(("  site", "  more"))]
    assert [line.split()[1] for line in headings] == ["site", "more"]
    assert headings[0].startswith("0:0") and "PLAY [" not in output


def test_what_changed_nothing_and_says_nothing_is_left_out(output: str) -> None:
    assert "Look only" not in output and "Leave this" not in output and "included:" not in output
    assert "TASK [Write a file]" in output and "changed: [localhost]" in output
    assert "what is left to do" in output


def test_no_error_is_left_out(output: str) -> None:
    assert "found 2 -> mend it" in output and "TASK [Break each]" in output
    assert "TASK [Keep a secret]" in output and "...ignoring" in output and "hunter2" not in output
    assert "failed=1" in output and "ignored=1" in output


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("Take a while", " of 1:30 at most"),
        ("Take as long as somebody has said", " of 3:00 at most"),
        ("Try until it works", ", 31 attempts at most"),
        ("Try as often as usual", ", 4 attempts at most"),
        # That of an item nobody knows beforehand.
        ("Take as long as an item", ""),
    ],
)
def test_what_a_run_waits_for_is_said_with_its_bound(waits: str, task: str, said: str) -> None:
    news = [line for line in waits.splitlines() if f"still: {task} (localhost)" in line]
    assert news and re.search(rf"\(localhost\), 0:\d\d{re.escape(said)}$", news[0]), waits


def test_a_phase_is_a_section_of_a_log_of_gitlab(directory: Path) -> None:
    output = shown(directory, GITLAB_CI="true", METALSTACK_PHASES_NEWS="0")
    marks = [part.split(":") for part in output.replace("\r", "\n").splitlines() if "section_" in part]
    edges = [(edge.rpartition("_")[2], key) for edge, _time, key in marks]
    keys = ["phase_1_site", "phase_2_more"]
    assert edges == [("start", keys[0]), ("end", keys[0]), ("start", keys[1]), ("end", keys[1])]
    assert "still:" not in output


def test_all_tasks_are_shown_on_request(directory: Path) -> None:
    output = shown(directory, "-v")
    assert "TASK [Look only]" in output and "skipping: [localhost]" in output
