"""How soon a site is back that lost all servers, disks and all; beside k3s's part of it, by a script with the snapshot.

python -m bench.restore [--rounds 10] [--minutes 90]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import bare
from bench.founded import CLUSTER, STORAGE, found, in_turn
from bench.report import table
from bench.rounds import limits
from bench.site import SERVERS, lab, on, play

# The project's bar, in seconds.
SECONDS = 300
BY_HAND, OURS = "k3s alone, by a bare script", "total restore, with time and names"
SNAPSHOTS = "/var/lib/rancher/k3s/server/db/snapshots"
# A restore holds it at first, as on any site where something acts by itself.
ACTS = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: yearly, namespace: default}
spec:
  schedule: 0 0 1 1 *
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: none, image: none.example/none}]}}}}
"""


def capture(work: Path) -> None:
    """Fetch a snapshot and all else that the script needs."""
    bare.capture(work)
    on(SERVERS[0], "k3s etcd-snapshot save --name=bench")
    bare.fetch_file(SERVERS[0], f"$(ls {SNAPSHOTS}/bench-* | tail -1)", work / "snapshot.db")
    on(SERVERS[0], f"k3s etcd-snapshot delete $(cd {SNAPSHOTS} && ls bench-*)")


def main() -> int:
    asked = limits(__doc__)
    found(STORAGE)
    CLUSTER.apply(SERVERS[0], ACTS)
    play("backup", "-e", "backup_reason=bench")
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        capture(work)
        ways = {
            OURS: lambda: play("restore", "-e", "restore_confirm=lab").seconds,
            BY_HAND: lambda: bare.run(work, "restore").seconds,
        }
        taken = in_turn(asked, lambda: lab("wipe", *SERVERS), ways)
    print("\n".join(table(taken.beside(BY_HAND, OURS, SECONDS))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
