"""What the role gitlab_runner refuses before it has asked or changed anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
GOOD: dict[str, Any] = {
    "gitlab_runner_site": "example",
    "gitlab_runner_url": "https://gitlab.example.net",
    "gitlab_runner_token": "glrt-0123456789abcdefghij",
    "gitlab_runner_repository": "https://gitlab.example.net/group/site.git",
}
WELL: list[dict[str, Any]] = [
    {},
    {"gitlab_runner_refs": ["refs/heads/release/1.0", "refs/tags/v*"]},
    {"gitlab_runner_repository_user": "site", "gitlab_runner_repository_token": "gldt-of-the-repository"},
    {"gitlab_runner_url": "https://example.net:8443/gitlab"},
]
REFUSED: list[dict[str, Any]] = [
    {"gitlab_runner_url": "http://gitlab.example.net"},
    {"gitlab_runner_url": "https://user:word@gitlab.example.net"},
    {"gitlab_runner_token": "GR1348941-of-former-times"},
    {"gitlab_runner_refs": []},
    {"gitlab_runner_refs": ["main"]},
    {"gitlab_runner_refs": ["refs/heads/*"]},
    {"gitlab_runner_playbooks": ["../reset"]},
    {"gitlab_runner_inventory": "../inventory"},
    {"gitlab_runner_requirements": ["ansible-core"]},
    {"gitlab_runner_repository": "https://user:word@gitlab.example.net/site.git"},
    {"gitlab_runner_repository_token": "alone"},
]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of each, by what is given."""
    directory = tmp_path_factory.mktemp("judged")
    role = {"name": "metalstack.autonomous.gitlab_runner", "tasks_from": "validate"}
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable, **GOOD, **given},
            "tasks": [
                {
                    "block": [{"ansible.builtin.include_role": role}],
                    "rescue": [
                        {
                            "ansible.builtin.copy": {
                                "content": "{{ ansible_failed_result.msg }}",
                                "dest": str(directory / str(number)),
                                "mode": "0600",
                            }
                        }
                    ],
                }
            ],
        }
        for number, given in enumerate([*WELL, *REFUSED])
    ]
    (directory / "play.yml").write_text(yaml.safe_dump(plays))
    tool = str(Path(sys.executable).parent / "ansible-playbook")
    done = subprocess.run(
        [tool, "-i", "localhost,", "-c", "local", str(directory / "play.yml")],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    files = [directory / str(number) for number in range(len(plays))]
    said = [file.read_text() if file.exists() else "" for file in files]
    return dict(zip(map(json.dumps, [*WELL, *REFUSED]), said, strict=True))


@pytest.mark.parametrize("given", WELL, ids=json.dumps)
def test_a_runner_as_it_should_be_is_taken(judged: dict[str, str], given: dict[str, Any]) -> None:
    assert judged[json.dumps(given)] == ""


@pytest.mark.parametrize("given", REFUSED, ids=json.dumps)
def test_what_no_job_could_run_with_is_refused(judged: dict[str, str], given: dict[str, Any]) -> None:
    said = judged[json.dumps(given)]
    assert "Expected are a site of" in said and GOOD["gitlab_runner_token"] not in said
