# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program on a host that tells Prometheus of it: what its timers run, each for one part of what there is to tell.

A part is one file of node-exporter's textfile collector. What fails within it leaves the rest as it is told, and says
so in the journal and by metalstack_metrics_run_success.
"""

from __future__ import annotations

# no module, but a program with a journal
# pylint: disable=ansible-bad-function
import argparse
import sys
import time
import traceback
import typing as t
from pathlib import Path

from . import look, settings
from .exposition import Sample, render
from .files import write


def _backups(given: settings.Settings) -> t.Iterator[Sample]:
    if not given.backs_up:
        return
    # Only here: what an object storage needs takes a while to be loaded.
    from . import stored

    yield from stored.samples()


def _databases(given: settings.Settings) -> t.Iterator[Sample]:
    if not given.databases:
        return
    from . import looked_after

    yield from looked_after.samples(given.databases, given.databases_expected, given.backs_up)


PARTS: dict[str, tuple[look.Part, ...]] = {
    "state": (look.of_host, look.of_kubernetes, look.of_names, look.of_time, look.of_images),
    "backups": (_backups,),
    "databases": (_databases,),
    "packages": (look.of_packages, look.of_updates),
}


def told(part: str, given: settings.Settings, asked: t.Sequence[look.Part]) -> list[Sample]:
    """All samples of a part, and how it went."""
    begun, success, found = time.monotonic(), True, list[Sample]()
    for ask in asked:
        try:
            found += list(ask(given))
        # Whatever it is, the others are told.
        except Exception as error:  # pylint: disable=broad-exception-caught
            success = False
            if isinstance(error, look.EXPECTED):
                print(f"{part}: {error}", file=sys.stderr)
            else:
                traceback.print_exception(error)
    label = {"part": part}
    return [
        *found,
        Sample("metalstack_metrics_last_run_timestamp_seconds", time.time(), label),
        Sample("metalstack_metrics_run_success", success, label),
        Sample("metalstack_metrics_run_duration_seconds", time.monotonic() - begun, label),
    ]


def file_of(directory: Path, part: str) -> Path:
    return directory / f"metalstack_metrics_{part}.prom"


def main() -> int:
    top = argparse.ArgumentParser(prog="metalstack-metrics", description=__doc__)
    top.add_argument("part", choices=sorted(PARTS))
    part = top.parse_args().part
    try:
        given = settings.load()
    except settings.BadSettings as error:
        print(error, file=sys.stderr)
        return 1
    write(file_of(given.directory, part), render(told(part, given, PARTS[part])))
    return 0
