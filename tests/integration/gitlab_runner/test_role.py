"""The role on a host of its own, and jobs that the real gitlab-runner fetches from a GitLab and runs there."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gitlab import system_id
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._gitlab.gitlab_stand_in import GitLab
from job_host import SECRETS, Ended, Host, ended, job

WRAPPER = "/usr/local/sbin/metalstack-run"
MADE = "/etc/metalstack-runner /etc/sudoers.d/metalstack-runner /usr/local/bin/gitlab-runner /opt/metalstack-runner"
MADE += f" /etc/systemd/system/metalstack-runner.service /var/lib/metalstack-runner {WRAPPER}"
OWN = system_id.of_host("example", "runner")


class Run(t.NamedTuple):
    changes: int
    said: str


def there(host: Host) -> list[str]:
    return host.on(f"ls -d {MADE} 2>/dev/null || true").stdout.split()


@pytest.fixture(scope="module")
def foreseen(bare: Host) -> Run:
    """What a run would do on a host that has nothing yet."""
    run = Run(*bare.play(check=True))
    assert there(bare) == []
    return run


@pytest.fixture(scope="module")
def runner(bare: Host, foreseen: Run) -> tuple[Host, Run, Run]:
    """Made a runner, and run once more."""
    bare.commit()
    return bare, Run(*bare.play()), Run(*bare.play())


class Jobs:
    def __init__(self, host: Host, gitlab: GitLab) -> None:
        self.host, self.gitlab, self.number = host, gitlab, 0

    def run(self, *script: str, commit: str = "", **given: t.Any) -> Ended:
        self.number += 1
        self.gitlab.jobs.append(job(self.number, list(script), commit, **given))
        return ended(self.gitlab, self.number)


@pytest.fixture(scope="module")
def jobs(runner: tuple[Host, Run, Run], gitlab: GitLab) -> Jobs:
    return Jobs(runner[0], gitlab)


def test_check_mode_tells_what_will_be_done(foreseen: Run, runner: tuple[Host, Run, Run]) -> None:
    assert foreseen.changes == runner[1].changes > 5


def test_a_second_run_changes_nothing(runner: tuple[Host, Run, Run]) -> None:
    assert runner[2].changes == 0, runner[2].said


def test_no_secret_is_shown(foreseen: Run, runner: tuple[Host, Run, Run], gitlab: GitLab) -> None:
    for run in (foreseen, *runner[1:]):
        for secret in (gitlab.token, *SECRETS.values()):
            assert secret.strip().splitlines()[-1] not in run.said


def test_gitlab_knows_the_host_by_the_name_that_the_runner_itself_uses(jobs: Jobs, gitlab: GitLab) -> None:
    done = jobs.run("true")
    assert done.state == "success", done.log
    assert gitlab.machines == [OWN]


def test_what_is_secret_is_for_root_alone(runner: tuple[Host, Run, Run]) -> None:
    host = runner[0]
    listed = host.on("cd /etc/metalstack-runner && stat -c '%a %U %n' . .[a-z]* *").stdout.splitlines()
    assert "700 root ." in listed
    modes = {line.split()[2]: line.split()[0] for line in listed}
    for name in ("config.toml", "vault-password", "ssh-key", "escrow.yml", "run.json"):
        assert modes[name] == "600", listed
    found = host.on("cat /etc/metalstack-runner/vault-password /etc/metalstack-runner/ssh-key").stdout
    assert found == SECRETS["gitlab_runner_vault_password"] + "\n" + SECRETS["gitlab_runner_ssh_key"]
    assert host.on(f"stat -c '%a %U' {WRAPPER} /etc/sudoers.d/metalstack-runner").stdout.split() == [
        *("755", "root"),
        *("440", "root"),
    ]


def test_a_job_has_a_playbook_run_as_root_and_brings_what_it_said(jobs: Jobs) -> None:
    commit = jobs.host.commit()
    done = jobs.run(f"sudo -n {WRAPPER} plan bootstrap {commit} 2>&1 | tee plan.txt", commit=commit)
    assert done.state == "success", done.log
    assert "playbook metalstack.autonomous.bootstrap by 0 check" in done.plan
    assert done.plan.count("_FILE True") == 2
    for secret in SECRETS.values():
        assert secret.strip().splitlines()[-1] not in done.log + done.plan


def test_a_drift_fails_the_job(jobs: Jobs) -> None:
    commit = jobs.host.commit()
    done = jobs.run(f"sudo -n {WRAPPER} drift bootstrap {commit}", commit=commit)
    assert done.state == "failed" and "2 changes, see above" in done.log


FORBIDDEN = (
    "cat /etc/metalstack-runner/config.toml",
    "cat /etc/metalstack-runner/vault-password",
    "ls /etc/metalstack-runner",
    "ls /var/lib/metalstack-run/",
    "sudo -n id",
    "sudo -n cat /etc/shadow",
    "sudo -n -u nobody id",
    f"sudo -n {WRAPPER}",
    f"sudo -n {WRAPPER} run bootstrap",
    f"sudo -n {WRAPPER} run bootstrap {'0' * 40} -e a=b",
    f"sudo -n {WRAPPER} run reset {'0' * 40}",
    f"sudo -n PYTHONPATH=/tmp {WRAPPER} run bootstrap {'0' * 40}",
    f"sudo -n {WRAPPER} run ../../tmp/x {'0' * 40}",
    f"sudo -n {WRAPPER} run bootstrap {'0' * 40}",
    f"echo >> {WRAPPER}",
    "test -w /var/run/docker.sock",
    "id -nG | grep -w -e docker -e sudo -e root -e adm",
)


@pytest.fixture(scope="module")
def tried(jobs: Jobs) -> list[str]:
    """What a job has found possible of what it may not do."""
    lines = [f"if {command}; then echo 'possible: {command}'; fi" for command in FORBIDDEN]
    done = jobs.run(*lines, "echo all-tried")
    log = done.log.splitlines()
    assert done.state == "success" and "all-tried" in log, done.log
    return [line.partition("possible: ")[2] for line in log if line.startswith("possible: ")]


@pytest.mark.parametrize("command", FORBIDDEN)
def test_a_job_may_do_nothing_else(tried: list[str], command: str) -> None:
    assert command not in tried


def test_a_commit_that_was_never_merged_is_not_run(jobs: Jobs) -> None:
    commit = jobs.host.commit("feature")
    try:
        done = jobs.run(f"sudo -n {WRAPPER} run bootstrap {commit}", commit=commit)
    finally:
        jobs.host.on("git -C /srv/site.git checkout -q main")
    assert done.state == "failed" and "never merged" in done.log and "playbook metalstack" not in done.log


def test_a_job_of_a_ref_that_is_not_protected_is_not_begun(jobs: Jobs) -> None:
    done = jobs.run("echo begun", protected=False)
    assert done.state == "failed" and "for protected branches and tags" in done.log and "\nbegun" not in done.log


def test_the_job_that_it_is_run_by_does_not_take_the_runner_off(jobs: Jobs) -> None:
    changes, said = jobs.host.play(fails=True, in_job="runner", gitlab_runner_state="absent")
    assert changes == 0 and "would end with it" in said
    assert jobs.run("true").state == "success"


def test_a_token_that_was_revoked_changes_nothing(jobs: Jobs, gitlab: GitLab) -> None:
    """From here on the runner does not ask for jobs: it leaves a GitLab alone that does not take its token."""
    token, gitlab.token = gitlab.token, "glrt-another-one-of-gitlab"
    try:
        changes, said = jobs.host.play(fails=True)
    finally:
        gitlab.token = token
    assert changes == 0 and "revoked" in said and token not in said


def test_switched_off_nothing_is_left(jobs: Jobs, gitlab: GitLab) -> None:
    host, off = jobs.host, {"gitlab_runner_state": "absent", "gitlab_runner_token": ""}
    predicted, _said = host.play(check=True, **off)
    assert there(host) and gitlab.machines == [OWN]
    done = [host.play(**off)[0] for _ in range(2)]
    assert done == [predicted, 0]
    assert there(host) == [] and gitlab.machines == []
    assert host.on("id metalstack-runner", check=False).returncode != 0
    assert "gitlab-runner run" not in host.inside("ps", "-e", "-o", "args").stdout
