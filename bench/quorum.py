"""How soon three servers vote again, two of which were lost with their disks; beside the same by hand.

python -m bench.quorum [--rounds 10] [--minutes 60]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import bare
from bench.founded import CLUSTER, found, in_turn
from bench.report import table
from bench.rounds import limits
from bench.site import SERVERS, TREE, lab, play

sys.path.insert(0, str(TREE / "tests" / "drills"))

from cluster import wait_until

# The project's bar, in seconds.
SECONDS = 300
BY_HAND, OURS = "quorum recovery by a bare script", "quorum recovery, from two new hosts"


def lose() -> None:
    """Lose two servers, and have new hosts in their place."""
    lab("kill", *SERVERS[1:])
    wait_until("the API is not ready", lambda: not CLUSTER.succeeds(SERVERS[0], "get --raw=/readyz"))
    lab("wipe", *SERVERS[1:])


def main() -> int:
    asked = limits(__doc__)
    found()
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        bare.capture(work)
        ways = {
            OURS: lambda: play("restore", "-e", "restore_mode=survivor", "-e", "restore_confirm=lab").seconds,
            BY_HAND: lambda: bare.run(work, "survivor").seconds,
        }
        taken = in_turn(asked, lose, ways)
    print("\n".join(table(taken.beside(BY_HAND, OURS, SECONDS))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
