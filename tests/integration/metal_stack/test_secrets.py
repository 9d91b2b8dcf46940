"""Secrets in the cluster: made once, never shown, and never made anew."""

from __future__ import annotations

import base64
import json

from cryptography import x509
from playing import NAMESPACE, RECORD, Stage, play

STRATEGIC = "application/merge-patch+json"


def test_secrets_are_kept_and_a_changed_password_of_a_database_is_refused(stage: Stage):
    stage.components = ("prepare", "nsq", "ipam-db")
    stage.variables = {"ipam_db_password": "given by the inventory"}
    first = play(stage, options=("--diff",))
    kept = stage.secret()
    assert base64.b64decode(kept["ipam_db_password"]).decode() == "given by the inventory"
    assert "given by the inventory" not in first.output
    certificate = base64.b64decode(kept["nsq_certs_client_cert"])
    assert x509.load_pem_x509_certificate(certificate).issuer.rfc4514_string() == "CN=metal-stack initial site CA"
    assert b"PRIVATE KEY" in certificate
    stage.variables = {"ipam_db_password": "another one of it"}
    refused = play(stage, fails=True)
    assert "ipam_db_password is another one than the database ipam-db was set up with" in refused.output
    assert "another one of it" not in refused.output
    assert stage.secret() == kept
    # Without it the kept one counts, which is the same.
    stage.variables = {}
    assert play(stage).changed == 0
    # And without that one the one that the database runs with.
    stage.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/secrets/{RECORD}", "DELETE")
    play(stage)
    assert stage.secret()["ipam_db_password"] == kept["ipam_db_password"]


def test_a_certificate_that_is_lost_is_issued_by_the_same_authority(stage: Stage):
    play(stage)
    before = stage.secret()
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets/{RECORD}"
    stage.cluster.request(path, "PATCH", {"data": {"nsq_certs_client_cert": None}}, STRATEGIC)
    run = play(stage)
    assert run.result()["nsq"]["reasons"] == ["variables: nsq_certs_client_cert"]
    after = stage.secret()
    assert after["certificate_authority"] == before["certificate_authority"]
    assert after["nsq_certs_client_cert"] != before["nsq_certs_client_cert"]


def test_shoot_info_of_somebody_else_is_left_alone(stage: Stage):
    path = "/api/v1/namespaces/kube-system/configmaps"
    theirs = {"nodeNetwork": "10.0.0.0/16", "podNetwork": "10.1.0.0/16", "serviceNetwork": "10.2.0.0/16"}
    metadata = {"name": "shoot-info", "namespace": "kube-system"}
    stage.cluster.request(path, "POST", {"metadata": metadata, "data": theirs})
    stage.more = {"seed_api_url": "https://api.initial.example.org:6443"}
    stage.components = ("prepare",)
    play(stage)
    assert stage.cluster.request(f"{path}/shoot-info")["data"] == theirs
    found = stage.cluster.request("/api/v1/namespaces/garden/configmaps/seed-api-server")
    assert found["data"] == {"url": "https://api.initial.example.org:6443"}
    stage.cluster.request(f"{path}/shoot-info", "PATCH", {"data": {"podNetwork": None}}, STRATEGIC)
    assert "ConfigMap kube-system/shoot-info is somebody else's and has no podNetwork" in play(stage, fails=True).output


def test_bad_input_is_told_at_once_and_changes_nothing(stage: Stage):
    stage.more = {"gateway_dns": "", "production": True, "pod_network": "100.96.0.0/16"}
    stage.components = ()
    run = play(stage, fails=True)
    for expected in ("gateway_dns is missing", "storage is missing", "headscale_ipv4_prefix (100.64.0.0/10) overlap"):
        assert expected in run.output
    assert not (stage.directory / "state").exists()
    assert stage.secret() == {}


def test_what_the_cluster_lacks_is_told(stage: Stage):
    stage.more = {"storage_class": "fast"}
    assert "the cluster has no StorageClass fast (there are local-path)" in play(stage, fails=True).output
    assert json.dumps(stage.record()) == "{}"
