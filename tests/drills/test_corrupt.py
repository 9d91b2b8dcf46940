"""E1: a member of etcd is found to have other data than the rest."""

from __future__ import annotations

import json

import pytest
from alerts import fires, resolves
from cluster import GATEWAY, Cluster, wait_until
from playbook import play
from scenario import also


def alarm(cluster: Cluster, action: str, member: str) -> None:
    """Raise the alarm as etcd does itself, or take it back."""
    body = json.dumps({"action": action, "memberID": member, "alarm": "CORRUPT"})
    ask = GATEWAY.replace("cluster/member/list", "maintenance/alarm").replace("'{}'", f"'{body}'")
    answer = cluster.on(cluster.servers[0], ask)
    assert "error" not in json.loads(answer), answer


@also("E1")
@pytest.mark.long
def test_a_member_with_other_data_is_told_until_its_alarm_is_taken_back(cluster: Cluster) -> None:
    """etcd neither reads nor writes meanwhile; nothing of it is lost."""
    first, _second, victim = cluster.servers
    identities = cluster.identities()
    member = next(each["ID"] for each in cluster.members() if each["name"].startswith(f"{victim}-"))
    alarm(cluster, "ACTIVATE", member)
    try:
        wait_until("nothing can be written", lambda: not cluster.writes(first))
        found = play("status")
        assert found.returncode and "etcd raises no alarm" in found.output and "CORRUPT on " in found.output
        fires(cluster, "EtcdMemberCorrupt")
    finally:
        alarm(cluster, "DEACTIVATE", member)
    wait_until("it can be written again", lambda: cluster.writes(first), timeout=180)
    wait_until("the cluster is complete", cluster.is_complete, timeout=300)
    assert cluster.identities() == identities
    resolves(cluster, "EtcdMemberCorrupt")
    assert play("bootstrap").succeeded().changed() == 0
