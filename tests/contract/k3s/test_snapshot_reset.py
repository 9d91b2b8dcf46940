"""Reset and restore. The last cases of all: each goes on where the one before it has left the cluster."""

from __future__ import annotations

import json
import time

import cluster
import pytest
from hosts import DATA, Done, Host, until

SNAPSHOT = "/var/lib/contract-snapshot"
RESTORE = f"--cluster-reset --cluster-reset-restore-path={SNAPSHOT}"
RESET = "Managed etcd cluster membership has been reset, restart without --cluster-reset flag now"
DIFFERENT_TOKEN = "bootstrap data already found and encrypted with different token"
REMOVED = "etcd.k3s.cattle.io/removed-node-name"
DB = f"{DATA}/server/db"
SECRETS = "tls/server-ca.key tls/client-ca.crt tls/etcd/peer-ca.key tls/service.key cred/encryption-config.json"


def server(host: Host, options: str, environment: str = "") -> Done:
    """`k3s server` in the foreground, which is to end by itself."""
    if RESTORE in options:
        time.sleep(1)  # what it puts aside is named by the second
    done = host.attempt(f"{environment} timeout 120 k3s server {options}", timeout=150)
    assert done.status != 124, f"it did not end: {done.output[-2000:]}"
    return done


def restore(host: Host, environment: str = "") -> None:
    done = server(host, RESTORE, environment)
    assert done.status == 0, done.output[-2000:]
    assert RESET in done.output


def wipe(host: Host) -> None:
    host.run(f"systemctl stop k3s; rm -rf {DB}")


@pytest.fixture(scope="module")
def halted(servers: list[Host]) -> list[Host]:
    """Return the servers, stopped after a snapshot that lies on the first one."""
    first = servers[0]
    first.kubectl("create configmap before")
    first.kubectl("create secret generic sealed --from-literal=word=restored")
    first.kubectl(f"annotate node server2 {REMOVED}=server2-0123abcd")
    name = cluster.save(first, "--name contract")
    first.run(f"cp {DB}/snapshots/{name} {SNAPSHOT}")
    first.kubectl("create configmap after")
    for host in servers:
        host.run("systemctl stop k3s")
    return servers


@pytest.fixture(scope="module")
def restored(halted: list[Host]) -> list[Host]:
    """Return the servers: the first one restored and running, the others stopped with their old data."""
    first = halted[0]
    restore(first)
    first.run("timeout 150 systemctl start k3s")
    first.await_node("server1")
    return halted


def test_a_stopped_server_takes_no_snapshot(halted: list[Host]) -> None:
    done = halted[0].attempt("k3s etcd-snapshot save")
    assert done.status != 0
    assert "connection refused" in done.output


def test_a_restore_is_part_of_a_reset(halted: list[Host]) -> None:
    done = server(halted[0], f"--cluster-reset-restore-path={SNAPSHOT}")
    assert done.status != 0
    assert "--cluster-reset required with --cluster-reset-restore-path" in done.output


def test_no_reset_while_there_is_a_server_to_join(halted: list[Host]) -> None:
    done = server(halted[1], "--cluster-reset")
    assert done.status != 0
    assert "cannot perform cluster-reset while server URL is set" in done.output
    assert halted[1].attempt(f"test -e {DB}/reset-flag").status != 0


def test_a_snapshot_that_is_not_there_costs_nothing(halted: list[Host]) -> None:
    done = server(halted[0], "--cluster-reset --cluster-reset-restore-path=/var/lib/no-such-snapshot")
    assert done.status != 0
    assert "snapshot path does not exist: /var/lib/no-such-snapshot" in done.output
    halted[0].run(f"test -d {DB}/etcd/member/wal && ! test -e {DB}/reset-flag && ! ls -d {DB}/etcd-old-*")


def test_a_damaged_snapshot_is_refused_when_the_old_data_are_moved_aside(halted: list[Host]) -> None:
    first = halted[0]
    first.run(f"head -c -4096 {SNAPSHOT} > {SNAPSHOT}-damaged")
    done = server(first, f"--cluster-reset --cluster-reset-restore-path={SNAPSHOT}-damaged")
    assert done.status != 0
    assert RESET not in done.output
    first.run(f"test -d {DB}/etcd-old-*/member/wal")


def test_another_token_opens_no_snapshot(halted: list[Host]) -> None:
    halted[0].put("/etc/rancher/k3s/another-token", "another")
    done = server(halted[0], f"{RESTORE} --token-file=/etc/rancher/k3s/another-token")
    assert DIFFERENT_TOKEN in done.output
    assert RESET not in done.output


