"""ansible-test sanity of one ansible-core, without a container: sanity.py CORE PYTHON...

ansible-test wants to stand in .../ansible_collections/NAMESPACE/NAME itself, not behind a symlink. So the files that
the collection ships are mirrored to such a directory in the cache.
"""

from __future__ import annotations

import fcntl
import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from interpreter import ROOT, for_core

KEPT = ("tests/config.yml", "tests/sanity/*", "tests/unit/*")  # not shipped, but ansible-test reads them


def shipped_files() -> list[str]:
    """Tracked files and new ones that are not ignored, without what galaxy.yml leaves out of the build."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]

    def is_shipped(name: str) -> bool:
        if any(fnmatch.fnmatch(name, pattern) for pattern in KEPT):
            return True
        return not any(fnmatch.fnmatch(name, pattern) or name.startswith(f"{pattern}/") for pattern in ignored)

    return [name for name in listed.split("\0") if name and is_shipped(name) and (ROOT / name).is_file()]


def mirror(names: list[str], target: Path) -> None:
    """Make the target hold exactly these files; what has not changed keeps its modification time."""
    shutil.rmtree(target / "tests/output", ignore_errors=True)
    for old in [path for path in target.rglob("*") if path.is_file() and str(path.relative_to(target)) not in names]:
        old.unlink()
    for name in names:
        source, copy = ROOT / name, target / name
        before, after = source.stat(), copy.stat() if copy.exists() else None
        if not after or (before.st_size, before.st_mtime_ns, before.st_mode) != (
            after.st_size,
            after.st_mtime_ns,
            after.st_mode,
        ):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)


def provide_pip(venv: Path, home: Path) -> None:
    """Put a get-pip of our own where ansible-test looks before it would download one."""
    internals = next(venv.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py"))
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"pip='([\d.]+)'", internals.read_text())):
        shutil.copy(ROOT / "tests/core/get_pip.py", cache / f"get_pip_{version.replace('.', '_')}.py")


def environment(venv: Path, home: Path) -> dict[str, str]:
    """A home of its own keeps ansible-test's environments in the cache; pip keeps its configuration and its cache."""
    real = Path.home()
    return {
        "XDG_CONFIG_HOME": str(real / ".config"),
        "PIP_CACHE_DIR": str(real / ".cache/pip"),
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "HOME": str(home),
        "PATH": f"{venv / 'bin'}:{os.environ['PATH']}",
    }


def main() -> int:
    core = sys.argv[1]
    venv, version = for_core(core, sys.argv[2:])
    home = venv.parents[1] / "sanity" / core
    collection = home / "ansible_collections/metalstack/autonomous"
    collection.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mirror(shipped_files(), collection)
        provide_pip(venv, home)
        command = [str(venv / "bin/ansible-test"), "sanity", "--python", version, "--color", "no", *EXCLUDED]
        return subprocess.run(command, cwd=collection, env=environment(venv, home), check=False).returncode


EXCLUDED = ("--exclude", "tests/unit/", "--skip-test", "pslint")  # no PowerShell here


if __name__ == "__main__":
    sys.exit(main())
