"""One server: readiness, files, node, add-ons, and what ends with it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import cluster
import yaml
from hosts import DATA, ETCD_TLS, Host, until

STAYS_DOWN = "/run/systemd/system/k3s.service.d/stays-down.conf"


def test_systemd_is_told_when_the_api_is_ready(readiness: str) -> None:
    assert readiness.strip() == "ok"


def test_tokens_are_written_for_those_who_join(founder: Host) -> None:
    ca = founder.run(f"cat {DATA}/server/tls/server-ca.crt")
    given = {name: founder.run(f"cat /etc/rancher/k3s/{name}").strip() for name in ("token", "agent-token")}
    start = f"K10{hashlib.sha256(ca.encode()).hexdigest()}::"
    assert founder.run(f"cat {DATA}/server/token").strip() == f"{start}server:{given['token']}"
    assert founder.run(f"cat {DATA}/server/node-token").strip() == f"{start}server:{given['token']}"
    assert founder.run(f"cat {DATA}/server/agent-token").strip() == f"{start}node:{given['agent-token']}"


def test_secret_files_are_for_root_alone(founder: Host) -> None:
    files = [f"{DATA}/server/{name}" for name in (
        "token", "cred/passwd", "cred/encryption-config.json", "tls/server-ca.key", "tls/client-ca.key",
        "tls/client-admin.key", "tls/etcd/server-ca.key", "tls/etcd/client.key", "cred/supervisor.kubeconfig",
    )]  # fmt: skip
    assert set(founder.run(f"stat -c %a {' '.join(files)} /etc/rancher/node/password").split()) == {"600"}


def test_certificates_lie_where_the_roles_look(founder: Host) -> None:
    names = ("server-ca", "client-ca", "request-header-ca", "client-admin", "serving-kube-apiserver", "etcd/server-ca",
             "etcd/peer-ca", "etcd/client", "etcd/server-client", "etcd/peer-server-client")  # fmt: skip
    for name in names:
        founder.run(f"openssl x509 -noout -checkend 864000 -in {DATA}/server/tls/{name}.crt")


def test_the_datastore_lies_where_the_roles_look(founder: Host) -> None:
    founder.run(f"test -d {DATA}/server/db/etcd/member/wal")
    assert founder.run(f"cat {DATA}/server/db/etcd/name").startswith("server1-")


def test_the_kubeconfig_is_whole_and_points_to_this_host(founder: Host) -> None:
    config = yaml.safe_load(founder.run("cat /etc/rancher/k3s/k3s.yaml"))
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    assert {"client-certificate-data", "client-key-data"} <= config["users"][0]["user"].keys()


def test_kubectl_is_there_by_its_own_name(founder: Host) -> None:
    assert founder.run("kubectl get nodes -o name").strip() == founder.kubectl("get nodes -o name").strip()


def test_nobody_gets_in_without_a_credential(founder: Host) -> None:
    code = "curl -sk -o /dev/null -w '%{http_code}' https://127.0.0.1:6443/api/v1/nodes"
    assert founder.run(code).strip() == "401"


def test_the_node_carries_its_roles(founder: Host) -> None:
    meta = founder.get("node server1")["metadata"]
    assert meta["labels"]["node-role.kubernetes.io/control-plane"] == "true"
    assert meta["labels"]["node-role.kubernetes.io/etcd"] == "true"
    assert meta["annotations"]["etcd.k3s.cattle.io/node-address"] == founder.address
    assert meta["annotations"]["etcd.k3s.cattle.io/node-name"] == founder.run(f"cat {DATA}/server/db/etcd/name").strip()


def test_the_node_has_address_taint_and_pod_range(founder: Host) -> None:
    node = founder.get("node server1")
    assert {"type": "InternalIP", "address": founder.address} in node["status"]["addresses"]
    assert {"key": "contract/taint", "value": "yes", "effect": "PreferNoSchedule"} in node["spec"]["taints"]
    assert node["spec"]["podCIDR"].endswith("/23")
    assert node["status"]["capacity"]["pods"] == "256"


def test_etcd_answers_json_on_loopback(founder: Host) -> None:
    status = founder.etcd("maintenance/status")
    assert int(status["leader"])
    assert not status.get("isLearner")
    assert founder.etcd("maintenance/alarm", action="GET").get("alarms", []) == []


def test_a_start_defragments_and_takes_alarms_back(founder: Host) -> None:
    """It does not compact: what only history holds stays, and keeps its space."""
    tls = f"--cacert {ETCD_TLS}/server-ca.crt --cert {ETCD_TLS}/client.crt --key {ETCD_TLS}/client.key"
    put = f"curl -sS -m 5 {tls} https://127.0.0.1:2382/v3/kv/put -d @-"
    value = "head -c 300000 /dev/urandom | base64 -w0"
    body = f'printf \'{{"key": "AAAA", "value": "%s"}}\' $({value})'
    founder.run(f"for each in 1 2 3 4 5 6 7 8; do {body} | {put}; done")
    revision = founder.etcd("kv/put", key="AAAA")["header"]["revision"]
    founder.etcd("kv/compaction", revision=revision, physical=True)
    founder.etcd("kv/deleterange", key="AAAA")
    before = founder.etcd("maintenance/status")
    assert _unused(before) > 1 << 20
    founder.etcd("maintenance/alarm", action="ACTIVATE", memberID=before["header"]["member_id"], alarm="NOSPACE")
    founder.run("timeout 150 systemctl restart k3s")
    assert founder.etcd("maintenance/alarm", action="GET").get("alarms", []) == []
    assert _unused(founder.etcd("maintenance/status")) < 1 << 20
    assert founder.etcd("kv/range", key="AAAA", revision=revision)["count"] == "1"
    founder.await_node("server1")


def _unused(status: dict[str, Any]) -> int:
    return int(status["dbSize"]) - int(status["dbSizeInUse"])


def test_the_member_is_a_voter(founder: Host) -> None:
    condition = founder.condition("server1", "EtcdIsVoter")
    assert (condition["status"], condition["reason"]) == ("True", "MemberNotLearner")


def test_secrets_are_encrypted_at_rest(founder: Host) -> None:
    founder.kubectl("create secret generic contract --from-literal=word=plain-contract-word")
    key = base64.b64encode(b"/registry/secrets/default/contract").decode()
    kept = base64.b64decode(founder.etcd("kv/range", key=key)["kvs"][0]["value"])
    assert kept.startswith(b"k8s:enc:aescbc:v1:")
    assert b"plain-contract-word" not in kept


def test_images_are_imported_at_start(founder: Host) -> None:
    assert "docker.io/rancher/mirrored-library-busybox:1.37.0" in founder.run("k3s ctr images ls -q")


def test_packaged_add_ons_are_deployed_unless_disabled(founder: Host) -> None:
    until(lambda: founder.get("-n kube-system deployment coredns"), "CoreDNS is deployed")
    until(lambda: founder.get("storageclass local-path"), "local-path is a storage class")
    assert "traefik" not in founder.kubectl(
        "-n kube-system get deployments,helmcharts -o name --ignore-not-found || true"
    )


def test_manifests_are_applied(founder: Host) -> None:
    content = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "contract"}, "data": {"key": "value"}}
    founder.put(f"{DATA}/server/manifests/contract.yaml", json.dumps(content))
    until(lambda: founder.get("configmap contract")["data"] == {"key": "value"}, "the manifest is applied")


def test_pods_outlive_k3s_and_its_control_plane_does_not(founder: Host) -> None:
    founder.kubectl("apply -f -", json.dumps(cluster.pod("contract")))
    until(lambda: founder.get("pod contract")["status"]["phase"] == "Running", "the pod runs")
    sleeping = founder.run("pgrep -f '^sleep 8640[0]'").strip()
    main = founder.run("systemctl show -P MainPID k3s").strip()
    founder.put(STAYS_DOWN, "[Service]\nRestart=no\n")
    founder.run(f"systemctl daemon-reload && kill -KILL {main}")
    try:
        listening = "ss -Hltn '( sport = :6443 or sport = :2379 or sport = :10250 )'"
        until(lambda: not founder.run(listening).strip(), "API, etcd and kubelet are gone", 20)
        assert founder.run("pgrep -f '^sleep 8640[0]'").strip() == sleeping
    finally:
        founder.run(f"rm {STAYS_DOWN}; systemctl daemon-reload; systemctl restart k3s")
    founder.await_node("server1")
    assert founder.run("pgrep -f '^sleep 8640[0]'").strip() == sleeping
    founder.kubectl("delete pod contract --wait=false")