def test_a_restore_that_was_cut_short_is_made_good_by_another(halted: list[Host]) -> None:
    for seconds in (0.6, 1.2, 2.4):
        halted[0].attempt(f"timeout -s KILL {seconds} k3s server {RESTORE}")
    restore(halted[0])


def test_a_second_reset_waits_for_a_start(halted: list[Host]) -> None:
    done = server(halted[0], "--cluster-reset")
    assert done.status != 0
    assert "Managed etcd cluster membership was previously reset" in done.output
    assert f"{DB}/reset-flag" in done.output


def test_a_second_restore_does_not(halted: list[Host]) -> None:
    halted[0].run(f"test -e {DB}/reset-flag")
    restore(halted[0])


def test_the_old_certificates_are_kept(halted: list[Host]) -> None:
    assert "server-ca.key" in halted[0].run(f"ls {DATA}/server/tls-*").split()


def test_what_was_there_is_back_and_what_came_later_is_not(restored: list[Host]) -> None:
    assert restored[0].get("configmap before")["metadata"]["name"] == "before"
    assert restored[0].kubectl("get configmap after --ignore-not-found") == ""


def test_secrets_are_read_with_the_restored_key(restored: list[Host]) -> None:
    assert restored[0].get("secret sealed")["data"] == {"word": "cmVzdG9yZWQ="}


def test_the_first_start_allows_another_reset(restored: list[Host]) -> None:
    until(lambda: restored[0].attempt(f"test -e {DB}/reset-flag").status != 0, "the flag is gone", 60)


def test_one_member_is_left(restored: list[Host]) -> None:
    assert restored[0].members() == {restored[0].address: True}


def test_the_nodes_of_lost_members_stay_and_say_so(restored: list[Host]) -> None:
    for name in ("server2", "server3"):
        until(lambda n=name: restored[0].condition(n, "EtcdIsVoter")["reason"] == "NotAMember", f"{name} is none", 60)


def test_removals_are_forgotten(restored: list[Host]) -> None:
    until(lambda: REMOVED not in restored[0].get("node server2")["metadata"]["annotations"], "no annotation", 60)


APART = """\
set -e
ip address add {address}/32 dev lo
K3S_TOKEN=$(cat /etc/rancher/k3s/token) timeout 120 k3s server {restore}
timeout 120 k3s server --disable-agent --disable-controller-manager --disable-scheduler &
for _ in $(seq 100); do
    sleep 1
    k3s kubectl get secret sealed -n default -o jsonpath='{{.data.word}}' && exit 0
done
exit 1
"""


def test_a_snapshot_is_served_apart_from_a_server_that_runs(restored: list[Host]) -> None:
    """What a rehearsal does: no agent, no controllers, a network and directories of its own."""
    first = restored[0]
    first.put("/root/apart.sh", APART.format(address=first.address, restore=RESTORE))
    first.run("rm -rf /root/apart && mkdir -p /root/apart/data && cp -a /etc/rancher/k3s /root/apart/config")
    binds = f"-p BindPaths=/root/apart/data:{DATA} -p BindPaths=/root/apart/config:/etc/rancher/k3s"
    running = first.run("systemctl show -p MainPID k3s")
    done = first.attempt(
        f"systemd-run --quiet --wait --pipe --collect -p PrivateNetwork=yes -p TemporaryFileSystem=/run/k3s {binds}"
        " -- sh /root/apart.sh 2>&1; status=$?; rm -rf /root/apart /root/apart.sh; exit $status",
        timeout=300,
    )
    assert done.status == 0, done.output[-2000:]
    assert "cmVzdG9yZWQ=" in done.output
    assert first.run("systemctl show -p MainPID k3s") == running
    assert first.members() == {first.address: True}


def test_an_old_datastore_does_not_come_back(restored: list[Host]) -> None:
    first, second, _ = restored
    try:
        assert second.attempt("timeout 30 systemctl start k3s").status != 0
        assert first.members() == {first.address: True}
    finally:
        second.run("systemctl stop k3s")


def test_a_server_without_its_old_data_joins_while_its_node_is_there(restored: list[Host]) -> None:
    first, second, _ = restored
    wipe(second)
    cluster.join(second, first)
    assert first.members() == {first.address: True, second.address: True}


