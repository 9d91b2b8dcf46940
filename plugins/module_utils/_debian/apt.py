# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian's packages on a host: what would become newer, and doing it. The only part that runs apt-get and dpkg."""

from __future__ import annotations

import os
import shutil
import time
import typing as t

from . import reboot, simulation

RunCommand = t.Callable[..., tuple[int, str, str]]
LISTS = "/var/lib/apt/lists"
REQUIRED = "/run/reboot-required"
CONTAINER = "/run/systemd/container"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BOOT = "/proc/sys/kernel/random/boot_id"
# States of dpkg that need nothing more.
FINISHED = ("installed", "config-files", "not-installed")
ENVIRONMENT = {
    "LC_ALL": "C",
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    # Nothing is restarted behind the gate's back; what needs it is told afterwards.
    "NEEDRESTART_SUSPEND": "1",
}
# What a host's own configuration of apt may say otherwise.
SETTINGS = (
    *("-o", "APT::Get::AutomaticRemove=false", "-o", "APT::Get::Show-Versions=false"),
    *("-o", "APT::Get::Show-User-Simulation-Note=false", "-o", "APT::Update::Error-Mode=any"),
)
CONFFILES = ("--force-confdef", "--force-confold")
LOCK_SECONDS = 120
# dpkg, unlike apt-get, does not wait for whoever is at it, such as what a run that was killed has left running.
LOCKED = "locked by another process"


class AptError(Exception):
    """apt-get or dpkg failed."""


class Apt:
    def __init__(self, run_command: RunCommand) -> None:
        self._run_command = run_command

    def _run(self, command: t.Sequence[str], what: str) -> str:
        code, output, errors = self._run_command(list(command), environ_update=ENVIRONMENT)
        if code:
            raise AptError(f"{what}: {simulation.failure(output + errors)}")
        return output

    def _get(self, *arguments: str, what: str) -> str:
        return self._run(("apt-get", *SETTINGS, *arguments), what)

    def refresh(self, seconds: int) -> None:
        """Fetch the package lists; what can't be had from one source is an error, whatever the others have."""
        bounds = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20")
        command = ("timeout", "--kill-after=10", str(seconds), "apt-get", *SETTINGS, *bounds, "--quiet", "update")
        code, output, errors = self._run_command(list(command), environ_update=ENVIRONMENT)
        if code in (124, 137):
            raise AptError(f"the package lists were not there within {seconds} s")
        if code:
            raise AptError(f"the package lists could not be fetched: {simulation.failure(output + errors)}")

    def plans(self, packages: str) -> tuple[simulation.Simulation, simulation.Simulation]:
        """What is to happen, and what would happen if all packages were to become newer."""
        everything = simulation.parse(self._get("--simulate", "dist-upgrade", what="apt-get can't plan the updates"))
        upgrades = everything.upgrades(packages)
        if not upgrades:
            return simulation.Simulation([], [], []), everything
        command = ("--simulate", "install", "--only-upgrade", *_versions(upgrades))
        return simulation.parse(self._get(*command, what="apt-get can't plan these updates")), everything

    def held(self) -> list[str]:
        return self._run(("apt-mark", "showhold"), "apt-mark fails").split()

    def unfinished(self) -> list[str]:
        """Packages whose installation ended half-way."""
        lines = self._query("${binary:Package} ${db:Status-Status}", "*")
        return sorted(name for name, state in lines if state not in FINISHED)

    def version(self, package: str) -> str:
        """The version of a package that is there, empty without it."""
        lines = self._query("${Version} ${db:Status-Status}", package)
        return next((line[0] for line in lines if line[1:] == ["installed"]), "")

    def _query(self, form: str, pattern: str) -> list[list[str]]:
        # It fails where nothing matches, and says nothing.
        command = ["dpkg-query", "--show", f"--showformat={form}\n", pattern]
        return [line.split() for line in self._run_command(command, environ_update=ENVIRONMENT)[1].splitlines()]

    def reboot(self) -> list[str]:
        """Why the host needs a reboot by now."""
        reasons = []
        if os.path.exists(REQUIRED):
            reasons.append(reboot.required(_read(f"{REQUIRED}.pkgs")))
        if not os.path.exists(CONTAINER):
            system = os.uname()
            lines = self._query("${Package} ${Version} ${db:Status-Status}", "linux-image-*")
            images = {line[0]: line[1] for line in lines if line[2:] == ["installed"]}
            reasons.extend(reboot.kernel(system.release, system.version, images))
        if program := shutil.which("needrestart", path=PATH):
            said = self._run((program, "-b", "-l", "-r", "l"), "needrestart fails")
            reasons.extend(reboot.services(said))
        return reasons

    def facts(self, packages: str) -> dict[str, t.Any]:
        """What would be done with the packages, and what stands in the way."""
        planned, everything = self.plans(packages)
        held = set(self.held())
        added = [change.name for change in planned.changes if not change.old]
        names = [change.name for change in planned.changes]
        return {
            "packages": [
                {"name": change.name, "from": change.old, "to": change.new, "security": change.security}
                for change in planned.changes
                if change.old
            ],
            "added": added,
            "removals": planned.removals,
            "held": sorted(held.intersection(everything.kept)),
            "kept": sorted(set(everything.kept) - held),
            "unfinished": self.unfinished(),
            "lists_age": _age(),
            "reboot": self.reboot(),
            "reboot_expected": [] if os.path.exists(CONTAINER) else reboot.expected(names),
            "boot_id": _read(BOOT).strip(),
        }

    def finish(self) -> str:
        """Finish what was begun; why that failed, if it did."""
        end = time.monotonic() + LOCK_SECONDS
        while True:
            command = ["dpkg", *CONFFILES, "--configure", "-a"]
            code, output, errors = self._run_command(command, environ_update=ENVIRONMENT)
            if not code or LOCKED not in output + errors or time.monotonic() >= end:
                return simulation.failure(output + errors) if code else ""
            time.sleep(1)

    def install(self, packages: t.Sequence[t.Mapping[str, str]]) -> None:
        options = [word for option in CONFFILES for word in ("-o", f"Dpkg::Options::={option}")]
        names = [package["name"] for package in packages]
        # What is named counts as wished for by a person, and would never be removed as no longer needed.
        automatic = self._run(("apt-mark", "showauto", *names), "apt-mark fails").split()
        try:
            self._install(packages, options)
        finally:
            if automatic:
                self._run(("apt-mark", "auto", *automatic), "apt-mark fails")

    def _install(self, packages: t.Sequence[t.Mapping[str, str]], options: t.Sequence[str]) -> None:
        self._get(
            *("--yes", "--quiet", "--no-remove", *options, "-o", "Dpkg::Use-Pty=0"),
            *("-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}", "install", "--only-upgrade"),
            *(f"{package['name']}={package['to']}" for package in packages),
            what="the updates were not installed",
        )


def _versions(changes: t.Iterable[simulation.Change]) -> list[str]:
    return [f"{change.name}={change.new}" for change in changes]


def _age() -> int:
    """Seconds since the package lists were fetched, which always writes here."""
    stamps = [os.stat(path).st_mtime for path in (LISTS, f"{LISTS}/partial") if os.path.exists(path)]
    return max(0, int(time.time() - max(stamps))) if stamps else -1


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return ""
