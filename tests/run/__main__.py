"""Run the suites of a target and close with one line of counts.

python tests/run check              all suites of a target (check, test, drill, bench)
python tests/run sanity-2.19 docs   single suites
python tests/run --list
"""

from __future__ import annotations

import argparse
import signal
import sys
import time

from counts import Counts, reasons
from pool import LOGS, ROOT, Result, run_all
from suites import SUITES, Suite

TAIL = 60


def select(names: list[str]) -> list[Suite]:
    """The suites that are named, by target or by their own name."""
    known = {suite.name for suite in SUITES} | {target for suite in SUITES for target in suite.targets}
    if unknown := sorted(set(names) - known):
        sys.exit(f"no such suite or target: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [suite for suite in SUITES if suite.name in names or set(suite.targets) & set(names)]


def report(result: Result) -> None:
    if result.counts.failed and not result.suite.shown:
        print(f"\n==> {result.suite.name}: {result.suite.command}")
        lines = result.output.rstrip().splitlines()
        if len(lines) > TAIL:
            print(f"… the whole is in {(LOGS / result.suite.name).relative_to(ROOT)}.log")
        print("\n".join(lines[-TAIL:]) + "\n")
    verdict = "FAILED" if result.counts.failed else "ok" if result.counts.passed else "skipped"
    note = result.last_line() if verdict == "skipped" else str(result.counts)
    spent = f"{result.seconds:7.1f} s, {result.processor:5.0f} s of cpu"
    print(f"{verdict:8}{result.suite.name:22}{spent}  {note}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["check"], metavar="target or suite")
    parser.add_argument("--list", action="store_true", help="show what there is")
    arguments = parser.parse_args()
    if arguments.list:
        for suite in SUITES:
            print(f"{suite.name:22}{' '.join(suite.targets):24}{suite.command}")
        return 0
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # ends what was started, as ^C does
    started = time.monotonic()
    total = Counts()
    failed = []
    for result in run_all(select(arguments.names)):
        report(result)
        total += result.counts
        if result.counts.failed:
            failed.append(result)
    for result in failed:
        print("\n" + "\n".join([f"FAILED  {result.suite.name}", *reasons(result.output)]))
    print(
        f"\n{time.monotonic() - started:.0f} s"
        + (f"; failed: {', '.join(r.suite.name for r in failed)}" if failed else "")
    )
    print(total)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
