"""Stands for systemctl where no systemd runs: does with a service what the module systemd_units asks for.

Of a unit it takes the account, the credentials, the directories below /run and /var/lib, the environment, the command,
which runs in the tree of the release, whom it stops and who follows it. Nothing that ends is started anew, and a unit
without a command, such as a timer, does no more than be there.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

TREE, UNITS, RUN, STATE = (Path(os.environ[f"STANDING_{name}"]) for name in ("TREE", "UNITS", "RUN", "STATE"))
STOP_SECONDS = 10.0


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.+)$", text, re.MULTILINE)


def words(text: str, key: str) -> list[str]:
    return " ".join(values(text, key)).split()


def pid_of(unit: str) -> int:
    """Return the process of a unit, or 0."""
    try:
        pid = int((RUN / f"{unit}.pid").read_text())
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pid


def start(unit: str) -> None:
    if pid_of(unit):
        return
    text = (UNITS / unit).read_text()
    if not values(text, "ExecStart"):
        (RUN / f"{unit}.on").touch()
        return
    for other in words(text, "Conflicts"):
        stop(other)
    account = pwd.getpwnam((values(text, "User") or ["root"])[0])
    credentials = RUN / "credentials" / unit
    directories = [RUN / name for name in words(text, "RuntimeDirectory")]
    directories += [STATE / name for name in words(text, "StateDirectory")]
    for place in (*directories, credentials):
        place.mkdir(parents=True, exist_ok=True)
        os.chown(place, account.pw_uid, account.pw_gid)
        place.chmod(0o700)
    for credential in values(text, "LoadCredential"):
        name, _colon, path = credential.partition(":")
        shutil.copyfile(path, credentials / name)
        os.chown(credentials / name, account.pw_uid, account.pw_gid)
        (credentials / name).chmod(0o400)
    environment = dict(item.partition("=")[::2] for item in values(text, "Environment"))
    program, *arguments = values(text, "ExecStart")[0].split()
    owner = f"--userspec={account.pw_uid}:{account.pw_gid}"
    command = ["chroot", "--groups=", owner, str(TREE), f"/{Path(program).relative_to(TREE)}", *arguments]
    with (RUN / f"{unit}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    if values(text, "Type") == ["oneshot"]:
        failed = process.wait()
        for follower in words(text, "OnFailure" if failed else "OnSuccess"):
            start(follower)
        sys.exit(failed)
    (RUN / f"{unit}.pid").write_text(str(process.pid))


def stop(unit: str) -> None:
    (RUN / f"{unit}.on").unlink(missing_ok=True)
    if pid := pid_of(unit):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while pid_of(unit) and time.monotonic() < end:
            time.sleep(0.05)
    for name in words((UNITS / unit).read_text(), "RuntimeDirectory"):
        shutil.rmtree(RUN / name, ignore_errors=True)
    (RUN / f"{unit}.pid").unlink(missing_ok=True)


def show(unit: str) -> str:
    there, pid = (UNITS / unit).exists(), pid_of(unit)
    active = pid or (RUN / f"{unit}.on").exists()
    return (
        f"Id={unit}\nLoadState={'loaded' if there else 'not-found'}\n"
        f"ActiveState={'active' if active else 'inactive'}\n"
        f"UnitFileState={'enabled' if (RUN / f'{unit}.enabled').exists() else ''}\n"
        f"FragmentPath={UNITS / unit if there else ''}\nMainPID={pid}\nType=exec\n"
    )


def main() -> None:
    verb, *units = (word for word in sys.argv[1:] if not word.startswith("--"))
    if verb == "show":
        sys.stdout.write("\n".join(map(show, units)))
    for unit in units:
        if verb == "try-reload-or-restart" and not pid_of(unit):
            continue
        if verb in ("stop", "restart", "try-reload-or-restart"):
            stop(unit)
        if verb in ("start", "restart", "try-reload-or-restart"):
            start(unit)
        if verb == "reenable":
            (RUN / f"{unit}.enabled").touch()
        if verb == "disable":
            (RUN / f"{unit}.enabled").unlink(missing_ok=True)


main()
