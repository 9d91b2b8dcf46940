"""Who comes with a token of OpenID Connect: let in, refused, and no hindrance to anybody else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, wait_until
from cryptography.hazmat.primitives.asymmetric import rsa
from issuer import URL, Issuer
from playbook import Run, play

ASK = (
    "curl -sS -m 10 --cacert /var/lib/rancher/k3s/server/tls/server-ca.crt -H @- -o /dev/null -w '%{http_code}'"
    " 'https://127.0.0.1:6443/api/v1/namespaces/kube-system/secrets?limit=1'"
)
WHO = (
    "curl -sS -m 10 --cacert /var/lib/rancher/k3s/server/tls/server-ca.crt -H @- -H 'Content-Type: application/json'"
    ' -d \'{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}\''
    " https://127.0.0.1:6443/apis/authentication.k8s.io/v1/selfsubjectreviews"
)
FILE = "/etc/rancher/k3s/authentication.yaml"
# The API looks at its file once a minute.
RELOAD = 150


def bootstrap(issuers: list[dict[str, Any]], *administrators: str) -> Run:
    variables = {"site_oidc_issuers": issuers, "site_oidc_administrators": list(administrators)}
    return play("bootstrap", "-e", json.dumps(variables))


def answer(cluster: Cluster, host: str, token: str) -> str:
    """Return the status that the host's own API gives whoever asks for Secrets with this token."""
    return cluster.on(host, ASK, stdin=f"Authorization: Bearer {token}\n").strip()


def answers(cluster: Cluster, token: str) -> set[str]:
    return {answer(cluster, host, token) for host in cluster.servers}


def began(cluster: Cluster) -> list[str]:
    """Return when k3s came up on each server."""
    ask = "systemctl show -P ActiveEnterTimestampMonotonic k3s.service"
    return [cluster.on(host, ask).strip() for host in cluster.servers]


@pytest.mark.long
def test_tokens_of_an_issuer_open_what_they_should_and_its_silence_keeps_nobody_else_out(
    cluster: Cluster, tmp_path: Path
) -> None:
    first = cluster.servers[0]
    issuer = Issuer(tmp_path)
    described = {"url": URL, "audiences": ["k3s"], "ca": issuer.ca}
    with issuer:
        bootstrap([described], "oidc:operators").succeeded()
        assert cluster.is_complete()
        assert bootstrap([described], "oidc:operators").succeeded().changed() == 0
        operator, now = issuer.token(groups=["operators"]), int(time.time())
        wait_until("the API knows the issuer", lambda: answers(cluster, operator) == {"200"})
        told = json.loads(cluster.on(first, WHO, stdin=f"Authorization: Bearer {operator}\n"))["status"]["userInfo"]
        assert told["username"] == "oidc:alice" and "oidc:operators" in told["groups"]
        refused = {
            "no rights": (issuer.token(), "403"),
            "a group of Kubernetes' own": (issuer.token(groups=["system:masters"]), "403"),
            "expired": (issuer.token(groups=["operators"], exp=now - 60), "401"),
            "for somebody else": (issuer.token(groups=["operators"], aud="status"), "401"),
            "of another issuer": (issuer.token(groups=["operators"], iss="https://192.0.2.1"), "401"),
            "of another key": (issuer.token(rsa.generate_private_key(65537, 2048), groups=["operators"]), "401"),
        }
        assert {what: answers(cluster, token) for what, (token, _status) in refused.items()} == {
            what: {status} for what, (_token, status) in refused.items()
        }

        # What changes later the API reads by itself.
        before = began(cluster)
        bootstrap([{**described, "audiences": ["k3s", "status"]}], "oidc:others").succeeded()
        assert began(cluster) == before
        other = issuer.token(groups=["others"], aud="status")
        wait_until("the other client", lambda: answers(cluster, other) == {"200"}, timeout=RELOAD)
        assert answers(cluster, operator) == {"403"}

    # The issuer is down, also for a server that starts meanwhile.
    cluster.on(first, "systemctl restart k3s.service", timeout=180)
    wait_until("the server is back", lambda: cluster.succeeds(first, "get --raw=/readyz"))
    assert cluster.writes(first) and cluster.is_complete()
    assert answer(cluster, first, other) == "401"
    with issuer:
        wait_until("the API has found its issuer", lambda: answers(cluster, other) == {"200"})

        bootstrap([]).succeeded()
        assert answers(cluster, other) == {"401"}
        assert not cluster.succeeds(first, "get clusterrolebinding metalstack-oidc-administrators")
        assert [cluster.on(host, f"ls {FILE}; true").strip().startswith("ls:") for host in cluster.servers] == [
            True
        ] * 3
        assert play("bootstrap").succeeded().changed() == 0
        assert cluster.is_complete()
