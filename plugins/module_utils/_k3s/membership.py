# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server's membership of etcd while k3s is stopped: made the only one there is, or given up. Data are kept aside.

A reset always acts on what lies in place: that is what was before, what a reset made of it, or what has been written
since a reset. k3s's own flag says that a reset was begun and nothing has run since; only then, and only when what it
has left can't be reset again, the copy from before takes its place.
"""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import time
import typing as t
from pathlib import Path

from . import host, layout

SERVER = Path(layout.DATA_DIR) / "server"
# Goes with the rest of k3s when a host is reset.
ASIDE = Path(layout.ASIDE_DIR)
BEGUN = "begun"
CONFIG = Path(layout.CONFIG_DIR) / "config.yaml.d"
# With it k3s looks there for the snapshot that it is given.
ELSEWHERE = re.compile(r"^etcd-s3.*\n(?:[ -].*\n)*", re.MULTILINE)
LOCK = Path("/run/k3s-reset-members.lock")
ETCD = "db/etcd"
SECRETS = ("cred", "tls", "token")
KEPT = "db/snapshots"
# A copy that an interrupted run has made is not one of a trouble long past.
RECENT_SECONDS = 24 * 3600.0
POLL_SECONDS = 0.5
NEW_COPY, NEW_LEFT = (f"{ASIDE}/{what}-<time>" for what in ("copy", "left"))

Listing = dict[str, tuple[int, int]]


class Failed(Exception):
    """What was not done, and what to do; nothing was lost."""


def needs_copy(same: bool, flagged: bool, recent: bool) -> bool:
    """Whether what lies in place has to be copied before it is reset. Pure.

    same: the newest copy is of just that. flagged: a reset was begun, and nothing has run since. recent: there is a
    copy from just before that reset, which half-made data must not replace.
    """
    return not same and not (flagged and recent)


def write_config(directory: Path) -> Path:
    """This host's configuration but for whom to join and how to start after it, which a reset is done without.

    Neither does it know of an object storage that k3s itself keeps snapshots in.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    parts = [
        file.read_text(encoding="utf-8").rstrip("\n") + "\n"
        for file in sorted(CONFIG.glob("*.yaml"))
        if str(file) not in (layout.JOIN_FILE, layout.QUIET_FILE)
    ]
    text = ELSEWHERE.sub("", "".join(parts))
    if "token-file:" not in text:
        text += f"token-file: {layout.TOKEN_FILE}\n"
    target = directory / "config.yaml"
    target.touch(mode=0o600)
    target.write_text(text, encoding="utf-8")
    return target


