"""How soon a dead server is out of the cluster, a set made before, and its successor votes; beside the same by hand.

python -m bench.replace [--rounds 10] [--minutes 90]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import bare
from bench.founded import CLUSTER, STORAGE, complete, found
from bench.report import table
from bench.rounds import Taken, limits
from bench.site import SERVERS, TREE, lab, play

sys.path.insert(0, str(TREE / "tests" / "drills"))

from cluster import wait_until

# The project's bar for both parts together, in seconds.
SECONDS = 600
# Not the first one, which is the primary of the names, too.
VICTIM = SERVERS[-1]
ARGUMENTS = ("-e", f"replace_node={VICTIM}", "-e", "replace_confirm=lab")
BY_HAND, OUT, IN = "forgotten and entered by a bare script", "a dead server taken out", "its successor taken in"
BOTH = "replaced, both together"


def main() -> int:
    asked, taken = limits(__doc__), Taken()
    found(STORAGE)
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        bare.capture(work)
        for _number in asked.each():
            lab("kill", VICTIM)
            wait_until("its node is not ready", lambda: not CLUSTER.ready(SERVERS[0], VICTIM))
            out = play("replace_node", *ARGUMENTS, "-e", f"replace_fenced={VICTIM}").seconds
            lab("wipe", VICTIM)
            again = play("replace_node", *ARGUMENTS).seconds
            complete()
            for name, seconds in ((OUT, out), (IN, again), (BOTH, out + again)):
                taken.add(name, seconds)
            lab("wipe", VICTIM)
            taken.add(BY_HAND, bare.run(work, "replace").seconds)
            complete()
    by_hand = taken.figures(BY_HAND)
    figures = [*by_hand, *taken.figures(OUT), *taken.figures(IN, by_hand[0].name)]
    print("\n".join(table([*figures, *taken.figures(BOTH, by_hand[0].name, bar=SECONDS)])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
