"""Bootstrap, run again, fail over: ours against a bare script and, with K3S_ANSIBLE=<checkout>, against k3s-ansible."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench import bare, k3s_ansible, vip
from bench.report import Figure, table
from bench.site import assert_cluster, lab, play, restarts


def ours(figures: list[Figure]) -> None:
    """Build the cluster with the production playbook, then run it again with nothing to do."""
    lab("wipe", "--all")
    first = play("bootstrap")
    assert_cluster()
    before = restarts()
    again = play("bootstrap")
    if restarts() != before or again.changed():
        raise SystemExit("the second run changed or restarted something:\n" + again.output[-4000:])
    # The bare script and k3s-ansible serve neither names nor time.
    services = first.seconds_of("chrony/", "powerdns/", "dns_resolver/")
    figures.append(
        Figure("bootstrap", first.seconds - services, "bare script", f"{first.tasks()} tasks, without names and time")
    )
    figures.append(Figure("  names and time besides", services))
    figures.append(
        Figure("bootstrap again", again.seconds, "bootstrap", f"{again.tasks()} tasks, 0 changed, 0 restarts")
    )
    figures.append(Figure("  of it the cluster roles", again.seconds_of("k3s_cluster/", "kube_vip/")))
    figures.append(Figure("  of it names and time", again.seconds_of("chrony/", "powerdns/", "dns_resolver/")))
    print("\n".join(["phases of the first run", *first.phases(), "", "phases of the second run", *again.phases(), ""]))


def main() -> int:
    figures: list[Figure] = []
    lab("up")
    ours(figures)
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        print("\n".join(vip.measure(rounds=int(os.environ.get("BENCH_ROUNDS", "10")))), flush=True)
        bare.capture(work)
        lab("wipe", "--all")
        figures.insert(0, Figure("bare script", bare.run(work).seconds))
        assert_cluster()
        if checkout := os.environ.get("K3S_ANSIBLE"):
            figures += k3s_ansible.measure(Path(checkout), work)
    print("\n".join(table(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
