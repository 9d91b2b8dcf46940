"""What a job may have root run, with the real git; ansible-playbook is a script that notes what it is given."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / "roles/gitlab_runner/files/metalstack_run.py"
PLAYBOOKS = "collections/ansible_collections/metalstack/autonomous/playbooks"
# What it is given, and as many changes as the repository's file says.
ANSIBLE = """#!{python}
import json, os, sys
from pathlib import Path
note = {{"words": sys.argv[1:], "environment": dict(os.environ), "directory": os.getcwd(), "group": os.getpgid(0)}}
Path({note!r}).write_text(json.dumps(note))
print("TASK [a]", flush=True)
print("server2 : ok=9 changed=9 in a text", flush=True)
print("PLAY RECAP ****")
changed = Path("changed").read_text().strip()
print(f"\\x1b[0;33mserver1\\x1b[0m            : ok=3    \\x1b[0;33mchanged={{changed}}   \\x1b[0m unreachable=0")
sys.exit(int(Path("code").read_text()))
"""


def load() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("metalstack_run", PROGRAM)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


run = load()


@dataclass
class Host:
    place: Path

    @property
    def upstream(self) -> Path:
        return self.place / "upstream"

    @property
    def state(self) -> Path:
        return self.place / "state"

    def git(self, *arguments: str) -> str:
        identity = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        for who in ("AUTHOR", "COMMITTER"):
            identity |= {f"GIT_{who}_NAME": "a", f"GIT_{who}_EMAIL": "a@example.net"}
        command = ["git", "-C", str(self.upstream), *arguments]
        return subprocess.run(
            command, env={**os.environ, **identity}, capture_output=True, text=True, check=True
        ).stdout.strip()

    def commit(self, changed: str = "0", code: str = "0") -> str:
        """Commit a site whose playbooks make so many changes, and return the commit."""
        for name, text in (
            ("changed", changed),
            ("code", code),
            ("inventory/hosts.yml", "all:\n"),
            *((f"{PLAYBOOKS}/{name}.yml", "---\n") for name in ("bootstrap", "validate", "reset")),
        ):
            file = self.upstream / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "a")
        return self.git("rev-parse", "HEAD")

    def configure(self, **given: object) -> None:
        settings = {
            "host": "server1",
            "repository": f"file://{self.upstream}",
            "refs": ["refs/heads/main", "refs/tags/v*"],
            "playbooks": ["bootstrap", "validate", "upgrade"],
            "inventory": "inventory",
            "venv": str(self.place / "venv"),
            "state": str(self.state),
            **given,
        }
        (self.place / "run.json").write_text(json.dumps(settings))

    def run(self, *words: str) -> int:
        return run.main(words, self.place / "run.json")

    def noted(self) -> dict[str, object] | None:
        file = self.place / "note.json"
        return json.loads(file.read_text()) if file.exists() else None


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path)
    made.upstream.mkdir()
    made.git("init", "--quiet", "-b", "main")
    tool = tmp_path / "venv/bin/ansible-playbook"
    tool.parent.mkdir(parents=True)
    tool.write_text(ANSIBLE.format(python=sys.executable, note=str(tmp_path / "note.json")))
    tool.chmod(0o755)
    made.configure()
    before = os.umask(0o022)
    handlers = {one: signal.getsignal(one) for one in run.INTERRUPTED}
    yield made
    os.umask(before)
    for one, former in handlers.items():
        signal.signal(one, former)


def test_what_the_protected_branch_has_is_run_as_it_has_it(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    commit = host.commit()
    assert host.run("run", "bootstrap", commit) == 0
    noted = host.noted()
    assert noted and Path(str(noted["directory"])).parent == host.state / "checkouts"
    assert noted["words"] == ["-i", f"{noted['directory']}/inventory", "--diff", "metalstack.autonomous.bootstrap"]
    assert f"{commit} of refs/heads/main" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["plan", "drift"])
def test_a_plan_changes_nothing_and_shows_what_would(host: Host, action: str) -> None:
    host.run(action, "bootstrap", host.commit())
    noted = host.noted()
    assert noted and {"--check", "--diff"} <= set(noted["words"])


def test_nothing_of_the_job_reaches_the_playbook(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = host.commit()
    for name in ("ANSIBLE_CONFIG", "ANSIBLE_LIBRARY", "PYTHONPATH", "LD_PRELOAD_X", "GIT_DIR", "CI_JOB_TOKEN"):
        monkeypatch.setenv(name, "/tmp/of-the-job")
    host.configure(environment={"SITE": "example"})
    assert host.run("run", "bootstrap", commit) == 0
    noted = host.noted()
    assert noted and "/tmp/of-the-job" not in json.dumps(noted)
    found = dict(noted["environment"])
    assert (found["METALSTACK_RUN"], found["SITE"], found["GITLAB_CI"]) == ("server1", "example", "true")
    assert "ANSIBLE_VAULT_PASSWORD_FILE" not in found


def test_secrets_are_named_by_their_files_alone(host: Host) -> None:
    files = {name: str(host.place / name) for name in ("vault_password", "ssh_key", "escrow")}
    for file in files.values():
        Path(file).write_text("a-secret-of-root")
    host.configure(**files)
    assert host.run("run", "bootstrap", host.commit()) == 0
    noted = host.noted()
    assert noted and "a-secret-of-root" not in json.dumps(noted)
    found = dict(noted["environment"])
    assert found["ANSIBLE_VAULT_PASSWORD_FILE"] == files["vault_password"]
    assert found["ANSIBLE_PRIVATE_KEY_FILE"] == files["ssh_key"]
    assert f"@{files['escrow']}" in noted["words"]


REFUSED_CALLS = {
    "nothing": ((), 64),
    "a word too few": (("run", "bootstrap"), 64),
    "an extra variable": (("run", "bootstrap", "{commit}", "-e", "a=b"), 64),
    "an unknown action": (("shell", "bootstrap", "{commit}"), 64),
    "an option as a playbook": (("run", "--help", "{commit}"), 65),
    "a playbook of the commit that jobs may not run": (("run", "reset", "{commit}"), 65),
    "a path": (("run", "../bootstrap", "{commit}"), 65),
    "a second line": (("run", "bootstrap\n", "{commit}"), 65),
    "a command": (("run", "bootstrap;id", "{commit}"), 65),
    "a branch as the commit": (("run", "bootstrap", "main"), 64),
    "an option as the commit": (("run", "bootstrap", "--upload-pack=id"), 64),
    "a short commit": (("run", "bootstrap", "{commit:.39}"), 64),
    "a commit with a second line": (("run", "bootstrap", "{commit}\n"), 64),
    "a playbook that is allowed and that the commit lacks": (("run", "upgrade", "{commit}"), 65),
}


@pytest.mark.parametrize(("words", "code"), REFUSED_CALLS.values(), ids=REFUSED_CALLS)
def test_what_is_no_call_is_refused(
    host: Host, words: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = host.commit()
    assert host.run(*(word.format(commit=commit) for word in words)) == code
    assert host.noted() is None
    assert "Nothing was run" in capsys.readouterr().err


def test_what_was_never_merged_is_refused(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.commit()
    host.git("checkout", "--quiet", "-b", "feature")
    assert host.run("run", "bootstrap", host.commit("1")) == 65
    assert host.noted() is None and "never merged" in capsys.readouterr().err


def test_an_older_commit_of_the_branch_is_not_applied_again(host: Host) -> None:
    older = host.commit()
    assert host.run("run", "bootstrap", older) == 0
    host.commit("1")
    assert host.run("run", "bootstrap", older) == 65


def test_a_branch_that_was_rewound_counts_as_it_is_now(host: Host) -> None:
    older = host.commit()
    newer = host.commit("1")
    assert host.run("plan", "bootstrap", newer) == 0
    host.git("reset", "--quiet", "--hard", older)
    assert (host.run("plan", "bootstrap", newer), host.run("plan", "bootstrap", older)) == (65, 0)


def test_a_protected_tag_is_as_good_with_or_without_a_text(host: Host) -> None:
    first = host.commit()
    host.git("tag", "v1")
    second = host.commit("1")
    host.git("tag", "-a", "v2", "-m", "a")
    host.git("tag", "other")
    third = host.commit("2")
    host.git("tag", "other2", third)
    host.commit("3")
    codes = [host.run("plan", "bootstrap", one) for one in (first, second, third)]
    assert codes == [0, 0, 65]


def test_a_ref_that_was_taken_out_of_the_configuration_counts_no_more(host: Host) -> None:
    first = host.commit()
    host.git("tag", "v1")
    host.commit("1")
    assert host.run("plan", "bootstrap", first) == 0
    host.configure(refs=["refs/heads/main"])
    assert host.run("plan", "bootstrap", first) == 65


def test_a_repository_that_does_not_answer_is_named(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    commit = host.commit()
    host.configure(repository=f"file://{host.place}/gone")
    assert host.run("run", "bootstrap", commit) == 69
    assert "gone" in capsys.readouterr().err and host.noted() is None


@pytest.mark.parametrize(
    ("action", "changed", "code", "expected"),
    [
        ("drift", "0", "0", 0),
        ("drift", "2", "0", 3),
        ("drift", "2", "4", 4),
        ("plan", "2", "0", 0),
        ("run", "2", "0", 0),
        ("run", "2", "2", 2),
    ],
)
def test_only_a_drift_fails_by_changes(host: Host, action: str, changed: str, code: str, expected: int) -> None:
    assert host.run(action, "bootstrap", host.commit(changed, code)) == expected


def test_nothing_is_left_of_a_checkout_not_even_of_one_that_was_killed(host: Host) -> None:
    left = host.state / "checkouts/4194305"
    left.mkdir(parents=True)
    (left / "a").write_text("a")
    assert host.run("run", "bootstrap", host.commit()) == 0
    assert list((host.state / "checkouts").iterdir()) == []


def test_a_checkout_is_for_root_alone(host: Host) -> None:
    seen = []
    configuration = run.Configuration(**json.loads((host.place / "run.json").read_text()))
    commit = host.commit()
    repository = run.Repository(configuration)
    host.state.mkdir(mode=0o700)
    repository.fetch()
    with run.checkout(configuration, commit, repository) as directory:
        seen = [directory.stat().st_mode & 0o777, (directory / "inventory/hosts.yml").exists()]
    assert seen == [0o700, True]


def test_a_cancelled_job_interrupts_the_playbook(host: Host) -> None:
    tool = host.place / "venv/bin/ansible-playbook"
    tool.write_text(
        f"#!{sys.executable}\nimport os, signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: (print('interrupted', flush=True), sys.exit(99)))\n"
        "print('begun', flush=True)\nos.kill(os.getppid(), signal.SIGTERM)\nsignal.pause()\n"
    )
    commit = host.commit()
    script = f"import importlib.util as u; s = u.spec_from_file_location('r', {str(PROGRAM)!r}); import sys, pathlib;"
    script += "m = u.module_from_spec(s); sys.modules['r'] = m; s.loader.exec_module(m);"
    script += "sys.exit(m.main(sys.argv[2:], pathlib.Path(sys.argv[1])))"
    words = [sys.executable, "-c", script, str(host.place / "run.json"), "run", "bootstrap", commit]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 99 and "interrupted" in done.stdout
    assert list((host.state / "checkouts").iterdir()) == []


def test_a_configuration_that_is_none_is_named(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.configure(unknown="a")
    assert host.run("run", "bootstrap", "0" * 40) == 64
    assert "unknown" in capsys.readouterr().err