def test_a_file_that_is_newer_than_the_datastores_is_to_be_removed(restored: list[Host]) -> None:
    first, _, third = restored
    wipe(third)
    third.run(f"echo 0123 > {DATA}/server/cred/ipsec.psk")
    done = server(third, "")
    assert done.status != 0
    assert f"{DATA}/server/cred/ipsec.psk newer than datastore and could cause a cluster outage" in done.output
    assert third.address not in first.members()
    third.run(f"rm {DATA}/server/cred/ipsec.psk")
    cluster.join(third, first)
    kept = {host.run(f"sha256sum {DATA}/server/cred/ipsec.psk") for host in restored}
    assert len(kept) == 1


def test_a_running_server_notices_a_newer_file_at_its_next_start(restored: list[Host]) -> None:
    third = restored[2]
    third.run(
        f"systemctl stop k3s; cp -p {DATA}/server/cred/ipsec.psk /root/; echo 0123 > {DATA}/server/cred/ipsec.psk"
    )
    done = server(third, "")
    third.run(f"cp -p /root/ipsec.psk {DATA}/server/cred/ && timeout 150 systemctl start k3s")
    assert done.status != 0
    assert "newer than datastore" in done.output


def test_an_empty_host_gets_the_clusters_own_secrets_back(restored: list[Host]) -> None:
    first = restored[0]
    before = first.run(f"cd {DATA}/server && sha256sum {SECRETS}")
    for host in restored:
        host.run("systemctl stop k3s")
    first.run(f"rm -rf {DATA}/server {DATA}/agent/etc {DATA}/agent/*.crt {DATA}/agent/*.key /etc/rancher/node")
    done = server(first, RESTORE)
    assert done.status != 0
    assert f"{DATA}/server/token does not exist, please pass --token" in done.output, "a file of it does not count"
    restore(first, "K3S_TOKEN=$(cat /etc/rancher/k3s/token)")
    first.run("timeout 150 systemctl start k3s")
    first.await_node("server1")
    assert first.run(f"cd {DATA}/server && sha256sum {SECRETS}") == before
    assert first.get("secret sealed")["data"] == {"word": "cmVzdG9yZWQ="}


def test_a_plain_reset_leaves_one_member_with_all_that_it_knew(restored: list[Host]) -> None:
    first, second, _ = restored
    wipe(second)
    cluster.join(second, first)
    first.kubectl("create configmap kept")
    for host in (first, second):
        host.run("systemctl stop k3s")
    done = server(first, "--cluster-reset")
    assert done.status == 0, done.output[-2000:]
    assert RESET in done.output
    first.run("timeout 150 systemctl start k3s")
    assert first.members() == {first.address: True}
    assert first.get("configmap kept")["metadata"]["name"] == "kept"


QUIET = {
    "disable_agent": True, "disable_controller_manager": True, "disable_scheduler": True, "bind_address": "127.0.0.1",
    "kube_apiserver_arg+": [
        "disable-admission-plugins=MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ValidatingAdmissionPolicy"
    ],
}  # fmt: skip
# Nobody answers it, as where its pods do not run.
WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "contract"},
    "webhooks": [{
        "name": "nobody.contract.example", "clientConfig": {"url": "https://127.0.0.1:9/"}, "failurePolicy": "Fail",
        "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 2,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
    }],
}  # fmt: skip


def test_an_api_alone_runs_nothing_asks_no_webhook_and_answers_nobody_else(restored: list[Host]) -> None:
    """What holds workloads after a restore, until a start as ever."""
    first, second, _ = restored
    first.kubectl("apply -f -", json.dumps(WEBHOOK))
    first.run("systemctl stop k3s")
    first.configure("config.yaml.d/95-quiet.yaml", **QUIET)
    try:
        first.run("timeout 150 systemctl start k3s")
        assert first.kubectl("get --raw /readyz").strip() == "ok"
        first.kubectl("create configmap unasked")
        first.kubectl("apply -f -", json.dumps(cluster.pod("quiet")))
        # Of kubelet, controllers and scheduler.
        listening = first.run("ss -Hltn '( sport = :10250 or sport = :10257 or sport = :10259 )'")
        assert listening.strip() == ""
        knock = second.attempt(f"curl -sk -m 5 https://{first.address}:6443/")
        assert knock.status == 7, "the connection is refused"
        assert first.get("pod quiet")["status"]["phase"] == "Pending"
    finally:
        first.run("systemctl stop k3s; rm /etc/rancher/k3s/config.yaml.d/95-quiet.yaml")
    first.run("timeout 150 systemctl start k3s")
    until(lambda: first.get("pod quiet")["status"]["phase"] == "Running", "the pod runs")
    refused = first.attempt("k3s kubectl create configmap asked")
    assert refused.status != 0
    assert "failed calling webhook" in refused.output
    first.kubectl("delete pod/quiet validatingwebhookconfiguration/contract --wait=false")
