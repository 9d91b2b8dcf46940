"""Another key for Secrets: predicted, made, killed half-way, gone on with, and the former one is of no use."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from alerts import fires, resolves
from backups import AFTER_ROTATION, canary, rehearsed
from cluster import GATEWAY, Cluster
from failover import carries, is_etcd_leader
from playbook import play, start
from scenario import measured, scenario
from test_rolling import windows
from test_upgrade_minor import second

KEYS = ("-e", "rotate=encryption_keys")
CONFIG = "/var/lib/rancher/k3s/server/cred/encryption-config.json"
MARKER = "/var/lib/rancher/k3s/rotation.json"
RANGE = GATEWAY.replace("cluster/member/list", "kv/range").replace("'{}'", "@-")


def status(cluster: Cluster, host: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cluster.on(host, "k3s secrets-encrypt status -o json"))
    return found


def names(cluster: Cluster) -> set[tuple[str, ...]]:
    """Return the keys that the servers have, each by the names of its own."""
    found = set()
    for host in cluster.servers:
        [resource] = json.loads(cluster.on(host, f"cat {CONFIG}"))["resources"]
        found.add(tuple(key["name"] for key in resource["providers"][0]["aescbc"]["keys"]))
    return found


def prefixes(cluster: Cluster) -> set[str]:
    """Return what the Secrets in etcd say of the key that they are encrypted with."""
    ends = {"key": "/registry/secrets/", "range_end": "/registry/secrets0"}
    asked = json.dumps({name: base64.b64encode(text.encode()).decode() for name, text in ends.items()})
    values = json.loads(cluster.on(cluster.servers[0], RANGE, stdin=asked))["kvs"]
    return {base64.b64decode(entry["value"])[:200].decode(errors="replace").partition("Z:")[0] for entry in values}


def words(cluster: Cluster, name: str) -> set[str]:
    """Return what each server's own API reads in a Secret."""
    found = [cluster.kubectl(host, f"get secret {name}")["data"]["word"] for host in cluster.servers]
    return {base64.b64decode(word).decode() for word in found}


@scenario(
    id="C3",
    title="The rotation of the key of Secrets is interrupted",
    initial_cluster="servers that were not restarted yet can't read Secrets, and what is written there meanwhile is"
    " lost; where k3s itself died while it made the key, nobody may read any more what it had written anew",
    target_cluster="runs on; who manages it can't read its Secrets in the initial cluster for as long",
    end_users="none",
    detection="`bootstrap` and `upgrade` say that a rotation has begun and not ended; on any server"
    " `k3s secrets-encrypt status` tells that hashes do not match",
    remedy="run `rotate` with `-e rotate=encryption_keys` again, from anywhere: it goes on where it was. Where k3s"
    " itself died while it made the key: `reset`, and `restore` the set `before-rotation`",
)
@pytest.mark.long
def test_a_rotation_of_the_key_for_secrets_that_was_killed_is_gone_on_with(
    cluster: Cluster, backed_up_site: None, tmp_path: Path
) -> None:
    canary(cluster, "exchanged")
    [former] = names(cluster)
    before, proven = windows(cluster), rehearsed(cluster, AFTER_ROTATION)
    predicted = " ".join(play("rotate", *KEYS, "--check").succeeded().output.split())
    assert "make a new key for Secrets on" in predicted
    [holder] = [host for host in cluster.servers if carries(cluster, host, cluster.vip)]
    # Who leads etcd comes last in any case.
    assert is_etcd_leader(cluster, holder) or f"make a new key for Secrets on {holder} " in predicted
    assert "no Secret is to be made or changed" in predicted
    assert all(f"restart {host}, because Secrets have another key" in predicted for host in cluster.servers)
    assert (names(cluster), windows(cluster)) == ({former}, before)

    begin = time.monotonic()
    run = start("rotate", tmp_path, *KEYS)
    try:
        run.wait_for(second("Check that every server still takes part"))
    finally:
        run.kill()
    measured("C3", "from the start to a key that no server was restarted with", time.monotonic() - begin)
    assert len(names(cluster)) == 2 and windows(cluster) == before
    # Who has made it reads what was written anew with it, the others do not yet.
    assert len([host for host in cluster.servers if cluster.succeeds(host, "get secret exchanged")]) == 1
    assert all("hasherror" in status(cluster, host) for host in cluster.servers)
    fires(cluster, "RotationHalfWay", "encryption_keys")
    begin = time.monotonic()
    said = " ".join(play("bootstrap").output.split())
    measured("C3", "until the playbook bootstrap has told", time.monotonic() - begin)
    assert "a rotation of encryption_keys has begun" in said
    refused = play("rotate", "-e", "rotate=certificates")
    assert refused.returncode != 0 and "a rotation of encryption_keys has begun" in " ".join(refused.output.split())

    begin = time.monotonic()
    play("rotate", *KEYS).succeeded()
    measured("C3", "the same command again: three servers restarted, proved and backed up", time.monotonic() - begin)
    after = windows(cluster)
    assert all(after[host][0] > before[host][1] for host in cluster.servers)
    [key] = names(cluster)
    assert len(key) == 1 and key != former
    assert prefixes(cluster) == {f"k8s:enc:aescbc:v1:{key[0].removesuffix('Z')}"}
    told = [status(cluster, host) for host in cluster.servers]
    assert all(each["hashmatch"] and each["stage"] == "reencrypt_finished" for each in told), told
    assert words(cluster, "exchanged") == {"kept-through-it-all"}
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    assert all("No such file" in cluster.on(host, f"ls {MARKER} 2>&1", check=False) for host in cluster.servers)
    assert cluster.is_complete()
    resolves(cluster, "RotationHalfWay")
    assert play("bootstrap").succeeded().changed() == 0
