"""A minor version that runs and yet does not do: nothing but the set of before is a way back, and the run names it."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator

import pytest
from backups import canary, names, restore, with_storage
from cluster import Cluster, lab
from playbook import play, said
from scenario import also, measured
from test_restore_component import sets
from test_rolling import windows
from test_upgrade_minor import AT_OLD, NEW, OLD, closed, versions

# Of a name server that is there and yet answers nobody.
SILENCE = "table inet drill { chain input { type filter hook input priority -300; udp dport 53 drop; }; }"
RULES, HOOK = "/root/silence.nft", "/etc/systemd/system/k3s.service.d/silence.conf"
SPEAK = "nft delete table inet drill"
QUICKLY = ("-e", json.dumps({"upgrade_soak": 2}))


@pytest.fixture(scope="module", autouse=True)
def older_site(cluster: Cluster) -> Iterator[None]:
    """Found a site anew with the older version, and have it backed up."""
    if not OLD:
        pytest.skip(f"there is no k3s of the minor version before {NEW}: put one into the directory of LAB_K3S_DIR")
    with_storage(cluster)
    lab("k3s", OLD, timeout=3000)
    lab("wipe", *cluster.servers)
    play("bootstrap", *AT_OLD, "-e", "site_recovery=fresh").succeeded()
    yield
    del os.environ["LAB_HOSTS"]


@pytest.fixture
def silenced(cluster: Cluster) -> Iterator[str]:
    """Give the server whose turn is the first, with what it takes to silence its name server."""
    [first, *_others] = re.findall(r"upgrade (\w+) from", said(play("upgrade", "--check").succeeded()))
    cluster.on(first, f"cat > {RULES}", stdin=SILENCE)
    yield first
    cluster.on(first, f"{SPEAK}; rm -rf {RULES} {HOOK}; systemctl daemon-reload", check=False)


@also("U2")
def test_a_name_server_that_is_silent_before_keeps_every_server_as_it_is(cluster: Cluster, silenced: str) -> None:
    before = windows(cluster)
    cluster.on(silenced, f"nft -f {RULES}")
    refused = play("upgrade", *QUICKLY)
    assert refused.returncode != 0 and "Verify that names are answered" in refused.output, refused.output[-4000:]
    assert "Stop k3s" not in refused.output
    assert (windows(cluster), set(versions(cluster).values())) == (before, {OLD})


@also("U2")
def test_a_minor_version_that_does_not_do_is_gone_back_from(cluster: Cluster, silenced: str) -> None:
    canary(cluster, "before")
    # Once k3s of before has stopped, nobody is answered there any more.
    hook = f"[Service]\nExecStopPost=/usr/sbin/nft -f {RULES}\n"
    cluster.on(silenced, f"mkdir -p $(dirname {HOOK}); cat > {HOOK}; systemctl daemon-reload", stdin=hook)
    known = sets(cluster)
    run = play("upgrade", *QUICKLY)
    told = said(run)
    assert run.returncode != 0 and "did not succeed" in told, run.output[-4000:]
    last = told[told.rindex(f"{silenced} was not upgraded to {NEW}, and nothing more is changed.") :]
    assert "It stays closed for pods" in last
    [name] = (each for each in sets(cluster) - known if each.endswith("-before-upgrade"))
    # However it was wrapped.
    assert f"restorewithsite_k3s_version={OLD}andrestore_set={name}." in last.replace(" ", "")
    assert versions(cluster) == {host: NEW if host == silenced else OLD for host in cluster.servers}
    assert closed(cluster) == [silenced]
    canary(cluster, "after")

    back = ("-e", f"restore_set={name}", *AT_OLD)
    refused = restore(cluster, *back)
    assert refused.returncode and refused.changed() == 0 and "V20" in refused.output, refused.output[-3000:]
    began = time.monotonic()
    cluster.on(silenced, f"{SPEAK}; rm {HOOK}; systemctl daemon-reload")
    play("reset", "-e", f"reset_confirm={cluster.site['site_name']}").succeeded()
    restore(cluster, *back).succeeded()
    took = time.monotonic() - began
    measured("U2", "from the remedy's first command to three servers of the minor version before", took)
    assert set(versions(cluster).values()) == {OLD} and closed(cluster) == []
    assert cluster.is_complete()
    assert "before" in names(cluster) and "after" not in names(cluster)
    assert play("bootstrap", *AT_OLD).succeeded().changed() == 0
    # Nothing of all that is in the way of the next attempt.
    play("upgrade", *QUICKLY).succeeded()
    assert set(versions(cluster).values()) == {NEW} and cluster.is_complete()
