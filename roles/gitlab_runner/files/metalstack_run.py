"""Run a playbook of the site for a job of GitLab: the one thing that the jobs' user may do as root.

    metalstack-run ACTION PLAYBOOK COMMIT

ACTION is plan (what would change, in check mode), run, or drift (as plan; exit code 3 where something would change).
PLAYBOOK is one that the configuration allows, COMMIT the 40 digits of what a protected branch or tag has by now.

A job's own checkout and variables count for nothing: what is run is fetched here, with a token that no job reads, and
only what a protected ref points to at this moment. So neither a merge request nor an older pipeline gets that far.

Exit codes: that of ansible-playbook, 3 for a drift, 64 where the call was wrong, 65 where it was refused, and 69 where
the repository did not answer. Whatever is refused has changed nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CONFIGURATION = Path("/etc/metalstack-runner/run.json")
ACTIONS = ("plan", "run", "drift")
DRIFT, WRONG, REFUSED, UNAVAILABLE = 3, 64, 65, 69
PLAYBOOK, COMMIT = re.compile(r"[a-z][a-z_]{0,62}"), re.compile(r"[0-9a-f]{40}")
CHANGED = re.compile(r"^\S+ +: ok=\d+ +changed=([1-9]\d*) ", re.MULTILINE)
COLLECTION = "collections/ansible_collections/metalstack/autonomous"
RECAP = "PLAY RECAP"
GIT_SECONDS = 120
INTERRUPTED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"PATH": PATH, "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


class Ended(Exception):
    """Why nothing is run, and the exit code that says so."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Configuration:
    """What root has decided, in run.json. The secrets are files beside it that root alone may read."""

    host: str
    repository: str
    refs: list[str]
    playbooks: list[str]
    inventory: str
    venv: str
    state: str = "/var/lib/metalstack-run"
    credentials: str = ""
    ca: str = ""
    vault_password: str = ""
    ssh_key: str = ""
    escrow: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    action: str
    playbook: str
    commit: str


def read_call(arguments: Sequence[str], allowed: Sequence[str]) -> Call:
    """Take exactly three words, none of which can be an option, a path or a variable."""
    if len(arguments) != 3:
        raise Ended(WRONG, f"expected ACTION PLAYBOOK COMMIT, found {len(arguments)} words")
    action, playbook, commit = arguments
    if action not in ACTIONS:
        raise Ended(WRONG, f"action {action!r}: expected one of {', '.join(ACTIONS)}")
    if not PLAYBOOK.fullmatch(playbook) or playbook not in allowed:
        raise Ended(REFUSED, f"playbook {playbook!r} is none of those that jobs may run: {', '.join(allowed)}")
    if not COMMIT.fullmatch(commit):
        raise Ended(WRONG, f"commit {commit!r}: expected 40 hexadecimal digits")
    return Call(action, playbook, commit)


