"""How long an upgrade of three servers takes, beside restarting each of them by hand and watching it for as long."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench.report import Figure, percentile, table
from bench.site import SERVERS, TREE, VIP, lab, on, play

sys.path.insert(0, str(TREE / "tests" / "drills"))

from cluster import Cluster
from failover import credentials
from probe import Probe
from versions import lab_version, minor_before

NEW = lab_version()
OLD = minor_before(NEW)
SOAK_SECONDS = 10.0
# The project's bars: of three restarts by hand with as much soak, in seconds for nothing to do, and of silence.
RATIO, IDLE_SECONDS, GAP_SECONDS = 1.5, 15.0, 2.0
# Until the API answers and its own node, started after that, is ready again.
RESTART = (
    "systemctl restart k3s && until k3s kubectl get --raw /readyz >/dev/null 2>&1"
    " && k3s kubectl wait --for=condition=Ready node/$(hostname) --timeout=60s >/dev/null 2>&1; do sleep 0.2; done"
)


def main() -> int:
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    if not OLD:
        raise SystemExit(f"there is no k3s of the minor version before {NEW}")
    lab("up", "--fresh")
    lab("k3s", OLD)
    restarts, upgrades, again, gaps = [], [], [], []
    for _round in range(rounds):
        lab("wipe", *SERVERS)
        play("bootstrap", "-e", f"site_k3s_version={OLD}")
        restarts.append(sum(on(host, RESTART) + SOAK_SECONDS for host in SERVERS))
        with tempfile.TemporaryDirectory() as directory:
            tls = credentials(Cluster(list(SERVERS), {"site_api_vip": VIP}), Path(directory))
            with Probe(VIP, 6443, tls) as probe:
                soak = f"upgrade_soak={SOAK_SECONDS:.0f}"
                upgrades.append(play("upgrade", "-e", "upgrade_without_backup=true", "-e", soak))
            gaps.append(probe.gap)
        again.append(play("upgrade"))
        if again[-1].changed():
            raise SystemExit(f"a second upgrade changed something:\n{again[-1].output[-4000:]}")
    bare, by_hand = f"three bare restarts and soak, p50 of {rounds}", percentile(restarts, 0.5)
    upgraded = percentile([run.seconds for run in upgrades], 0.5)
    idle = percentile([run.seconds for run in again], 0.5)
    print("\n".join(upgrades[-1].phases()))
    print(
        "\n".join(
            table(
                [
                    Figure(bare, by_hand),
                    Figure(f"upgrade from {OLD} to {NEW}", upgraded, bare, bar=RATIO * by_hand),
                    Figure("upgrade with nothing to do", idle, bar=IDLE_SECONDS),
                    Figure("longest silence of the API's address meanwhile", max(gaps), bar=GAP_SECONDS),
                ]
            )
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
