"""How long an upgrade of three servers takes, beside restarting each of them by hand and watching it for as long."""

from __future__ import annotations

import os
import sys

from bench.report import Figure, percentile, table
from bench.site import SERVERS, lab, on, play

OLD, NEW = "v1.34.4+k3s1", "v1.35.4+k3s1"
SOAK_SECONDS = 10.0
# Until the API answers and its own node, started after that, is ready again.
RESTART = (
    "systemctl restart k3s && until k3s kubectl get --raw /readyz >/dev/null 2>&1"
    " && k3s kubectl wait --for=condition=Ready node/$(hostname) --timeout=60s >/dev/null 2>&1; do sleep 0.2; done"
)


def main() -> int:
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    lab("up", "--fresh")
    lab("k3s", OLD)
    restarts, upgrades, again = [], [], []
    for _round in range(rounds):
        lab("wipe", *SERVERS)
        play("bootstrap", "-e", f"site_k3s_version={OLD}")
        restarts.append(sum(on(host, RESTART) + SOAK_SECONDS for host in SERVERS))
        upgrades.append(play("upgrade", "-e", "upgrade_without_backup=true", "-e", f"upgrade_soak={SOAK_SECONDS:.0f}"))
        again.append(play("upgrade"))
        if again[-1].changed():
            raise SystemExit(f"a second upgrade changed something:\n{again[-1].output[-4000:]}")
    bare = f"three bare restarts and soak, p50 of {rounds}"
    print("\n".join(upgrades[-1].phases()))
    print(
        "\n".join(
            table(
                [
                    Figure(bare, percentile(restarts, 0.5)),
                    Figure(f"upgrade from {OLD} to {NEW}", percentile([run.seconds for run in upgrades], 0.5), bare),
                    Figure("upgrade with nothing to do", percentile([run.seconds for run in again], 0.5)),
                ]
            )
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
