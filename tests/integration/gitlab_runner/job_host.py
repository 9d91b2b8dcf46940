"""A host in namespaces of its own, on which the role runs as it is. Debian, sudo and git are real, so is the runner.

Its systemd is a stand-in (tests/standing/systemctl.py), GitLab is one, and so is ansible-playbook, which
tells who runs it and what that one may read.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import namespaces
import yaml

ROOT = Path(__file__).resolve().parents[3]
SYSTEMCTL = ROOT / "tests/standing/systemctl.py"
RELEASE = "trixie"
# rsync is for what executes pipelines.
PACKAGES = ("ca-certificates", "git", "python3-apt", "python3-packaging", "python3-venv", "rsync", "sudo")
COLLECTION = "collections/ansible_collections/metalstack/autonomous"
CHANGED = re.compile(r"^changed: \[runner\]", re.MULTILINE)
UPSTREAM = "/srv/site.git"
JOB_SECONDS = 90
# What a line of a log begins with: the time, and where it was said.
STAMP = re.compile(r"^\S+Z \d\d[OE][+ ]?", re.MULTILINE)
SECRETS = {
    "gitlab_runner_vault_password": "canary-of-the-vault-0123456789",
    "gitlab_runner_ssh_key": "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary-of-the-key-0123456789\n",
    "gitlab_runner_escrow": "site_k3s_token: canary-of-the-escrow-0123456789\n",
}
# What the environment of playbooks has for ansible-playbook.
TELLING = """
import os, sys
def main():
    print("playbook", sys.argv[-1], "by", os.getuid(), "check" if "--check" in sys.argv else "")
    for name in ("ANSIBLE_VAULT_PASSWORD_FILE", "ANSIBLE_PRIVATE_KEY_FILE"):
        print(name, len(open(os.environ[name]).read()) > 20)
    print("PLAY RECAP ***")
    print("server1                    : ok=3    changed=2    unreachable=0    failed=0")