def listing(directory: Path) -> Listing:
    """Size and time of every file below a directory, by which a copy is told to be one of it."""
    return {
        str(path.relative_to(directory)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def running() -> bool:
    return host.unit()["state"] not in ("inactive", "failed", "unknown")


def _stamp() -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


def _private(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _free(name: str) -> Path:
    """A path aside that nothing has yet."""
    path, number = _private(ASIDE) / name, 1
    while path.exists():
        path, number = ASIDE / f"{name}-{number}", number + 1
    return path


@contextlib.contextmanager
def _held(seconds: float) -> t.Iterator[int]:
    """Hold the host against the reset of a run that was killed, which goes on without it."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Failed(
                        f"another reset on this host has not ended for {seconds:.0f} s -> see what 'pgrep -af"
                        " k3s.server' shows, and run again"
                    ) from None
                time.sleep(POLL_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


# Copies


def copies() -> list[Path]:
    """What was copied and is whole, oldest first."""
    return sorted((path for path in ASIDE.glob("copy-*") if path.suffix != ".partial"), key=lambda path: path.name)


def _begun() -> Path | None:
    """The copy that a recent reset was begun with."""
    marker = ASIDE / BEGUN
    try:
        copy = ASIDE / marker.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return copy if _recent(marker) and (copy / ETCD).is_dir() else None


def _recent(path: Path) -> bool:
    return 0 <= time.time() - path.stat().st_mtime < RECENT_SECONDS


def _flag() -> Path:
    return SERVER / "db/reset-flag"


def planned_copy() -> Path | None:
    """The copy that stands for what lies in place; None when one has to be made."""
    begun, known = _begun(), copies()
    same = bool(known) and listing(known[-1] / ETCD) == listing(SERVER / ETCD)
    if needs_copy(same, _flag().exists(), begun is not None):
        return None
    return known[-1] if same else begun


def _copy() -> Path:
    """Copy the datastore and what opens it; whole, or not there under its name."""
    target = _free(f"copy-{_stamp()}")
    partial = target.with_name(f"{target.name}.partial")
    for old in ASIDE.glob("*.partial"):
        shutil.rmtree(old)
    _copy_into(SERVER, partial)
    os.utime(partial)
    os.sync()
    partial.rename(target)
    os.sync()
    return target


def _copy_into(source: Path, target: Path) -> None:
    (target / ETCD).parent.mkdir(mode=0o700, parents=True)
    target.chmod(0o700)
    for name in (ETCD, *SECRETS):
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, symlinks=True)
        elif (source / name).exists():
            shutil.copy2(source / name, target / name)


# The one member


def reset(seconds: float) -> Path:
    """Make this server the only member of its etcd, with all that it has; returns where a copy from before is."""
    if host.datastore() != "etcd":
        raise Failed(f"there are no data of etcd in {layout.ETCD_DIR} -> choose a server that has some")
    with _held(seconds) as lock:
        cut = _flag().exists() and _begun() is not None
        copy = planned_copy() or _copy()
        _mark(copy)
        try:
            _run(seconds, lock)
        except Failed as error:
            if not cut:
                raise Failed(f"{error} -> what was before is in {copy}; another server may have data, too") from None
            copy = _again(str(error), seconds, lock)
    return copy


def _again(why: str, seconds: float, lock: int) -> Path:
    """Reset a copy from before the reset that was cut off, the newest that can be."""
    for copy in reversed(copies()):
        if _recent(copy):
            _put_back(copy)
            with contextlib.suppress(Failed):
                _run(seconds, lock)
                _mark(copy)
                return copy
    raise Failed(f"{why}, and no better of a copy -> another server may have data; kept are {', '.join(kept())}")


def _mark(copy: Path) -> None:
    marker = ASIDE / BEGUN
    draft = marker.with_name(f"{BEGUN}.new")
    draft.write_text(copy.name, encoding="utf-8")
    draft.replace(marker)
    os.sync()


def _run(seconds: float, lock: int) -> None:
    """Have k3s do it. It refuses where an earlier reset was not followed by a start, which is what its flag is for."""
    _flag().unlink(missing_ok=True)
    config = write_config(ASIDE / "config")
    command = [layout.BINARY, "server", f"--config={config}", "--cluster-reset"]
    try:
        # It holds the lock, too, so that it is waited for when this process is killed.
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
            pass_fds=(lock,),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"k3s did not end its reset within {seconds:.0f} s") from None
    if done.returncode or host.datastore() != "etcd":
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise Failed(f"k3s did not reset the membership ({done.returncode}): {' | '.join(words[-3:])[-500:]}")


def _put_back(copy: Path) -> None:
    """Begin again with what was before; what an interrupted reset has left is kept."""
    broken = _free(f"broken-{_stamp()}")
    (broken / ETCD).parent.mkdir(mode=0o700, parents=True)
    for name in (*SECRETS, ETCD):
        if (SERVER / name).exists():
            (SERVER / name).rename(broken / name)
    _copy_into(copy, SERVER / "put-back.partial")
    for name in (*SECRETS, ETCD):
        if (SERVER / "put-back.partial" / name).exists():
            (SERVER / "put-back.partial" / name).rename(SERVER / name)
    shutil.rmtree(SERVER / "put-back.partial")
    os.sync()


# The others


def leave() -> Path:
    """Give up what this server has of a cluster, so that it can enter anew; returns where it is kept.

    The datastore goes last: as long as it is there, the same call goes on.
    """
    unfinished = [path for path in sorted(ASIDE.glob("left-*")) if not (path / ETCD).exists()]
    target = unfinished[-1] if unfinished else _free(f"left-{_stamp()}")
    _private(target / "db")
    others = [path for path in (SERVER / "db").glob("*") if path not in (SERVER / ETCD, SERVER / KEPT)]
    for path in [*(SERVER / name for name in ("cred", "tls")), *sorted(others), SERVER / ETCD]:
        if path.exists():
            path.rename(target / path.relative_to(SERVER))
    os.sync()
    return target


def kept() -> list[str]:
    """What is kept aside on this host."""
    return sorted(str(path) for pattern in ("copy-*", "left-*", "broken-*") for path in ASIDE.glob(pattern))


def settle() -> None:
    """Let go of what was kept aside."""
    # First, so that whatever is left is not taken for a reset that is under way.
    (ASIDE / BEGUN).unlink(missing_ok=True)
    shutil.rmtree(ASIDE)
