"""Samples that a host writes all the while, one a second: whoever changes monitoring loses none of them."""

from __future__ import annotations

from dataclasses import dataclass

from cluster import Cluster

# What is asked of a store, or of all of a cluster.
COUNT = "count_over_time(drill_turn[1h])"
UNIT, FILE = "drill-turns.service", "/run/drill-turns"
# By way of the agent, which keeps what nobody takes yet. What it took is counted.
LOOP = (
    f"rm -f {FILE}; systemd-run --quiet --unit={UNIT} bash -c 'count=0; while sleep 1; do echo drill_turn 1 | curl -fsS"
    " -m 5 --data-binary @- http://127.0.0.1:8429/api/v1/import/prometheus && count=$((count + 1)) && echo $count"
    f" >{FILE}; done'"
)


@dataclass
class Turns:
    """Use it as a context, once in an hour; C(written) is how many there are then."""

    cluster: Cluster
    host: str
    written: int = 0

    def __enter__(self) -> Turns:
        self.cluster.on(self.host, LOOP)
        return self

    def __exit__(self, *_error: object) -> None:
        self.cluster.on(self.host, f"systemctl stop {UNIT}")
        self.written = int(self.cluster.on(self.host, f"cat {FILE}"))