class Repository:
    """Root's own copy of the protected refs."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._path = Path(configuration.state) / "repository.git"

    def fetch(self) -> None:
        """Have what the protected refs point to now, and nothing else."""
        if not (self._path / "HEAD").exists():
            shutil.rmtree(self._path, ignore_errors=True)
            self._git("init", "--quiet", "--bare", str(self._path), inside=False)
        refs = [f"+{ref}:{ref}" for ref in self._configuration.refs]
        url = self._configuration.repository
        self._git("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", url, *refs)

    def tips(self) -> dict[str, str]:
        """The refs by the commit that they point to."""
        shown = self._git("for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", *self._configuration.refs)
        lines = [line.split() for line in shown.splitlines()]
        # Of a tag that has a text of its own the second is the commit.
        return {words[-2]: words[-1] for words in lines}

    def export(self, commit: str, directory: Path) -> None:
        """Write the files of a commit."""
        index = directory.with_suffix(".index")
        try:
            self._git(f"--work-tree={directory}", "checkout", "--quiet", "--force", commit, "--", ".", index=index)
        finally:
            index.unlink(missing_ok=True)

    def _git(self, *arguments: str, inside: bool = True, index: Path | None = None) -> str:
        try:
            done = subprocess.run(
                self._command(*arguments) if inside else ["git", *arguments],
                env=ENVIRONMENT | ({"GIT_INDEX_FILE": str(index)} if index else {}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=GIT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Ended(
                UNAVAILABLE, f"no answer within {GIT_SECONDS} s from {self._configuration.repository}"
            ) from error
        if done.returncode:
            raise Ended(UNAVAILABLE, f"git {arguments[0]} of {self._configuration.repository}: {done.stderr.strip()}")
        return done.stdout

    def _command(self, *arguments: str) -> list[str]:
        known = self._configuration.credentials
        options = {"credential.helper": known and f"store --file={known}", "http.sslCAInfo": self._configuration.ca}
        given = [word for name, value in options.items() if value for word in ("-c", f"{name}={value}")]
        return ["git", f"--git-dir={self._path}", *given, *arguments]


def refuse_unless_protected(commit: str, tips: dict[str, str], refs: Sequence[str]) -> str:
    """The ref that points to the commit now."""
    if commit not in tips:
        raise Ended(
            REFUSED,
            f"commit {commit} is not what a protected ref ({', '.join(refs)}) points to now: it was never merged, or"
            " something newer was. Run the newest pipeline",
        )
    return tips[commit]


@contextlib.contextmanager
def checkout(configuration: Configuration, commit: str, repository: Repository) -> Iterator[Path]:
    """The files of a commit, for root alone and as long as they are used; what a killed run has left goes first."""
    places = Path(configuration.state) / "checkouts"
    places.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in places.iterdir():
        if not Path("/proc", left.name).exists():
            shutil.rmtree(left)
    directory = places / str(os.getpid())
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    try:
        repository.export(commit, directory)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def command(configuration: Configuration, call: Call, directory: Path) -> list[str]:
    """What is run. Whoever looks at the processes sees names of files, and no secret."""
    if not (directory / COLLECTION / "playbooks" / f"{call.playbook}.yml").is_file():
        raise Ended(REFUSED, f"commit {call.commit} has no {COLLECTION}/playbooks/{call.playbook}.yml")
    inventory = directory / configuration.inventory
    if not inventory.exists():
        raise Ended(REFUSED, f"commit {call.commit} has no inventory {configuration.inventory}")
    words = [f"{configuration.venv}/bin/ansible-playbook", "-i", str(inventory), "--diff"]
    words += [] if call.action == "run" else ["--check"]
    words += ["-e", f"@{configuration.escrow}"] if configuration.escrow else []
    return [*words, f"metalstack.autonomous.{call.playbook}"]


def environment(configuration: Configuration, directory: Path) -> dict[str, str]:
    """All that the playbook knows of where it runs; nothing of the job's."""
    found = {
        "PATH": f"{configuration.venv}/bin:{PATH}",
        "HOME": configuration.state,
        "LANG": "C.UTF-8",
        # The log's sections can be folded.
        "GITLAB_CI": "true",
        "ANSIBLE_STDOUT_CALLBACK": "metalstack.autonomous.phases",
        "ANSIBLE_HOME": f"{configuration.state}/ansible",
        "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"),
        # Where the job is: the role of the runner asks this, lest it ends the job that it is run by.
        "METALSTACK_RUN": configuration.host,
        **configuration.environment,
    }
    files = {
        "ANSIBLE_VAULT_PASSWORD_FILE": configuration.vault_password,
        "ANSIBLE_PRIVATE_KEY_FILE": configuration.ssh_key,
    }
    return found | {name: file for name, file in files.items() if file}


def play(words: Sequence[str], variables: dict[str, str], directory: Path) -> tuple[int, str]:
    """Run it to its end, show what it says, and return its exit code and the recap.

    A job that is cancelled ends it as Ctrl-C does.
    """
    with subprocess.Popen(
        words,
        cwd=directory,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Signals to the job's group come by way of us.
        process_group=0,
    ) as process:

        def end(_signal: int, _frame: types.FrameType | None) -> None:
            process.send_signal(signal.SIGINT)

        for one in INTERRUPTED:
            signal.signal(one, end)
        recap: list[str] | None = None
        for line in process.stdout or ():
            with contextlib.suppress(BrokenPipeError):
                sys.stdout.write(line)
                sys.stdout.flush()
            recap = [] if RECAP in line else recap
            if recap is not None:
                recap.append(line)
    return process.returncode, "".join(recap or [])


def changes(recap: str) -> int:
    """How many changes hosts report at the end, without colours."""
    return sum(int(number) for number in CHANGED.findall(re.sub(r"\x1b\[[0-9;]*m", "", recap)))


def main(arguments: Sequence[str], file: Path = CONFIGURATION) -> int:
    os.umask(0o077)
    try:
        configuration = Configuration(**json.loads(file.read_text(encoding="utf-8")))
        call = read_call(arguments, configuration.playbooks)
        repository = Repository(configuration)
        Path(configuration.state).mkdir(mode=0o700, parents=True, exist_ok=True)
        repository.fetch()
        ref = refuse_unless_protected(call.commit, repository.tips(), configuration.refs)
        with checkout(configuration, call.commit, repository) as directory:
            words = command(configuration, call, directory)
            print(f"{call.action} {call.playbook}: {call.commit} of {ref}", flush=True)
            code, recap = play(words, environment(configuration, directory), directory)
    except Ended as ended:
        print(f"metalstack-run: {ended}. Nothing was run.", file=sys.stderr)
        return ended.code
    except (OSError, ValueError, TypeError) as error:
        print(f"metalstack-run: {file}: {error}. Nothing was run.", file=sys.stderr)
        return WRONG
    found = changes(recap)
    if call.action == "drift" and code == 0 and found:
        print(f"metalstack-run: the site is not as {ref} has it: {found} changes, see above.", flush=True)
        return DRIFT
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
