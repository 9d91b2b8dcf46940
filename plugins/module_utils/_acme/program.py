# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program on a host that asks for its certificates by ACME, what its timer runs.

A certificate that cannot be had leaves the one that is there in place, is told of in the journal and by
metalstack_acme_certificate_success, and is asked for again by the next run. C(--list) only says which are due.
"""

from __future__ import annotations

# no module, but a program with a journal
# pylint: disable=ansible-bad-function
import argparse
import datetime
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from .._certificates.pair import Pair
from .._k3s import certificates
from .._metrics import acme
from .._metrics.exposition import render
from .._metrics.files import write
from . import due, lego
from .settings import CONFIG, BadSettings, Certificate, Settings, load

SECONDS = 300
FILE = "metalstack_acme.prom"


class NotIssued(Exception):
    """No certificate was had; the text says why."""


def main() -> int:
    top = argparse.ArgumentParser(prog="metalstack-acme", description=__doc__)
    top.add_argument("--list", action="store_true", help="say which certificates are due, and ask for none")
    top.add_argument("--config", type=Path, default=CONFIG)
    asked = top.parse_args()
    try:
        settings = load(asked.config)
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 1
    wanted = [(one, _reason(settings, one)) for one in settings.certificates]
    if asked.list:
        for one, why in wanted:
            if why:
                print(f"{one.name}: {why}, so one is due")
        return 0
    succeeded = {one.name: not why or _renewed(settings, one, why) for one, why in wanted}
    found = {one.name: (succeeded[one.name], _validity(one)) for one in settings.certificates}
    write(settings.metrics / FILE, render(acme.samples(found)))
    return 0 if all(succeeded.values()) else 1


def _reason(settings: Settings, wanted: Certificate) -> str:
    pair, now = Pair(wanted.path), datetime.datetime.now(datetime.UTC)
    return due.reason(settings, wanted, pair.text(), pair.matches(), _recorded(settings, wanted), now)


def _renewed(settings: Settings, wanted: Certificate, why: str) -> bool:
    print(f"{wanted.name}: {why}, so one is asked for", flush=True)
    try:
        _ask(settings, wanted)
    except (NotIssued, OSError, KeyError) as error:
        print(f"{wanted.name}: {error}", file=sys.stderr)
        return False
    reloaded = [_reload(unit) for unit in wanted.units]
    return all(reloaded)


def _ask(settings: Settings, wanted: Certificate) -> None:
    for directory in (settings.state, lego.place(settings)):
        directory.mkdir(mode=0o700, exist_ok=True)
    try:
        done = subprocess.run(
            lego.command(settings, wanted),
            env={**os.environ, **lego.environment(settings)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise NotIssued(f"{settings.directory} has issued none within {SECONDS} seconds") from error
    if done.returncode != 0:
        raise NotIssued(f"{settings.directory} has issued none: {_last_line(done.stdout)}")
    certificate, key = (path.read_text(encoding="utf-8") for path in lego.made(settings, wanted))
    Pair(wanted.path, wanted.owner).write(certificate, key)
    write(_record(settings, wanted), json.dumps(due.record(settings, wanted)))


def _reload(unit: str) -> bool:
    """Have a service read it; one that does not run will when it starts."""
    done = subprocess.run(["systemctl", "try-reload-or-restart", unit], check=False, timeout=SECONDS)
    return done.returncode == 0


def _record(settings: Settings, wanted: Certificate) -> Path:
    return settings.state / f"{wanted.name}.json"


def _recorded(settings: Settings, wanted: Certificate) -> dict[str, t.Any]:
    try:
        found = json.loads(_record(settings, wanted).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _validity(wanted: Certificate) -> acme.Validity | None:
    try:
        return certificates.validity(Pair(wanted.path).text())
    except ValueError:
        return None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"
