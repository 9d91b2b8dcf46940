"""How soon data that must not start are refused, and a site that would begin beside its backups.

python -m bench.gate [--rounds 10] [--minutes 30]
"""

from __future__ import annotations

import sys

from bench.founded import STORAGE, found
from bench.report import table
from bench.rounds import Taken, limits
from bench.site import SERVERS, lab, on, play, refused

GATE = "metalstack-backup gate"
RECORD = "/var/lib/metalstack/backup/record.json"
# As on a disk that was away during a restore: the storage knows of a later generation.
OLDER = f'cp -a {RECORD} {RECORD}.kept && sed -i \'s/"generation": [0-9]*/"generation": 0/\' {RECORD}'
REFUSED = 3
# The project's bar for a refusal, in seconds.
SECONDS = 10
ALLOWS, DOWN, REFUSES = "gate, data that may start", "gate, object storage down", "gate, data of before a restore"
JUDGED, BEGINS = "validate on empty hosts", "bootstrap on empty hosts beside sets, refused"


def main() -> int:
    asked, taken = limits(__doc__), Taken()
    found(STORAGE)
    play("backup", "-e", "backup_reason=bench")
    host = SERVERS[0]
    for _number in asked.each():
        taken.add(ALLOWS, on(host, GATE))
        on(host, OLDER)
        taken.add(REFUSES, on(host, f"{GATE}; test $? = {REFUSED}"))
        on(host, f"mv {RECORD}.kept {RECORD}")
        lab("kill", STORAGE)
        taken.add(DOWN, on(host, GATE))
        lab("start", STORAGE)
    lab("wipe", *SERVERS)
    for _number in asked.each():
        taken.add(JUDGED, play("validate").seconds)
        taken.add(BEGINS, refused("set site_recovery to restore", "bootstrap").seconds)
    allows, judged = taken.figures(ALLOWS), taken.figures(JUDGED)
    figures = [*allows, *taken.figures(REFUSES, allows[0].name, bar=SECONDS), *taken.figures(DOWN, allows[0].name)]
    figures += [*judged, *taken.figures(BEGINS, judged[0].name, "0 changed", SECONDS)]
    print("\n".join(table(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