"""


@dataclass
class Host:
    """One with a runner; whatever runs there ends with its first process."""

    place: Path
    first: int
    variables: dict[str, Any] = field(default_factory=dict)
    commits: int = 0

    @property
    def root(self) -> Path:
        """Its files, as they are seen from its namespace."""
        return self.place / "root"

    def inside(self, *words: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of this machine that sees the host's mounts and processes."""
        command = ["nsenter", f"--target={self.first}", "--mount", "--pid", f"--wdns={ROOT}", *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=600, check=False)
        assert not check or done.returncode == 0, done.stdout[-6000:] + done.stderr
        return done

    def on(self, script: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a script on the host, as root."""
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return self.inside("env", "-i", path, "HOME=/root", "chroot", str(self.root), "sh", "-ec", script, check=check)

    def play(self, check: bool = False, fails: bool = False, in_job: str = "", **given: Any) -> tuple[int, str]:
        """Run the role, and return how much it has changed and all that was said."""
        hosts = {"runner": {"ansible_connection": "community.general.chroot", "ansible_host": str(self.root)}}
        hosts["runner"]["ansible_python_interpreter"] = "/usr/bin/python3"
        plays = [
            {
                "hosts": "runner",
                "gather_facts": False,
                "vars": {**self.variables, **given},
                "tasks": [{"ansible.builtin.include_role": {"name": "metalstack.autonomous.gitlab_runner"}}],
            }
        ]
        (self.place / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        (self.place / "play.yml").write_text(yaml.safe_dump(plays))
        tool = str(Path(sys.executable).parent / "ansible-playbook")
        words = [tool, "-i", str(self.place / "hosts.yml"), "--diff", "-v", str(self.place / "play.yml")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "METALSTACK_"))}
        kept |= {"ANSIBLE_NOCOLOR": "1", "METALSTACK_RUN": in_job}
        variables = [f"{name}={value}" for name, value in kept.items()]
        done = self.inside("env", "-i", *variables, *words, *(["--check"] if check else []), check=False)
        said = done.stdout + done.stderr
        assert (done.returncode != 0) is fails, said[-8000:]
        return len(CHANGED.findall(said)), said

    def commit(self, branch: str = "main") -> str:
        """Have the repository's branch point to something new, and return its commit."""
        self.commits += 1
        script = f"""
            export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a
            mkdir -p {UPSTREAM} && cd {UPSTREAM} && git init -q -b main . 2>/dev/null
            git checkout -q -B {branch} 2>/dev/null || true
            mkdir -p inventory {COLLECTION}/playbooks && echo 'all:' > inventory/hosts.yml
            echo --- > {COLLECTION}/playbooks/bootstrap.yml; echo {self.commits} > number
            git add -A && git commit -q -m {self.commits} && git rev-parse HEAD"""
        return self.on(script).stdout.strip()


def job(number: int, script: list[str], commit: str, protected: bool = True) -> dict[str, Any]:
    """A job as GitLab gives it to a runner."""
    variables = {
        "CI_PROJECT_PATH": "group/site",
        "CI_COMMIT_SHA": commit,
        "CI_COMMIT_REF_PROTECTED": str(protected).lower(),
        "GIT_STRATEGY": "none",
    }
    return {
        "id": number,
        "token": "token-of-a-job",
        "allow_git_fetch": False,
        "job_info": {"id": number, "name": "plan", "stage": "plan", "project_id": 1, "project_name": "site"},
        "git_info": {
            "repo_url": "https://gitlab.example.net/group/site.git",
            "ref": "main",
            "ref_type": "branch",
            "sha": commit,
            "before_sha": "0" * 40,
            "refspecs": ["+refs/heads/main:refs/heads/main"],
            "depth": 1,
        },
        "runner_info": {"timeout": 600},
        "variables": [{"key": name, "value": value, "public": True} for name, value in variables.items()],
        "steps": [
            {"name": "script", "script": script, "timeout": 600, "when": "on_success", "allow_failure": False},
        ],
        "artifacts": [
            {
                "name": "plan",
                "paths": ["plan.txt"],
                "when": "always",
                "artifact_type": "archive",
                "artifact_format": "zip",
            }
        ],
        "features": {"trace_sections": True},
    }


class Ended(t.NamedTuple):
    state: str
    log: str
    plan: str


def ended(gitlab: Any, number: int) -> Ended:
    """Wait until a job has ended."""
    end = time.monotonic() + JOB_SECONDS
    while number not in gitlab.done:
        assert time.monotonic() < end, f"job {number} has not ended: {gitlab.logs.get(number)!r} {gitlab.asked[-9:]}"
        time.sleep(0.1)
    body, plan = gitlab.artifacts.get(number, b""), ""
    if (start := body.find(b"PK\x03\x04")) >= 0:
        with zipfile.ZipFile(io.BytesIO(body[start:])) as archive:
            plan = archive.read("plan.txt").decode()
    said = gitlab.logs.get(number, b"").decode(errors="replace").replace("\r", "")
    return Ended(gitlab.done[number], STAMP.sub("", said), plan)


def wheel(directory: Path) -> None:
    """Make a package with a program ansible-playbook."""
    info = "telling-1.0.dist-info"
    files = {
        "telling.py": TELLING,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: telling\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nansible-playbook = telling:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(directory / "telling-1.0-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


@contextlib.contextmanager
def host(tree: Path) -> Iterator[Host]:
    """Make a host, in namespaces of its own: what it writes is on top of the release's tree, and goes with it."""
    with tempfile.TemporaryDirectory(prefix="gitlab-runner-", dir="/tmp") as directory:
        place = Path(directory)
        for name in ("root", "layers", "wheels"):
            (place / name).mkdir()
        wheel(place / "wheels")
        shutil.copy(SYSTEMCTL, place / "systemctl.py")
        (place / "systemctl").write_text(
            "#!/bin/sh\nexport STANDING_TREE=/ STANDING_UNITS=/etc/systemd/system STANDING_RUN=/run/standing\n"
            "export STANDING_STATE=/var/lib\n"
            'mkdir -p /run/standing\nexec /usr/bin/python3 /usr/lib/standing.py "$@"\n'
        )
        root, layers = place / "root", place / "layers"
        script = [
            f"mount -t tmpfs -o mode=755 tmpfs {layers}",
            f"mkdir {layers}/upper {layers}/work",
            f"mount -t overlay overlay -o lowerdir={tree},upperdir={layers}/upper,workdir={layers}/work {root}",
            f"mount -t proc proc {root}/proc",
            f"mount --rbind /dev {root}/dev",
            f"mount -t tmpfs tmpfs {root}/run",
            f"install -D -m 755 {place}/systemctl {root}/usr/bin/systemctl",
            f"install -D -m 644 {place}/systemctl.py {root}/usr/lib/standing.py",
            f"mkdir -p {root}/srv/wheels {root}/etc/systemd/system",
            f"cp {place}/wheels/* {root}/srv/wheels/",
        ]
        with namespaces.holding("\n".join(script)) as first:
            yield Host(place, first)
